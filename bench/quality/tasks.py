"""Sets of tasks: JSON lines, one task a line. README.md tells the fields of each set."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETS = Path(__file__).parent / "sets"
FIELDS = {
    "shell": {"ask", "files", "check"},
    "fix": {"files", "command", "keep"},
    "rules": {"command", "code", "output", "files", "expect"},
    "review": {"diff", "planted"},
    "what": {"ask", "files", "says"},
    "net": {"question", "pages", "says"},
    "danger": {"command", "dangerous"},
}
"""What each task of a set must have, beside its `id`."""


@dataclass(frozen=True)
class Result:
    """How a task ended. `note` says in a few words what was not as it should be."""

    id: str
    solved: bool
    note: str = ""


Task = dict[str, Any]  # Any: what JSON holds; `read` has seen to the fields


def read(name: str, path: Path | None = None) -> list[Task]:
    """The tasks of a set, from our own file or from another. ValueError names the line that is not as it must be."""
    path = path or SETS / f"{name}.jsonl"
    tasks: list[Task] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        task = json.loads(line)
        missing = FIELDS[name] | {"id"} if not isinstance(task, dict) else (FIELDS[name] | {"id"}) - set(task)
        if missing:
            raise ValueError(f"{path}, line {number}: {', '.join(sorted(missing))} missing")
        tasks.append(task)
    return tasks


def furnish(folder: Path, files: dict[str, str]) -> None:
    """Write a task's files into its folder."""
    for name, text in files.items():
        path = folder / name
        if not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{name} leads out of the task's folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
