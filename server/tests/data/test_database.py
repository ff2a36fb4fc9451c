"""The way to the database: as whom, how often, and what happens when it is gone."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from uuid import uuid4

import psycopg
import pytest

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database, Patience
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import BadRequest, SetupError, Unavailable
from aniate_server.plumbing.migrations import migrate
from aniate_server.usage import store as usage

pytestmark = pytest.mark.anyio

WHO = "select current_user::text as role, session_user::text as login"


@pytest.fixture(params=["server", "migrator", "superuser"])
async def any_login(request, database):
    """The database by each of the logins that a URL may have."""
    opened = await Database.open(getattr(database, f"{request.param}_url"), connections=3)
    yield opened, {"server": "aniate_server", "superuser": "postgres"}.get(request.param, request.param)
    await opened.close()


async def test_statements_run_as_the_serving_role_whatever_the_login(any_login):
    db, login = any_login
    assert await db.one(WHO) == {"role": "aniate_server", "login": login}
    assert await db.all(WHO) == [{"role": "aniate_server", "login": login}]


async def test_a_mighty_login_lends_no_might_to_a_statement(any_login):
    db, _ = any_login
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.all("select * from accounts.users")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.all("select * from operations.migrations")


async def test_the_role_is_not_left_on_the_connection(database):
    """A transaction pooler hands the session to somebody else next."""
    db = await Database.open(database.migrator_url, connections=1)
    try:
        await db.one(WHO)
        async with db.as_user(uuid4(), uuid4()) as cursor:
            await cursor.execute(WHO)
        async with db._pool.connection() as connection:
            row = await (
                await connection.execute(WHO + ", current_setting('request.jwt.claims', true) as c")
            ).fetchone()
        assert row == {"role": "migrator", "login": "migrator", "c": ""}
    finally:
        await db.close()


async def test_the_stores_work_by_each_login(any_login):
    db, _ = any_login
    user_id = await store.create_user(db, "ada@example.com", "Ada")
    workspace_id = await store.create_workspace(db, "w", user_id)
    key_id, key = await store.create_key(db, workspace_id, user_id, "k")
    owner = await store.key_owner(db, store.hash_of(key))
    assert owner is not None
    assert owner.key_id == key_id
    with pytest.raises(BadRequest):
        await store.create_user(db, "ada@example.com", "Ada")
    assert len(await store.list_users(db)) == 1  # the connection serves on after an error


async def test_a_user_sees_through_the_own_rights(any_login):
    db, _ = any_login
    people = []
    for name in ("ada", "bob"):
        user_id = await store.create_user(db, f"{name}@example.com", name)
        people.append((user_id, await store.create_workspace(db, name, user_id)))
    for user_id, workspace_id in people:
        async with db.as_user(user_id, workspace_id) as cursor:
            await cursor.execute("select id from aniate.workspaces")
            assert await cursor.fetchall() == [{"id": workspace_id}]
            await cursor.execute(
                "select current_user::text as role, auth.uid() as uid, auth.jwt() ->> 'workspace' as workspace,"
                " auth.jwt() ->> 'role' as claimed"
            )
            assert await cursor.fetchone() == {
                "role": "authenticated",
                "uid": user_id,
                "workspace": str(workspace_id),
                "claimed": "authenticated",
            }


async def test_hostile_claims_are_data(db):
    """Ids are UUIDs by type; a caller that breaks the type still cannot break out."""
    hostile = """x", "role": "service_role'); reset role; --"""
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        async with db.as_user(hostile, hostile) as cursor:
            await cursor.execute("select auth.uid()")
    assert await db.one(WHO) == {"role": "aniate_server", "login": "aniate_server"}


async def test_a_users_transaction_is_committed_whole_or_not_at_all(db, database):
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(
            "create table aniate.notes (text text); grant select, insert on aniate.notes to authenticated"
        )

        async def write(text: str, then: Exception | None) -> None:
            async with db.as_user(uuid4(), uuid4()) as cursor:
                await cursor.execute("insert into aniate.notes values (%s)", [text])
                if then:
                    raise then

        await write("kept", None)
        with pytest.raises(ValueError, match="dropped"):
            await write("dropped", ValueError("dropped"))
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            async with db.as_user(uuid4(), uuid4()) as cursor:
                await cursor.execute("insert into aniate.notes values ('lost')")
                with pytest.raises(psycopg.errors.DivisionByZero):
                    await cursor.execute("select 1 / 0")
        assert connection.execute("select text from aniate.notes").fetchall() == [("kept",)]


@pytest.mark.parametrize("login", ["server_url", "migrator_url"])
async def test_one_is_one_round_trip(database, login, tmp_path):
    """Counted in the driver's own record of its messages: a turn from questions to answers is a trip."""
    db = await Database.open(getattr(database, login), connections=1)
    try:
        for _ in range(10):  # statements are prepared after a few times
            await db.one("select 1 as one")
        with (tmp_path / "messages").open("w") as record:
            async with db._pool.connection() as connection:
                connection.pgconn.trace(record.fileno())
            for _ in range(5):
                await db.one("select 1 as one")
            async with db._pool.connection() as connection:
                connection.pgconn.untrace()
        sides = "".join(line.split("\t")[1] for line in (tmp_path / "messages").read_text().splitlines())
        assert set(sides) == {"F", "B"}
        assert sides.count("FB") == 5
    finally:
        await db.close()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda url: url.replace("aniate_server:", "aniate_server:x"), "password authentication failed"),
        (lambda url: url.replace("aniate_server:", "nobody:"), "password authentication failed"),
        (lambda url: url.replace("run", "nowhere"), "No such file or directory"),
        (lambda url: "postgresql://x:y@127.0.0.1:1/z", "Connection refused"),
        (lambda url: "not a url", "Cannot connect to the database"),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_in_one_sentence(database, change, said):
    with pytest.raises(SetupError) as caught:
        await Database.open(change(database.server_url), connections=1)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert database.server_url.split(":")[2].split("@")[0] not in caught.value.message


async def test_a_database_that_was_not_migrated_is_refused(postgres):
    with pytest.raises(SetupError, match="not migrated"):
        await Database.open(postgres.superuser_url("postgres"), connections=1)


async def test_a_database_of_an_older_version_is_refused(database):
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("comment on schema aniate is 'migrated to 1'")
    with pytest.raises(SetupError, match="not migrated to this version"):
        await Database.open(database.server_url, connections=1)


@pytest.mark.parametrize("role", ["aniate_server", "authenticated"])
async def test_a_serving_role_that_bypasses_policies_is_refused(database, role):
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(f"alter role {role} bypassrls")
        try:
            with pytest.raises(SetupError, match="must not bypass row-level security"):
                await Database.open(database.server_url, connections=1)
        finally:
            connection.execute(f"alter role {role} nobypassrls")


async def test_a_login_that_may_not_serve_is_refused(database):
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("create role clerk login password 'clerk'")
        try:
            url = database.migrator_url.replace("migrator:migrator@", "clerk:clerk@")
            with pytest.raises(SetupError, match="The database's login clerk may not act as aniate_server"):
                await Database.open(url, connections=1)
        finally:
            connection.execute("drop role clerk")


async def test_a_lost_connection_costs_one_request_and_not_the_next(database):
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


async def test_more_requests_than_connections_wait_their_turn_and_not_for_ever(database):
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
async def test_no_statement_runs_longer_than_10_s(database, login):
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
def own_server(short_folder):
    """A server that may be killed. Without fsync, since the power stays on: the kernel keeps what was written."""
    server = EmbeddedPostgres(short_folder / "own", settings={"fsync": "off"})
    server.start()
    migrate(server.superuser_url)
    server.allow_server_role()
    yield server
    server.stop()


async def test_a_killed_server_is_unavailable_within_seconds_and_its_return_is_noticed(own_server):
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


async def test_a_frozen_server_is_given_up_in_bounded_time(own_server):
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


async def test_what_was_acknowledged_survives_a_kill_of_the_server(own_server):
    """Settling goes on while the server is killed three times; each acknowledged charge is there, once."""
    db = await Database.open(own_server.server_url, connections=4)
    user_id = await store.create_user(db, "ada@example.com", "Ada")
    workspace_id = await store.create_workspace(db, "w", user_id)
    key_id, _ = await store.create_key(db, workspace_id, user_id, "k")
    acknowledged: dict = {}
    enough = asyncio.Event()

    async def work() -> None:
        while not enough.is_set():
            request_id = uuid4()
            row = usage.OpenRequest(
                request_id, workspace_id, user_id, key_id, "what", "m", "p", "u", "v", 10**6, 10**6, 1, 9, 9, uuid4()
            )
            try:
                await usage.open_request(db, row)
                acknowledged[request_id] = await usage.settle(db, request_id, 1, len(acknowledged) % 7, "ok", False)
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
