"""`ant fix` on programs that fail: solved if the command passes afterwards, by itself and with its tests untouched."""

from __future__ import annotations

from pathlib import Path

from bench.quality import sandbox
from bench.quality.house import Ant
from bench.quality.shell import prepare
from bench.quality.tasks import Result, Task


def run(task: Task, ant: Ant, folder: Path, rounds: str = "3") -> Result:
    """Fix it, then see for ourselves."""
    prepare(task, folder, ant.env)
    if sandbox.run(task["command"], folder, ant.env).returncode == 0:
        raise ValueError(f"{task['id']}: its command does not fail")
    words = ["fix", "--yes", "--rounds", rounds, "--", *task["command"]]
    fixed = ant.run(words, folder, sandboxed=True)
    changed = [name for name in task["keep"] if (folder / name).read_text() != task["files"][name]]
    if changed:
        return Result(task["id"], False, f"changed {', '.join(changed)}")
    passes = sandbox.run(task["command"], folder, ant.env).returncode == 0
    if passes != (fixed.returncode == 0):
        return Result(task["id"], False, f"ant said {fixed.returncode}, but it {'passes' if passes else 'fails'}")
    return Result(task["id"], passes, "" if passes else last_line(fixed.stderr))


def last_line(text: str) -> str:
    """The last line that says something."""
    return ([line for line in text.splitlines() if line.strip()] or [""])[-1].strip()[:120]
