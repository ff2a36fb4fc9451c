"""The chat path as clients meet it: uvicorn on a real socket, a real PostgreSQL, and a provider over HTTP.

local_gateway   the server before the real local model
ada             a user with a key
client          OpenAI's own client with that key
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded import weights
from aniate_server.plumbing.embedded.local_model import LocalModel
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.data.cluster import MakeTenant, Tenant, TestDatabase
from server.tests.inference.gateway import Gateway, serving
from server.tests.inference.openai_client import client_with


@pytest.fixture(scope="session")
def local_model() -> Iterator[LocalModel]:
    """The real model with its real weights; `aniate-server model pull` brings them."""
    model = LocalModel(weights.path(Settings.from_environment(os.environ).cache, weights.DEFAULT))
    model.start()
    yield model
    model.stop()


@pytest.fixture
async def local_gateway(local_model: LocalModel, db: Database, database: TestDatabase) -> AsyncIterator[Gateway]:
    provider = Provider("local", local_model.base_url, local_model.key)
    async with serving(db, database, provider, silence_s=60) as running:
        yield running


@pytest.fixture
async def ada(tenant: MakeTenant) -> Tenant:
    return await tenant("ada")


@pytest.fixture
async def client(gateway: Gateway, ada: Tenant) -> AsyncIterator[Any]:
    async with client_with(gateway, ada.key) as opened:
        yield opened
