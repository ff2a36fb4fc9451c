"""One embedded PostgreSQL for all tests of this folder, which each leaves startable."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from server.tests.embedded.processes import Ask


@pytest.fixture(scope="package")
def server(short_folder: Path) -> Iterator[EmbeddedPostgres]:
    # Without fsync: processes are killed here, never the power.
    server = EmbeddedPostgres(short_folder / "embedded", settings={"fsync": "off"})
    server.start()
    yield server
    server.stop()


@pytest.fixture
def running(server: EmbeddedPostgres) -> EmbeddedPostgres:
    if server.process.poll() is not None:
        server.start()
    return server


@pytest.fixture
def ask() -> Ask:
    """Asks a server for one value, as the superuser."""

    def ask(server: EmbeddedPostgres, query: str) -> object:
        with psycopg.connect(server.superuser_url, autocommit=True) as connection:
            row = connection.execute(query).fetchone()
        assert row is not None
        return row[0]

    return ask
