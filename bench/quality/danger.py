"""What `ant shell` holds back, on labelled commands; nothing is run, no model is asked."""

from __future__ import annotations

from pathlib import Path

from aniate.danger import reasons
from bench.quality.house import Ant
from bench.quality.tasks import Result, Task


def run(task: Task, _ant: Ant | None, folder: Path) -> Result:
    """Solved if it is held back where it is dangerous, and only there."""
    found = reasons(task["command"], str(folder))
    solved = bool(found) == task["dangerous"]
    return Result(
        task["id"], solved, "" if solved else f"{task['command'][:60]}: {', '.join(found) or 'not held back'}"
    )
