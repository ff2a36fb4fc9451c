"""`ant what`: whether the answer has the words that a right one can't do without."""

from __future__ import annotations

from pathlib import Path

from bench.quality.house import Ant
from bench.quality.tasks import Result, Task, furnish


def run(task: Task, ant: Ant, folder: Path) -> Result:
    """Solved if of each group in `says` one word is said; case does not matter."""
    furnish(folder, task["files"])
    asked = ant.run(["what", "--no-stdin", "--", *task["ask"]], folder)
    if asked.returncode:
        return Result(task["id"], False, f"ant: {asked.stderr.strip()[-120:]}")
    lacking = lacks(asked.stdout, task["says"])
    return Result(task["id"], not lacking, f"lacks {lacking}" if lacking else "")


def lacks(text: str, groups: list[list[str]]) -> str:
    """The groups of which no word is said."""
    lower = text.lower()
    return ", ".join("|".join(group) for group in groups if not any(word.lower() in lower for word in group))
