"""`python -m bench.gateway`: our server beside other gateways, before one upstream. Linux; needs a C compiler."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.gateway import beside, memory, users
from bench.gateway.programs import BenchError, compile_programs

QUICK_S, USUAL_S = 1.0, 2.0


def main() -> int:
    """Parse, measure, say what was found; 1 if it could not be measured or the books are wrong."""
    arguments = parse()
    # A polite kill ends us as Ctrl-C does: all that was started is stopped.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with somewhere(arguments.folder) as folder:
            return measure(arguments, folder)
    except BenchError as error:
        print(f"bench.gateway: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.gateway", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one short round; prints the tables and writes nothing")
    parser.add_argument("--ours-only", action="store_true", help="no peers: but us and the upstream; writes nothing")
    parser.add_argument("--rounds", type=int, default=3, metavar="N", help="how often all is repeated (default: 3)")
    parser.add_argument("--memory", action="store_true", help="instead: our memory over 100,000 requests")
    parser.add_argument(
        "--users", type=int, metavar="N", help="instead: what a request costs with N users in the database, beside 10"
    )
    parser.add_argument(
        "--folder", type=Path, default=Path("/tmp"), help="where the databases lie for the time; keep it short (/tmp)"
    )
    return parser.parse_args()


@contextmanager
def somewhere(parent: Path) -> Iterator[Path]:
    """A folder for the time, and the programs. A short path: PostgreSQL's socket must fit into 107 bytes."""
    if not sys.platform.startswith("linux"):
        raise BenchError("The upstream and the load use epoll: this runs on Linux alone.")
    compile_programs()
    with tempfile.TemporaryDirectory(prefix="ab", dir=parent) as folder:
        yield Path(folder)


def measure(arguments: argparse.Namespace, folder: Path) -> int:
    """What was asked for."""
    rounds = 1 if arguments.quick else arguments.rounds
    seconds = QUICK_S if arguments.quick else USUAL_S
    if arguments.memory:
        return memory.measure(folder, say, keep=not arguments.quick)
    if arguments.users:
        return users.measure(folder, arguments.users, rounds, seconds, say, keep=not arguments.quick)
    keep = not (arguments.quick or arguments.ours_only)
    return beside.measure(folder, rounds, seconds, say, peers=not arguments.ours_only, keep=keep)


def say(line: str) -> None:
    """Progress, at once."""
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
