"""The connection that is kept for one statement: what it says, by whose rights, and what follows when it breaks."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest

from aniate_server.plumbing.db import Database, Patience
from aniate_server.plumbing.errors import Unavailable
from server.tests.data.cluster import TestDatabase

pytestmark = pytest.mark.anyio
PID = "select pg_backend_pid()::text, $1::text"


@pytest.mark.parametrize("login", ["server_url", "superuser_url"])
async def test_it_says_all_rows_as_the_serving_role(database: TestDatabase, login: str) -> None:
    db = await Database.open(getattr(database, login), connections=1)
    try:
        for _ in range(3):
            said = "select current_user, current_setting('statement_timeout'), word, null from unnest($1::text[]) word"
            assert await db.line(said, "{a,é}") == [
                ["aniate_server", "10s", "a", None],
                ["aniate_server", "10s", "é", None],
            ]
        assert await db.line("select 1 where $1::text = ''", "no") == []
    finally:
        await db.close()


async def test_many_at_once_go_one_after_the_other_on_one_connection(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1)
    try:
        found = await asyncio.gather(*(db.line(PID, str(number)) for number in range(20)))
        assert [row[0][1] for row in found] == [str(number) for number in range(20)]
        assert len({row[0][0] for row in found}) == 1
    finally:
        await db.close()


async def test_what_is_larger_than_a_socket_takes_is_sent_and_comes_back(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1)
    try:
        large = "x" * (8 << 20)
        assert await db.line("select $1::text, length($1::text)::text", large) == [[large, str(len(large))]]
    finally:
        await db.close()


async def test_a_statement_that_fails_says_why_and_the_next_is_answered(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1)
    try:
        with pytest.raises(psycopg.errors.DivisionByZero):
            await db.line("select 1 / $1::int", "0")
        assert await db.line("select 1 / $1::int", "1") == [["1"]]
    finally:
        await db.close()


async def test_what_breaks_while_nobody_asks_costs_no_request(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1)
    try:
        [[first, _]] = await db.line(PID, "")
        terminate(database, first)
        await asyncio.sleep(0.2)
        [[second, _]] = await db.line(PID, "")
        assert first != second
    finally:
        await db.close()


async def test_what_breaks_while_it_is_asked_is_unavailable_and_the_next_is_answered(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1)
    slow = "select pg_backend_pid()::text, pg_sleep($1::float)"
    try:
        [[first, _]] = await db.line(slow, "0")
        asked = asyncio.create_task(db.line(slow, "20"))
        await asyncio.sleep(0.2)
        terminate(database, first)
        with pytest.raises(Unavailable, match=r"The database cannot be reached\."):
            await asked
        assert await db.line(slow, "0") != [[first, ""]]
    finally:
        await db.close()


async def test_who_gives_up_leaves_nothing_for_the_next(database: TestDatabase) -> None:
    db = await Database.open(database.server_url, connections=1, patience=Patience(silence_s=0.3))
    slow = "select $1::text, pg_sleep($1::float)"
    try:
        began = time.monotonic()
        with pytest.raises(Unavailable, match=r"The database does not answer\."):
            await db.line(slow, "5")
        assert time.monotonic() - began < 2
        assert await db.line(slow, "0") == [["0", ""]]
        cancelled = asyncio.create_task(db.line(slow, "5"))
        await asyncio.sleep(0.05)
        cancelled.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cancelled
        assert await db.line(slow, "0") == [["0", ""]]
    finally:
        await db.close()


def terminate(database: TestDatabase, backend: str | None) -> None:
    """End that connection from the other side."""
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s)", [int(backend or 0)])
