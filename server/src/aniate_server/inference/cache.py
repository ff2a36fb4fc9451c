"""Good answers, kept for a while: sealed, each under a key that only the same user's same question makes.

A cache is never a reason to fail: what can't be read is asked, what can't be kept is told in the log and forgotten.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from aniate_server.inference import cache_store
from aniate_server.inference.flights import Answered, Flights, Ticket
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.metrics import ChatMetrics
from aniate_server.plumbing.secret import Secret

PURPOSE = "answer"
LIFETIME = timedelta(hours=24)
MAX_ANSWER_BYTES = 64 << 10
MAX_OF_A_USER = 200
FIND_S, KEEP_S = 2.0, 5.0
"""How long the database may take; whoever asks waits for the first alone."""
MAX_WRITING = 64
"""So many answers may be on their way into the database; more are not kept."""

log = structlog.get_logger()


class Cache:
    """The answers of one installation, and the flights of this process. `on` unless it was switched off."""

    def __init__(self, db: Database, secret: Secret, metrics: ChatMetrics, *, on: bool = True) -> None:
        self.on = on
        self.flights = Flights()
        self._db = db
        self._secret = secret
        self._metrics = metrics
        self._writing: set[asyncio.Task[None]] = set()

    def key(self, asked: Sequence[Any]) -> bytes:  # Any: whatever JSON can carry
        """What a question is called. JSON is canonical with sorted keys, so no two questions are called the same."""
        return self._secret.sign(PURPOSE, json.dumps(asked, sort_keys=True).encode())

    async def find(self, ticket: Ticket, user_id: UUID) -> Answered | None:
        """The kept answer, or None."""
        try:
            async with asyncio.timeout(FIND_S):
                sealed = await cache_store.find(self._db, ticket.key, user_id)
            return None if sealed is None else self._opened(ticket, sealed)
        except Exception as error:  # noqa: BLE001 - whatever it is, the model can be asked
            log.warning("kept answer not read", reason=reason(error))
            return None

    def keep(self, ticket: Ticket, user_id: UUID, answered: Answered) -> None:
        """Give the answer to all who wait, and keep it if it is worth that; nobody waits for the database."""
        worth = answered.finish_reason == "stop" and answered.model == ticket.model and answered.text.strip()
        if not worth or len(answered.text.encode()) > MAX_ANSWER_BYTES or not self._has_room():
            self.flights.land(ticket, answered)
            return
        self.flights.land(ticket, answered, stays=True)
        task = asyncio.create_task(self._write(ticket, user_id, answered))
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def close(self) -> None:
        """Wait for what is on its way into the database."""
        await asyncio.gather(*self._writing, return_exceptions=True)

    def _has_room(self) -> bool:
        if len(self._writing) < MAX_WRITING:
            return True
        self._lost("too many at once")
        return False

    async def _write(self, ticket: Ticket, user_id: UUID, answered: Answered) -> None:
        try:
            sealed = self._secret.seal(purpose(ticket), json.dumps([answered.text, answered.notice]).encode())
            async with asyncio.timeout(KEEP_S):
                await cache_store.keep(self._db, ticket.key, user_id, sealed, LIFETIME, MAX_OF_A_USER)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer was given
            self._lost(reason(error))
        finally:
            self.flights.forget(ticket)

    def _lost(self, reason: str) -> None:
        self._metrics.cache["lost",].inc()
        log.warning("answer not kept", reason=reason)

    def _opened(self, ticket: Ticket, sealed: bytes) -> Answered:
        text, notice = json.loads(self._secret.unseal(purpose(ticket), sealed))
        return Answered(text, notice, "stop", ticket.model, kept=True)


def purpose(ticket: Ticket) -> str:
    """What an answer is sealed for: no other question can open it."""
    return f"{PURPOSE} {ticket.key.hex()}"


def reason(error: Exception) -> str:
    """For the log; of an error that is not ours its kind alone, since nobody knows what it quotes."""
    return error.message if isinstance(error, AniateError) else type(error).__name__
