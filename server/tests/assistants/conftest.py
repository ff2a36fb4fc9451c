"""The server's door, before a double of Groq that shows what was asked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving


@pytest.fixture
async def groq() -> AsyncIterator[Groq]:
    async with Groq().running() as double:
        yield double


@pytest.fixture
async def door(groq: Groq, db: Database, database: TestDatabase) -> AsyncIterator[Gateway]:
    async with serving(db, database, Provider("groq", groq.base_url, KEY)) as running:
        yield running
