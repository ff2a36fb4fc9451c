"""The server's door for tests of accounts: no model stands behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import TestDatabase
from server.tests.inference.gateway import NOWHERE, Gateway, serving


@pytest.fixture
async def door(db: Database, database: TestDatabase) -> AsyncIterator[Gateway]:
    async with serving(db, database, Provider("groq", NOWHERE, "key")) as running:
        yield running
