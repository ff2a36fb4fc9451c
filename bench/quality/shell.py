"""`ant shell`: the command is run in the sandbox, and what it did is looked at."""

from __future__ import annotations

import json
from pathlib import Path

from bench.quality import sandbox
from bench.quality.house import Ant
from bench.quality.tasks import Result, Task, furnish

MOST_OUTPUT = 60_000
"""Letters of what a command printed; more do not fit into a variable."""


def run(task: Task, ant: Ant, folder: Path) -> Result:
    """Solved if the task's `check` holds after the command ran; `$OUT` is what it printed."""
    prepare(task, folder, ant.env)
    asked = ant.run(["shell", "--json", "--no-stdin", *task["ask"].split()], folder)
    if asked.returncode:
        return Result(task["id"], False, f"ant: {asked.stderr.strip()[-120:]}")
    command = json.loads(asked.stdout)["command"]
    did = sandbox.run(["bash", "-c", command], folder, ant.env)
    seen = sandbox.run(["sh", "-c", task["check"]], folder, {**ant.env, "OUT": did.stdout.strip()[:MOST_OUTPUT]})
    return Result(task["id"], seen.returncode == 0, "" if seen.returncode == 0 else command)


def prepare(task: Task, folder: Path, env: dict[str, str]) -> None:
    """The task's files, and what its `before` makes of them."""
    furnish(folder, task["files"])
    if "before" in task:
        done = sandbox.run(["sh", "-ec", task["before"]], folder, env)
        if done.returncode:
            raise ValueError(f"{task['id']}: its `before` fails: {done.stderr.strip()}")
