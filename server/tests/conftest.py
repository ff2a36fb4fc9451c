"""A real PostgreSQL for all tests of the server: one cluster a run, one fresh migrated database a test.

    postgres   the cluster, with a migrated template in it      (session)
    database   a fresh migrated database: its URLs by role      (function)
    db         a `Database` on it, as the serving role          (function, asynchronous)
    tenant     makes a user with a workspace and a key          (function, asynchronous)
    groq       Groq's double, on a port of its own              (function, asynchronous)
    gateway    the server that asks it, on a real socket        (function, asynchronous)

Asynchronous tests say `pytestmark = pytest.mark.anyio`.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import psycopg
import pytest

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.migrations import migrate
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import Cluster, MakeTenant, Tenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving

TEMPLATE = "aniate_template"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def short_folder() -> Iterator[Path]:
    """A folder with a path short enough for sockets, which pytest's own is not always."""
    folder = Path(tempfile.mkdtemp(prefix="an-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def postgres(short_folder: Path) -> Iterator[Cluster]:
    # Without fsync: a test may kill processes, but never the power.
    server = EmbeddedPostgres(short_folder / "pg", settings={"fsync": "off", "max_connections": "100"})
    server.start()
    try:
        cluster = Cluster(server)
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            connection.execute("create role migrator login createrole password 'migrator'")
            connection.execute(f"create database {TEMPLATE} owner migrator")
        migrate(cluster.migrator_url(TEMPLATE))
        server.allow_server_role()
        yield cluster
    finally:
        server.stop()


@pytest.fixture
def database(postgres: Cluster) -> Iterator[TestDatabase]:
    name = f"t{next(NUMBERS)}"
    with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template {TEMPLATE} owner migrator strategy file_copy")
    yield TestDatabase(name, postgres.superuser_url(name), postgres.migrator_url(name), postgres.server_url(name))
    with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


@pytest.fixture
async def db(database: TestDatabase) -> AsyncIterator[Database]:
    opened = await Database.open(database.server_url, connections=5)
    yield opened
    await opened.close()


@pytest.fixture
def tenant(db: Database) -> MakeTenant:
    async def make(name: str = "ada", plan: str = "free") -> Tenant:
        email, workspace = f"{name}@example.com", f"{name}'s workspace"
        user_id = await store.create_user(db, email, name)
        workspace_id = await store.create_workspace(db, workspace, user_id, plan)
        key_id, key = await store.create_key(db, workspace_id, user_id, "test")
        return Tenant(user_id, email, workspace_id, workspace, key_id, key)

    return make


@pytest.fixture
async def groq() -> AsyncIterator[Groq]:
    async with Groq().running() as double:
        yield double


@pytest.fixture
async def gateway(groq: Groq, db: Database, database: TestDatabase) -> AsyncIterator[Gateway]:
    async with serving(db, database, Provider("groq", groq.base_url, KEY)) as running:
        yield running
