"""The local rules of `ant fix`, by command and what it said; no model, no network."""

from __future__ import annotations

import os
from pathlib import Path

from aniate.failed_command import Failed
from aniate.fix_rules.matching import proposals
from bench.quality.house import Ant
from bench.quality.shell import prepare
from bench.quality.tasks import Result, Task


def run(task: Task, _ant: Ant | None, folder: Path) -> Result:
    """Solved if the first proposal is one of those that are expected; if none is, that there is none."""
    prepare(task, folder, dict(os.environ))
    before = Path.cwd()
    os.chdir(folder)
    try:
        found = proposals(Failed(task["command"], None, task["code"], task["output"], str(folder), []))
    finally:
        os.chdir(before)
    first = found[0].command if found else ""
    solved = first in task["expect"] if task["expect"] else not found
    return Result(task["id"], solved, "" if solved else first or "no rule")
