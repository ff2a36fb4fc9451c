"""Books that were kept before cached input had a price of its own: they stay right, and go on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import TupleRow

from aniate_server.plumbing.migrations import FOLDER, migrate
from server.tests.data.cluster import OPEN, SETTLE, Cluster, as_json, opening, settling

NAME, NEW = "older_books", "022_cached_input.sql"
PRICES = {"input_price": 75_000, "output_price": 300_000, "max_input_tokens": 2_000, "max_output_tokens": 100}
FUNCTIONS = """
select p.oid::regprocedure::text, pg_get_userbyid(p.proowner), p.proacl::text, p.prosecdef, p.provolatile, p.proparallel
from pg_proc p where p.pronamespace = 'ledger'::regnamespace and p.proname in ('settle_requests', 'uneven_rows',
                                                                              'cost_micro_usd') and p.pronargs < 6
order by 1"""
UNEVEN = "select * from ledger.uneven_rows((now() at time zone 'UTC')::date)"


@pytest.fixture
def older(postgres: Cluster, tmp_path: Path) -> Iterator[Cluster]:
    """A database as it was before, beside the others."""
    folder = Path(shutil.copytree(FOLDER, tmp_path / "migrations"))
    for file in folder.glob("0*.sql"):
        if file.name >= NEW:
            file.unlink()
    with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
        connection.execute(f"create database {NAME} owner migrator")
    migrate(postgres.migrator_url(NAME), folder)
    yield postgres
    with psycopg.connect(postgres.server.superuser_url, autocommit=True) as connection:
        connection.execute(f"drop database {NAME} with (force)")


def test_rows_of_before_stay_right_and_open_ones_are_settled_at_the_new_price(older: Cluster) -> None:
    with (
        psycopg.connect(older.superuser_url(NAME), autocommit=True) as superuser,
        psycopg.connect(older.server_url(NAME), autocommit=True) as server,
    ):
        caller, requests = caller_of(server), [uuid4() for _ in range(4)]
        server.execute(OPEN, [as_json([opening(each, caller, holder=each, **PRICES) for each in requests])])
        server.execute(SETTLE, [as_json([settling(requests[0], (1_000, 100), "ok", False)])])
        before, functions = rows(superuser), superuser.execute(FUNCTIONS).fetchall()

        migrate(older.migrator_url(NAME))

        assert [row[:-2] for row in rows(superuser)] == before
        assert {row[-2:] for row in rows(superuser)} == {(0, None)}
        assert superuser.execute(FUNCTIONS).fetchall() == functions
        assert superuser.execute(UNEVEN).fetchall() == []
        unaware = settling(requests[1], (1_000, 100), "ok", False)  # of a process that is about to be replaced
        aware = settling(requests[2], (1_000, 100), "ok", False, (800, 37_500))
        charged: dict[UUID, int] = dict(server.execute(SETTLE, [as_json([unaware, aware])]).fetchall())
        assert charged == {requests[1]: 105, requests[2]: 75}
        assert server.execute("select ledger.sweep('0')").fetchone() == (1,)
        assert superuser.execute(UNEVEN).fetchall() == []


def caller_of(server: psycopg.Connection[TupleRow]) -> tuple[UUID, UUID, UUID]:
    """A new user's workspace, the user, and a key."""
    workspace, user, key = uuid4(), uuid4(), uuid4()
    server.execute("select accounts.create_user(%s, 'ada@example.com', 'n')", [user])
    server.execute("select accounts.create_workspace(%s, 'n', 'enterprise', %s)", [workspace, user])
    server.execute("select accounts.create_key(%s, %s, %s, 'n', 'p', sha256(%s))", [key, workspace, user, key.bytes])
    return workspace, user, key


def rows(superuser: psycopg.Connection[TupleRow]) -> list[TupleRow]:
    """All of each, in the order of the columns."""
    return superuser.execute("select * from aniate.usage order by id").fetchall()
