"""What a request cost: opens its row before the model is asked and closes it exactly once, come what may."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

import structlog

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import NotFound, Unavailable
from aniate_server.usage import store
from aniate_server.usage.store import OpenRequest

T = TypeVar("T")

log = structlog.get_logger()


@dataclass(frozen=True)
class Settlement:
    """How a request ended. `outcome` is `ok`, `length`, `cancelled` or `failed`."""

    request_id: UUID
    input_tokens: int
    output_tokens: int
    outcome: str
    estimated: bool


class Meter:
    """Opens and settles the rows of one process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._owed: dict[UUID, Settlement] = {}

    async def open(self, row: OpenRequest) -> None:
        """Commit the open row with its reservation. A caller that is cancelled meanwhile leaves no open row."""
        try:
            await uninterrupted(store.open_request(self._db, row))
        except asyncio.CancelledError:
            with suppress(NotFound, Unavailable):  # never committed; or owed
                await self.settle(nothing(row, "cancelled"))
            raise
        except Unavailable:
            # Whether it was committed, nobody knows. If so, it must not stay open while this process lives.
            self._owed[row.request_id] = nothing(row, "failed")
            raise

    async def settle(self, ended: Settlement) -> int:
        """Close the row, even if the caller is cancelled meanwhile; the cost in micro-USD.

        Raises Unavailable if the database is gone: then the settlement is owed, see `settle_owed`.
        """
        try:
            return await uninterrupted(self._settle(ended))
        except Unavailable:
            self._owed[ended.request_id] = ended
            log.warning("settlement owed", request_id=str(ended.request_id))
            raise

    async def settle_owed(self) -> int:
        """Try again what could not be settled; how many are settled now. Call it every few seconds."""
        settled = 0
        for request_id, ended in list(self._owed.items()):
            with suppress(NotFound):
                await uninterrupted(self._settle(ended))
                settled += 1
            del self._owed[request_id]
        return settled

    async def _settle(self, ended: Settlement) -> int:
        return await store.settle(
            self._db, ended.request_id, ended.input_tokens, ended.output_tokens, ended.outcome, ended.estimated
        )


def nothing(row: OpenRequest, outcome: str) -> Settlement:
    """A request that never reached a model."""
    return Settlement(row.request_id, 0, 0, outcome, estimated=False)


async def uninterrupted(work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, which runs to its end although the caller is cancelled; only then that is raised."""
    task = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as interrupted:  # noqa: PERF203 - each wait may be interrupted
            cancelled = interrupted
        except Exception:  # noqa: BLE001 - task.result() below raises it
            break
    if cancelled is not None and not task.cancelled():
        task.exception()  # seen, so that asyncio does not complain
        raise cancelled
    return task.result()
