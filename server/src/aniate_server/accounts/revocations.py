"""Which logins ended lately: read every half second, so that a token is dead in every process within one."""

from __future__ import annotations

from uuid import UUID

from aniate_server.accounts import session_store
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database

POLL_S = 0.5
FRESH_S = 1.0
"""What is older is not relied on: the database is asked about each login."""
KEPT_S = 2 * 3600.0
"""Longer than an access token lives."""


class RevocationFeed:
    """What one process knows of ended logins."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._ended: dict[UUID, float] = {}
        self._horizon: str | None = None
        self._read_at = float("-inf")

    async def poll(self) -> None:
        """Read what ended since the last time."""
        asked_at = self._clock.monotonic()
        ended, self._horizon = await session_store.ended_since(self._db, self._horizon)
        for session_id in ended:
            self._ended.setdefault(session_id, asked_at)
        self._read_at = asked_at
        while self._ended and next(iter(self._ended.values())) < asked_at - KEPT_S:
            del self._ended[next(iter(self._ended))]

    async def has_ended(self, session_id: UUID) -> bool:
        """Whether the login is over."""
        if session_id in self._ended:
            return True
        if self._clock.monotonic() - self._read_at <= FRESH_S:
            return False
        return await session_store.live(self._db, session_id) is None
