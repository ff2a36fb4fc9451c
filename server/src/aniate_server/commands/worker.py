"""`aniate-server worker`: the background jobs in a process of their own."""

from __future__ import annotations

import argparse
import asyncio
import signal

from aniate_server.parts import database_url
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.logging import configure_logging
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.settings import Settings
from aniate_server.worker import jobs, work


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Work until a signal ends it."""
    configure_logging(for_good=True)
    with database_url(settings) as url:
        asyncio.run(work_until_stopped(settings, url))
    return 0


async def work_until_stopped(settings: Settings, url: str) -> None:
    """Do the jobs until SIGINT or SIGTERM."""
    db = await Database.open(url, connections=2)
    metrics = Metrics()
    working = asyncio.ensure_future(work(jobs(settings, db, metrics), metrics))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    try:
        await asyncio.wait([working])
    finally:
        await db.close()
