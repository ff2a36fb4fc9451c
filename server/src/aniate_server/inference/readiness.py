"""Whether this process can do its work, for whoever shares requests out among several."""

from __future__ import annotations

import asyncio

from aniate_server.inference.providers import ChatProvider
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.probe import Probe

PROVIDER_FRESH_S = 5.0
DATABASE_FRESH_S = 0.25


class Readiness:
    """Database and provider; both are known within two seconds, whatever they do."""

    def __init__(self, db: Database, provider: ChatProvider, clock: Clock) -> None:
        self._database = Probe(db.healthy, clock, DATABASE_FRESH_S)
        self._provider = Probe(provider.healthy, clock, PROVIDER_FRESH_S)

    async def look(self) -> tuple[bool, bool]:
        """Whether the database answers, and whether the provider does."""
        database, provider = await asyncio.gather(self._database.answers(), self._provider.answers())
        return database, provider

    async def close(self) -> None:
        """Stop asking."""
        await self._database.close()
        await self._provider.close()
