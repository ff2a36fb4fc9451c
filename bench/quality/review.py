"""`ant review` on diffs with planted faults."""

from __future__ import annotations

import json
from pathlib import Path

from bench.quality.house import Ant
from bench.quality.tasks import Result, Task

NEAR_LINES = 2
"""A finding so near to a planted fault is taken to mean it."""


def run(task: Task, ant: Ant, folder: Path) -> Result:
    """Solved if each planted fault is found, and in a diff without any nothing is."""
    asked = ant.run(["review", "--json"], folder, stdin=task["diff"])
    if asked.returncode:
        return Result(task["id"], False, f"ant: {asked.stderr.strip()[-120:]}")
    found = json.loads(asked.stdout)["findings"]
    missed = [fault for fault in task["planted"] if not any(means(finding, fault) for finding in found)]
    false = [finding for finding in found if not any(means(finding, fault) for fault in task["planted"])]
    note = f"{len(missed)} missed, {len(false)} false" if missed or false else ""
    return Result(task["id"], not missed if task["planted"] else not found, note)


def means(finding: dict[str, object], fault: dict[str, object]) -> bool:
    """Whether a finding stands where the fault is."""
    line, planted = finding.get("line"), fault["line"]
    near = isinstance(line, int) and isinstance(planted, int) and abs(line - planted) <= NEAR_LINES
    return finding.get("file") == fault["file"] and near
