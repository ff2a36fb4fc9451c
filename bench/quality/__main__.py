"""`python -m bench.quality [SET…]`: ask, look at the effects, write bench/results/quality.md."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from bench.quality import danger, fix, net, report, review, rules, sandbox, shell, what
from bench.quality.house import Ant, running
from bench.quality.tasks import FIELDS, Result, Task, read

RUNNERS: dict[str, Callable[..., Result]] = {
    "danger": danger.run, "rules": rules.run, "shell": shell.run, "fix": fix.run, "review": review.run,
    "what": what.run, "net": net.run,
}  # fmt: skip
WITHOUT_A_MODEL = {"danger", "rules"}


def main() -> int:
    """Run the sets that are named, or all."""
    parser = argparse.ArgumentParser(prog="python -m bench.quality", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"{', '.join(RUNNERS)}; all if none is named")
    parser.add_argument("--tasks", type=Path, metavar="FILE", help="tasks of one set from a file of JSON lines")
    parser.add_argument("--rounds", default="3", metavar="N", help="how often `ant fix` may try; 3 if not given")
    parser.add_argument("--write", action="store_true", help="write bench/results/quality.md; all sets only")
    arguments = parser.parse_args()
    names = arguments.sets or list(RUNNERS)
    if unknown := [name for name in names if name not in FIELDS]:
        parser.error(f"there is no set {unknown[0]}; there are {', '.join(RUNNERS)}")
    if arguments.tasks and len(names) != 1:
        parser.error("--tasks goes with one set")
    if arguments.write and (arguments.tasks or set(names) != set(RUNNERS)):
        parser.error("--write goes with all of our own sets")
    with tempfile.TemporaryDirectory(prefix="quality-") as folder:
        results, model, took_s = measure(names, arguments.tasks, Path(folder), arguments.rounds)
    text = report.page(results, model, took_s)
    sys.stdout.write(text)
    if arguments.write:
        report.PAGE.write_text(text)
    return 0


def measure(
    names: list[str], tasks: Path | None, folder: Path, rounds: str
) -> tuple[dict[str, list[Result]], str, dict[str, float]]:
    """The results by set, the model that answered, and how long each set took in seconds."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the server is stopped, too
    probe = folder / "probe"
    probe.mkdir()
    sandbox.demand(probe)
    results: dict[str, list[Result]] = {}
    took_s: dict[str, float] = {}
    with ExitStack() as stack:
        ant: Ant | None = None
        runners: dict[str, Callable[..., Result]] = {**RUNNERS, "fix": partial(fix.run, rounds=rounds)}
        if set(names) - WITHOUT_A_MODEL:
            web = stack.enter_context(net.serving())
            search = {"ANIATE_SEARCH": "searxng", "ANIATE_SEARCH_URL": web.url}
            search["ANIATE_SEARCH_ALLOW"] = f"127.0.0.1:{web.server_port}"
            ant = stack.enter_context(running(folder, **search))
            runners["net"] = partial(net.run, web=web)
        for name in names:
            begun = time.monotonic()
            results[name] = [one(runners[name], task, ant, folder / "tasks" / name) for task in read(name, tasks)]
            took_s[name] = time.monotonic() - begun
        return results, ant.model if ant else "none was asked", took_s


def one(runner: Callable[..., Result], task: Task, ant: Ant | None, folder: Path) -> Result:
    """One task in a folder of its own."""
    mine = folder / str(task["id"])
    mine.mkdir(parents=True)
    result = runner(task, ant, mine)
    sys.stderr.write(
        f"{'ok  ' if result.solved else 'NO  '}{folder.name} {result.id} {' '.join(result.note.split())[:100]}\n"
    )
    return result


if __name__ == "__main__":
    sys.exit(main())
