"""What the worker does for usage: close what dead processes left open."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import structlog

from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.metrics import Metrics
from aniate_server.usage import store
from aniate_server.usage.reconcile import as_it_stands, ledger_and_outbox, rows_and_ledger

log = structlog.get_logger()

SWEEP_EVERY_S = 5.0
RECONCILE_EVERY_S = 86_400.0
MOST_TOLD = 50
"""So many differences have a line each in the log."""
SILENT_HEARTBEATS = 4
"""A process that missed so many heartbeats is taken for dead."""


async def sweep_abandoned(db: Database, older_than_s: float) -> None:
    """Settle the open requests of processes that were silent for so long, as flagged estimates."""
    if swept := await store.sweep(db, older_than_s):
        log.warning("settled abandoned requests", count=swept)


async def heartbeat(db: Database, holder: UUID) -> None:
    """Say that this serving process lives, so that nobody settles what it is answering."""
    await store.heartbeat(db, holder)


def patience_s(heartbeat_s: float) -> float:
    """How long after its process fell silent a row should be closed: twice what the sweeper waits, and a round."""
    return 2 * heartbeat_s * SILENT_HEARTBEATS + SWEEP_EVERY_S


async def reconcile(db: Database, heartbeat_s: float, clock: Clock, metrics: Metrics) -> None:
    """See whether rows, ledger, outbox and meters agree, of yesterday and today; what does not is told by its id."""
    await store.sweep(db, heartbeat_s * SILENT_HEARTBEATS)  # else after a pause of all processes there would be alarms
    today = clock.now().date()
    differences = await as_it_stands(db, patience_s(heartbeat_s))
    for day in (today - timedelta(days=1), today):
        differences += await rows_and_ledger(db, day) + await ledger_and_outbox(db, day)
    metrics.books_differ.set(len(differences))
    for each in differences[:MOST_TOLD]:
        log.warning("books differ", finding=each.finding, about=each.about, by=each.by)
    if len(differences) > MOST_TOLD:
        log.warning("books differ", count=len(differences), told=MOST_TOLD)
