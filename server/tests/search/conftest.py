"""Searching as a request meets it: search engines and pages on real ports, the gateway in front of Groq's double.

engines   the four search engines
pages     pages of the web
net       the server with a search over both
ada       a user with a key
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider, SearchEngine
from server.tests.data.cluster import MakeTenant, Tenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.search_engines import Engines
from server.tests.doubles.web_pages import Pages
from server.tests.inference.gateway import Gateway, serving


@pytest.fixture
async def engines() -> AsyncIterator[Engines]:
    async with Engines().running() as double:
        yield double


@pytest.fixture
async def pages() -> AsyncIterator[Pages]:
    async with Pages().running() as double:
        yield double


@pytest.fixture
async def net(
    groq: Groq, db: Database, database: TestDatabase, engines: Engines, pages: Pages
) -> AsyncIterator[Gateway]:
    search = SearchEngine("searxng", engines.base_url("searxng"))
    allow = frozenset({("127.0.0.1", pages.port)})
    provider = Provider("groq", groq.base_url, KEY)
    async with serving(db, database, provider, search=search, search_allow=allow, search_readers=1) as running:
        yield running


@pytest.fixture
async def ada(tenant: MakeTenant) -> Tenant:
    return await tenant("ada")
