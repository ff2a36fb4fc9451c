"""`python -m bench.gateway`: what our server adds to a request. Linux; needs a C compiler; under 90 s."""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from bench.gateway import books, cores, report
from bench.gateway.programs import BenchError, compile_programs, running_stub
from bench.gateway.rounds import run_rounds, summarise
from bench.gateway.server import running_gateway

RESULTS = Path(__file__).parents[1] / "results" / "gateway.md"


def main() -> int:
    """Parse, measure, say what was found; 1 if it could not be measured or the books are wrong."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round; prints the table and writes nothing")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often all is repeated (default: 3)")
    parser.add_argument(
        "--folder", type=Path, default=Path("/tmp"), help="where the database lies for the time; keep it short (/tmp)"
    )
    arguments = parser.parse_args()
    # A polite kill ends us as Ctrl-C does: all that was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        if arguments.quick:
            return measure(arguments.folder, 1, 1.0, keep=False)
        return measure(arguments.folder, arguments.rounds, 2.0, keep=True)
    except BenchError as error:
        print(f"bench.gateway: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def measure(parent: Path, rounds: int, seconds: float, *, keep: bool) -> int:
    """Start everything, run the rounds, check the books, report."""
    if not sys.platform.startswith("linux"):
        raise BenchError("The upstream and the load use epoll: this runs on Linux alone.")
    compile_programs()
    with ExitStack() as stack:
        # A short path: PostgreSQL's socket must fit into 107 bytes.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ab", dir=parent)))
        stub = stack.enter_context(running_stub())
        gateway = stack.enter_context(running_gateway(folder, stub))
        placement = cores.separate(gateway.pid, stub.pid)
        machine = report.Machine(placement, os.getloadavg()[0], books.durable_commits_ms(gateway.database_url))
        runs = run_rounds(stub, gateway, folder, rounds=rounds, seconds=seconds, say=say)
        found = books.read_books(gateway.database_url)
        wrong = books.disagreements(found, runs, stub.requests())
    summaries = summarise(runs)
    print(report.table(summaries))
    for sentence in wrong:
        print(f"bench.gateway: {sentence}", file=sys.stderr)
    if not wrong:
        print(f"Books: {found.closed:,} requests, as many closed rows; {found.charged_micro_usd:,} micro-USD in each.")
    if keep and not wrong:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report.page(summaries, found, machine, rounds=rounds, seconds=seconds))
        print(f"Written to {RESULTS}")
    return 1 if wrong else 0


def say(line: str) -> None:
    """Progress, at once."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
