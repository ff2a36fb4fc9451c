"""`books`: what a tenant used, and who may tamper with it."""

from __future__ import annotations

import pytest

from aniate_server.plumbing.db import Database
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.usage.books import Books


@pytest.fixture
async def books(db: Database, database: TestDatabase, tenant: MakeTenant) -> Books:
    return Books(db, database, await tenant(plan="enterprise"))
