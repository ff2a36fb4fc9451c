"""Whose an API key is: those who ask at the same time are looked up together, and remembered for a moment."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from aniate_server.accounts import store
from aniate_server.accounts.caller import Caller
from aniate_server.plumbing.batches import Batches
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database

FRESH_S = 1.0
"""So long a key that was revoked may pass here. What opens a request's row refuses it at once."""
REMEMBERED = 20_000


class KeyOwners:
    """What one process knows of keys. One that is unknown is looked up each time."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._lookups: Batches[bytes, Caller | None] = Batches(self._look_up)
        self._remembered: OrderedDict[bytes, tuple[Caller, float]] = OrderedDict()

    async def owner(self, key: str) -> Caller | None:
        """Whom the key belongs to now; None if it is unknown or revoked."""
        asked_at, hashed = self._clock.monotonic(), store.hash_of(key)
        caller = await self._lookups.put(hashed)
        self._remembered.pop(hashed, None)
        if caller is not None:
            self._remembered[hashed] = caller, asked_at
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return caller

    async def owner_lately(self, key: str) -> Caller | None:
        """Whom it belonged to at most FRESH_S ago."""
        known = self._remembered.get(store.hash_of(key))
        if known and self._clock.monotonic() - known[1] <= FRESH_S:
            return known[0]
        return await self.owner(key)

    async def _look_up(self, hashes: Sequence[bytes]) -> Sequence[Caller | None]:
        found = await store.key_owners(self._db, hashes)
        return [found.get(each) for each in hashes]
