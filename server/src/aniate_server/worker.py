"""Runs the periodic jobs of every feature, in `up` or in a process of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from aniate_server.accounts.jobs import PURGE_EVERY_S, forget_mail, purge_logins, rotate_signing_key
from aniate_server.accounts.mails import COUNT_EVERY_S, MAIL_EVERY_S, count_waiting, send_due
from aniate_server.accounts.revocations import POLL_S
from aniate_server.inference.jobs import purge_answers
from aniate_server.inference.services import Services
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Settings
from aniate_server.usage.jobs import (
    RECONCILE_EVERY_S,
    SILENT_HEARTBEATS,
    SWEEP_EVERY_S,
    heartbeat,
    reconcile,
    sweep_abandoned,
)

LAG_EVERY_S = 0.5

log = structlog.get_logger()


@dataclass(frozen=True)
class Periodic:
    """A job that is done at once and then every `every_s` seconds."""

    name: str
    every_s: float
    run: Callable[[], Awaitable[None]]


async def work(jobs: Sequence[Periodic], metrics: Metrics) -> None:
    """Do all jobs until cancelled. A failed round is logged and the next one comes all the same."""
    async with asyncio.TaskGroup() as group:
        for job in jobs:
            group.create_task(repeat(job, metrics), name=job.name)


async def repeat(job: Periodic, metrics: Metrics) -> None:
    """Do one job again and again."""
    while True:
        outcome = "failed"
        try:
            await job.run()
            outcome = "ok"
        except AniateError as error:
            log.warning("job failed", job=job.name, reason=error.message)
        except Exception as bug:
            log.error("bug", job=job.name, exc_info=bug)
        metrics.jobs[job.name, outcome].inc()
        await asyncio.sleep(job.every_s)


def jobs(settings: Settings, db: Database, metrics: Metrics) -> list[Periodic]:
    """The jobs of every feature: one process at least must do them, several may."""
    silence_s = settings.heartbeat_s * SILENT_HEARTBEATS
    secret, mailed = Secret.of(settings), metrics.accounts
    return [
        Periodic("usage.sweep", SWEEP_EVERY_S, lambda: sweep_abandoned(db, silence_s)),
        Periodic(
            "usage.reconcile",
            RECONCILE_EVERY_S,
            lambda: reconcile(db, settings.heartbeat_s, SystemClock(), metrics),
        ),
        Periodic("accounts.purge", PURGE_EVERY_S, lambda: purge_logins(db)),
        Periodic("inference.purge_answers", PURGE_EVERY_S, lambda: purge_answers(db)),
        Periodic("accounts.forget_mail", PURGE_EVERY_S, lambda: forget_mail(settings)),
        Periodic("accounts.mail", MAIL_EVERY_S, lambda: send_due(settings, db, secret, SystemClock(), mailed)),
        Periodic("accounts.count_mails", COUNT_EVERY_S, lambda: count_waiting(db, mailed)),
        Periodic("accounts.rotate_signing_key", PURGE_EVERY_S, lambda: rotate_signing_key(db, secret)),
    ]


async def measure_lag(metrics: Metrics) -> None:
    """See how much later than it should this task goes on."""
    clock = SystemClock()
    due = clock.monotonic() + LAG_EVERY_S
    await asyncio.sleep(LAG_EVERY_S)
    metrics.loop_lag.observe(max(0.0, clock.monotonic() - due))


def heartbeats(settings: Settings, services: Services) -> list[Periodic]:
    """What every serving process does for itself: say that it lives, and settle what the database missed."""

    async def settle_owed() -> None:
        await services.meter.settle_owed()

    return [
        Periodic("usage.heartbeat", settings.heartbeat_s, lambda: heartbeat(services.db, services.holder)),
        Periodic("accounts.revocations", POLL_S, services.identity.feed.poll),
        Periodic("usage.settle_owed", settings.heartbeat_s, settle_owed),
        Periodic("loop.lag", 0, lambda: measure_lag(services.metrics)),
    ]
