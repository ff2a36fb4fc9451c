"""`python -m bench.cli`: what `ant` costs, beside the interpreter, raw clients, `llm` and `sgpt`. Under 4 minutes."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from bench.cli import cases, places, report

RESULTS = Path(__file__).parents[1] / "results" / "cli.md"


def main() -> int:
    """Install, measure, print, keep; 1 if it could not be measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.cli", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few rounds; prints the table and writes nothing")
    parser.add_argument("--rounds", type=int, default=60, metavar="N", help="how often all is run (default: 60)")
    arguments = parser.parse_args()
    rounds = cases.SLOW_EVERY if arguments.quick else arguments.rounds
    try:
        print("Installing the client's wheel, llm and sgpt, each alone")
        ant, llm, sgpt = places.install_ant(), places.install_llm(), places.install_sgpt()
        with cases.running_upstream() as port:
            environ = cases.make_home(port)
            todo = cases.commands(ant, llm, sgpt, port)
            cases.measure(todo, environ, 1)  # once unmeasured, so that all is compiled and in the disk's cache
            costs = cases.measure(todo, environ, rounds)
    except (RuntimeError, subprocess.CalledProcessError) as error:
        print(f"bench.cli: {error}", file=sys.stderr)
        return 1
    print(report.table(costs), report.targets(costs), sep="\n\n")
    if not arguments.quick:
        peers = _version(llm / "llm"), _version(sgpt / "sgpt")
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(report.page(costs, rounds, *peers))
        print(f"Written to {RESULTS}")
    return 0


def _version(program: Path) -> str:
    environ = {"OPENAI_API_KEY": "k", "HOME": str(places.BUILD / "home")}
    return subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=True, env=environ
    ).stdout.split()[-1]


if __name__ == "__main__":
    sys.exit(main())
