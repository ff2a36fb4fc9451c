"""What a request cost: opens its row before the model is asked and closes it exactly once, come what may."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from typing import TypeVar
from uuid import UUID

import structlog

from aniate_server.limits.standing import LimitReached, Standing
from aniate_server.plumbing.batches import Batches
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import NotAuthenticated, NotFound, Unavailable
from aniate_server.plumbing.metrics import ChatMetrics, Metrics
from aniate_server.usage import store
from aniate_server.usage.store import Closed, Opened, OpenRequest, Reroute, Settlement

T = TypeVar("T")

MOST_MISSED = 4
"""So many rounds of `settle_owed` (5 s apart) may not find a row before it is taken for never committed."""

log = structlog.get_logger()


class Meter:
    """Opens and settles the rows of one process, and counts each that it opened when it is closed."""

    def __init__(self, db: Database, metrics: ChatMetrics | None = None) -> None:
        self._db = db
        self._metrics = metrics or Metrics().chat
        self._open: dict[UUID, tuple[str, str]] = {}
        self._owed: dict[UUID, Settlement] = {}
        self._missed: Counter[UUID] = Counter()
        self._openings: Batches[OpenRequest, Standing] = Batches(self._open_all)
        self._settlements: Batches[Settlement, Closed] = Batches(self._settle_all)

    @property
    def owed(self) -> int:
        """How many requests ended whose rows are not closed yet."""
        return len(self._owed)

    async def open(self, row: OpenRequest) -> Standing:
        """Commit the open row with its reservation: what is left of each limit. LimitReached if it is too much.

        A caller that is cancelled meanwhile leaves no open row.
        """
        self._open[row.request_id] = row.brew, row.model
        try:
            return await self._openings.put(row)
        except asyncio.CancelledError:
            with suppress(Exception):  # never committed, or owed
                await self.settle(nothing(row, "cancelled"))
            raise
        except (NotAuthenticated, LimitReached) as refused:  # by the database: there is no row
            self._forget(row.request_id)
            if isinstance(refused, LimitReached):
                self._metrics.limited[refused.limit.scope, refused.limit.measure].inc()
            raise
        except Exception:
            # Whether it was committed, nobody knows. If so, it must not stay open while this process lives.
            self._owed[row.request_id] = nothing(row, "failed")
            raise

    async def reroute(self, row: Reroute) -> None:
        """The open row goes over to another model, even if the caller is cancelled meanwhile.

        LimitReached, or NotFound if it is not open any more: then it is as it was.
        """
        await uninterrupted(self._reroute(row))

    async def settle(self, ended: Settlement) -> Closed:
        """Close the row, even if the caller is cancelled meanwhile; the row as it is closed.

        It is owed until it is done, whatever fails, see `settle_owed`. Raises Unavailable if the database is gone.
        """
        self._owed[ended.request_id] = ended
        return await self._settlements.put(ended)

    async def settle_owed(self) -> int:
        """Try again what could not be settled; how many are settled now. Call it every few seconds."""
        again = [self._settle_again(ended) for ended in list(self._owed.values())]
        found = await asyncio.gather(*again, return_exceptions=True)
        if owed := sum(isinstance(each, Unavailable) for each in found):
            log.warning("settlements owed", count=owed)
        return found.count(True)

    async def _reroute(self, row: Reroute) -> None:
        await store.reroute(self._db, row)
        if opened := self._open.get(row.request_id):
            self._open[row.request_id] = opened[0], row.model

    async def _settle_again(self, ended: Settlement) -> bool:
        """One of them; one that cannot be settled must not hold up the others."""
        try:
            await self._settlements.put(ended)
            return True
        except NotFound:
            # What opens it may still run over there, for as long as a statement may: 10 s.
            self._missed[ended.request_id] += 1
            if self._missed[ended.request_id] > MOST_MISSED:
                self._forget(ended.request_id)
        except Unavailable:
            raise
        except Exception as bug:
            log.error("bug", request_id=str(ended.request_id), exc_info=bug)
        return False

    async def _open_all(self, rows: Sequence[OpenRequest]) -> Sequence[Opened]:
        return await store.open_requests(self._db, rows)

    async def _settle_all(self, ended: Sequence[Settlement]) -> Sequence[Closed | NotFound]:
        """Settle a round, and count what it closed."""
        closed = await store.settle_requests(self._db, ended)
        for request_id, row in closed.items():
            if names := self._forget(request_id):  # else somebody else settled it meanwhile, and counted it
                self._metrics.settled(*names, row.outcome, row.input_tokens, row.output_tokens, row.cost_micro_usd)
        return [closed.get(each.request_id) or NotFound("There is no such request.") for each in ended]

    def _forget(self, request_id: UUID) -> tuple[str, str] | None:
        """Its brew and model, if it was not forgotten before."""
        self._owed.pop(request_id, None)
        self._missed.pop(request_id, None)
        return self._open.pop(request_id, None)


def nothing(row: OpenRequest, outcome: str) -> Settlement:
    """A request that never reached a model."""
    return Settlement(row.request_id, 0, 0, outcome, estimated=False)


async def uninterrupted(work: Awaitable[T]) -> T:
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
