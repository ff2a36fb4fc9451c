"""The way to the database: as whom, in how many trips, and which databases are refused."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest, SetupError
from server.tests.data.cluster import Cluster, TestDatabase, owner_of

pytestmark = pytest.mark.anyio

WHO = "select current_user::text as role, session_user::text as login"


@pytest.fixture(params=["server", "migrator", "superuser"])
async def any_login(request: pytest.FixtureRequest, database: TestDatabase) -> AsyncIterator[tuple[Database, str]]:
    """The database by each of the logins that a URL may have."""
    opened = await Database.open(getattr(database, f"{request.param}_url"), connections=3)
    yield opened, {"server": "aniate_server", "superuser": "postgres"}.get(request.param, request.param)
    await opened.close()


async def test_statements_run_as_the_serving_role_whatever_the_login(any_login: tuple[Database, str]) -> None:
    db, login = any_login
    assert await db.one(WHO) == {"role": "aniate_server", "login": login}
    assert await db.all(WHO) == [{"role": "aniate_server", "login": login}]


async def test_a_mighty_login_lends_no_might_to_a_statement(any_login: tuple[Database, str]) -> None:
    db, _ = any_login
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.all("select * from accounts.users")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.all("select * from operations.migrations")


async def test_the_role_is_not_left_on_the_connection(database: TestDatabase) -> None:
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


async def test_the_stores_work_by_each_login(any_login: tuple[Database, str]) -> None:
    db, _ = any_login
    user_id = await store.create_user(db, "ada@example.com", "Ada")
    workspace_id = await store.create_workspace(db, "w", user_id)
    key_id, key = await store.create_key(db, workspace_id, user_id, "k")
    owner = await owner_of(db, key)
    assert owner is not None
    assert owner.key_id == key_id
    with pytest.raises(BadRequest):
        await store.create_user(db, "ada@example.com", "Ada")
    assert len(await store.list_users(db)) == 1  # the connection serves on after an error


async def test_a_user_sees_through_the_own_rights(any_login: tuple[Database, str]) -> None:
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


async def test_hostile_claims_are_data(db: Database) -> None:
    """Ids are UUIDs by type; a caller that breaks the type still cannot break out."""
    hostile: Any = """x", "role": "service_role'); reset role; --"""
    with pytest.raises(psycopg.errors.InvalidTextRepresentation):
        async with db.as_user(hostile, hostile) as cursor:
            await cursor.execute("select auth.uid()")
    assert await db.one(WHO) == {"role": "aniate_server", "login": "aniate_server"}


async def test_a_users_transaction_is_committed_whole_or_not_at_all(db: Database, database: TestDatabase) -> None:
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
async def test_one_is_one_round_trip(database: TestDatabase, login: str, tmp_path: Path) -> None:
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
async def test_a_url_that_leads_nowhere_is_told_in_one_sentence(
    database: TestDatabase, change: Callable[[str], str], said: str
) -> None:
    with pytest.raises(SetupError) as caught:
        await Database.open(change(database.server_url), connections=1)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert database.server_url.split(":")[2].split("@")[0] not in caught.value.message


async def test_a_database_that_was_not_migrated_is_refused(postgres: Cluster) -> None:
    with pytest.raises(SetupError, match="not migrated"):
        await Database.open(postgres.superuser_url("postgres"), connections=1)


async def test_a_database_of_an_older_version_is_refused(database: TestDatabase) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("comment on schema aniate is 'migrated to 1'")
    with pytest.raises(SetupError, match="not migrated to this version"):
        await Database.open(database.server_url, connections=1)


@pytest.mark.parametrize("role", ["aniate_server", "authenticated"])
async def test_a_serving_role_that_bypasses_policies_is_refused(database: TestDatabase, role: str) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute(f"alter role {role} bypassrls")
        try:
            with pytest.raises(SetupError, match="must not bypass row-level security"):
                await Database.open(database.server_url, connections=1)
        finally:
            connection.execute(f"alter role {role} nobypassrls")


async def test_a_login_that_may_not_serve_is_refused(database: TestDatabase) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("create role clerk login password 'clerk'")
        try:
            url = database.migrator_url.replace("migrator:migrator@", "clerk:clerk@")
            with pytest.raises(SetupError, match="The database's login clerk may not act as aniate_server"):
                await Database.open(url, connections=1)
        finally:
            connection.execute("drop role clerk")
