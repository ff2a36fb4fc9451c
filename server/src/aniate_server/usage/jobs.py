"""What the worker does for usage: close what dead processes left open."""

from __future__ import annotations

from uuid import UUID

import structlog

from aniate_server.plumbing.db import Database
from aniate_server.usage import store

log = structlog.get_logger()

SWEEP_EVERY_S = 5.0
SILENT_HEARTBEATS = 4
"""A process that missed so many heartbeats is taken for dead."""


async def sweep_abandoned(db: Database, older_than_s: float) -> None:
    """Settle the open requests of processes that were silent for so long, as flagged estimates."""
    if swept := await store.sweep(db, older_than_s):
        log.warning("settled abandoned requests", count=swept)


async def heartbeat(db: Database, holder: UUID) -> None:
    """Say that this serving process lives, so that nobody settles what it is answering."""
    await store.heartbeat(db, holder)
