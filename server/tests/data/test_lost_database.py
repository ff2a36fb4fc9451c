"""What happens when the database is gone, busy, frozen or killed: one sentence in bounded time, and nothing lost."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database, Patience
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.migrations import migrate
from aniate_server.usage import store as usage
from server.tests.data.cluster import TestDatabase, open_request, settle

pytestmark = pytest.mark.anyio


async def test_a_lost_connection_costs_one_request_and_not_the_next(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=5)
    try:
        await asyncio.gather(*(db.one("select pg_sleep(0.1)") for _ in range(5)))
        with psycopg.connect(database.superuser_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'aniate_server'"
                " and datname = current_database()"
            )
        with pytest.raises(Unavailable, match=r"The database cannot be reached\."):
            await db.one("select 1 as one")
        await asyncio.sleep(0.2)
        for _ in range(5):
            assert await db.one("select 1 as one") == {"one": 1}
    finally:
        await db.close()


async def test_more_requests_than_connections_wait_their_turn_and_not_for_ever(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1, patience=Patience(pool_s=0.5))
    try:
        rows = await asyncio.gather(*(db.one("select pg_sleep(0.02), 1 as one") for _ in range(5)))
        assert [row["one"] for row in rows if row] == [1] * 5
        busy = asyncio.create_task(db.one("select pg_sleep(1), 1 as one"))
        await asyncio.sleep(0.1)
        start = time.monotonic()
        with pytest.raises(Unavailable):
            await db.one("select 1 as one")
        assert time.monotonic() - start < 0.9
        assert await busy
    finally:
        await db.close()


@pytest.mark.parametrize("login", ["server_url", "migrator_url"])
async def test_no_statement_runs_longer_than_10_s(database: TestDatabase, login: str) -> None:
    """Asked for rather than waited for."""
    db = await Database.open(getattr(database, login), connections=1)
    try:
        assert await db.one("select current_setting('statement_timeout') as limit") == {"limit": "10s"}
        async with db.as_user(uuid4(), uuid4()) as cursor:
            await cursor.execute("select current_setting('statement_timeout') as limit")
            assert await cursor.fetchone() == {"limit": "10s"}
    finally:
        await db.close()


@pytest.fixture(scope="module")
def own_server(short_folder: Path) -> Iterator[EmbeddedPostgres]:
    """A server that may be killed. Without fsync, since the power stays on: the kernel keeps what was written."""
    server = EmbeddedPostgres(short_folder / "own", settings={"fsync": "off"})
    server.start()
    migrate(server.superuser_url)
    server.allow_server_role()
    yield server
    server.stop()


async def test_a_killed_server_is_unavailable_within_seconds_and_its_return_is_noticed(
    own_server: EmbeddedPostgres,
) -> None:
    db = await Database.open(own_server.server_url, connections=5, patience=Patience(pool_s=1.5, reconnect_s=0.5))
    try:
        await asyncio.gather(*(db.one("select pg_sleep(0.1)") for _ in range(5)))
        asking = asyncio.create_task(db.one("select pg_sleep(9)"))
        await asyncio.sleep(0.2)
        own_server.process.kill()
        start = time.monotonic()
        with pytest.raises(Unavailable):
            await asking
        assert time.monotonic() - start < 2
        for _ in range(2):
            start = time.monotonic()
            with pytest.raises(Unavailable):
                await db.one("select 1 as one")
            assert time.monotonic() - start < 2.5
        assert await db.healthy() is False
        own_server.start()
        start = time.monotonic()
        assert await db.one("select 1 as one") == {"one": 1}
        assert time.monotonic() - start < 2
        results = await asyncio.gather(*(db.one("select 1 as one") for _ in range(20)))
        assert results == [{"one": 1}] * 20
        assert await db.healthy() is True
    finally:
        await db.close()


async def test_a_frozen_server_is_given_up_in_bounded_time(own_server: EmbeddedPostgres) -> None:
    db = await Database.open(own_server.server_url, connections=1, patience=Patience(silence_s=0.5))
    try:
        row = await db.one("select pg_backend_pid() as pid")
        assert row is not None
        os.kill(row["pid"], signal.SIGSTOP)
        start = time.monotonic()
        try:
            with pytest.raises(Unavailable, match="does not answer"):
                await db.one("select 1 as one")
        finally:
            os.kill(row["pid"], signal.SIGCONT)
        assert time.monotonic() - start < 8
        assert await db.one("select 1 as one") == {"one": 1}
    finally:
        await db.close()


async def test_what_was_acknowledged_survives_a_kill_of_the_server(own_server: EmbeddedPostgres) -> None:
    """Settling goes on while the server is killed three times; each acknowledged charge is there, once."""
    db = await Database.open(own_server.server_url, connections=4)
    user_id = await store.create_user(db, "ada@example.com", "Ada")
    workspace_id = await store.create_workspace(db, "w", user_id, "enterprise")
    key_id, _ = await store.create_key(db, workspace_id, user_id, "k")
    acknowledged: dict[UUID, int] = {}
    enough = asyncio.Event()

    async def work() -> None:
        while not enough.is_set():
            request_id = uuid4()
            row = usage.OpenRequest(
                request_id, workspace_id, user_id, key_id, "what", "m", "p", "u", "v", 10**6, 10**6, 1, 9, 9, uuid4()
            )
            try:
                await open_request(db, row)
                closed = await settle(db, request_id, 1, len(acknowledged) % 7, "ok", False)
                acknowledged[request_id] = closed.cost_micro_usd
            except Unavailable:
                await asyncio.sleep(0.05)

    workers = [asyncio.create_task(work()) for _ in range(4)]
    for _ in range(3):
        counted = len(acknowledged)
        async with asyncio.timeout(20):
            while len(acknowledged) < counted + 30:
                await asyncio.sleep(0.01)
                assert not any(worker.done() for worker in workers), [w.exception() for w in workers if w.done()]
        own_server.process.kill()
        own_server.start()
    enough.set()
    await asyncio.gather(*workers)
    await db.close()
    db = await Database.open(own_server.server_url, connections=1)  # without a connection that broke
    await usage.sweep(db, 0)
    await db.close()
    with psycopg.connect(own_server.superuser_url) as connection:
        charged = connection.execute("select request_id, amount_micro_usd from ledger.entries").fetchall()
        closed = connection.execute("select id, cost_micro_usd from aniate.usage where state = 'closed'").fetchall()
        left = connection.execute("select count(*) from aniate.usage where state = 'open'").fetchone()
    assert len(acknowledged) >= 90
    assert len(charged) == len(dict(charged))
    assert acknowledged.items() <= dict(charged).items()
    assert dict(charged) == dict(closed)
    assert left == (0,)
