"""`python -m bench.soak`: several servers over one database, killed at random under load. Linux; stops by itself."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
from pathlib import Path

from bench.soak.fleet import SoakError
from bench.soak.run import Plan, run

SHOWN = 20


def main() -> int:
    """Run, say what was seen; 1 if something does not hold."""
    parser = argparse.ArgumentParser(prog="python -m bench.soak", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="of kinds, kills and restarts (1)")
    parser.add_argument("--clients", type=int, default=200, help="at the same time (200)")
    parser.add_argument("--requests", type=int, default=20_000, help="in all (20000)")
    parser.add_argument("--kills", type=int, default=40, help="of servers (40)")
    parser.add_argument("--restarts", type=int, default=3, help="of PostgreSQL, immediate (3)")
    parser.add_argument("--servers", type=int, default=4, help="over one database (4)")
    parser.add_argument(
        "--folder", type=Path, default=Path("/tmp"), help="where the database lies; keep it short (/tmp)"
    )
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # all that was started is stopped
    plan = Plan(
        seed=given.seed,
        servers=given.servers,
        clients=given.clients,
        requests=given.requests,
        kills=given.kills,
        database_restarts=given.restarts,
        counted=max(1, given.requests // 20),
        credit=given.requests * 40,
        durable=True,
        look_every_s=0.5,
    )
    try:
        with tempfile.TemporaryDirectory(prefix="as", dir=given.folder) as folder:
            report = asyncio.run(run(plan, Path(folder)))
    except SoakError as error:
        print(f"bench.soak: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    print(report.figures)
    for sentence in report.wrong[:SHOWN]:
        print(f"bench.soak: {sentence}", file=sys.stderr)
    return 1 if report.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
