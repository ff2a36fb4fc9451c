"""Four servers over one database, killed at random under load, the database too: no request is lost or charged twice.

The long form is `make soak`.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from bench.soak.run import Plan, run


def test_killed_servers_and_a_killed_database_cost_nobody_anything(folder: Path) -> None:
    report = asyncio.run(run(Plan(seed=20_261_124, impatient=True), folder))
    assert report.wrong == [], report.figures
    assert (report.kills, report.database_restarts) == (4, 1)
    assert report.looks > 20
