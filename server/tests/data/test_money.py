"""Every request ends in exactly one closed row, and the ledger says what the closed rows say."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import psycopg
import pytest
from psycopg.rows import TupleRow

from aniate_server.accounts import store as accounts
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import NotAuthenticated, NotFound
from aniate_server.plumbing.ids import new_id
from aniate_server.usage import jobs, store
from server.tests.data.cluster import (
    SETTLE,
    MakeTenant,
    TestDatabase,
    as_json,
    open_request,
    request_of,
    settle,
    settling,
)

pytestmark = pytest.mark.anyio


def usage_rows(database: TestDatabase) -> list[dict[str, Any]]:
    with psycopg.connect(database.superuser_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute("select * from aniate.usage order by id").fetchall()


def entries(database: TestDatabase) -> list[TupleRow]:
    with psycopg.connect(database.superuser_url) as connection:
        return connection.execute(
            "select request_id, kind, workspace_id, amount_micro_usd from ledger.entries order by id"
        ).fetchall()


async def test_an_opened_request_reserves_the_most_it_can_cost(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    ada = await tenant()
    row = request_of(ada)
    await open_request(db, row)
    [kept] = usage_rows(database)
    assert kept["state"] == "open"
    assert kept["reserved_micro_usd"] == math.ceil((2_000 * 75_000 + 8_192 * 300_000) / 1_000_000)
    assert {name: kept[name] for name in ("workspace_id", "user_id", "key_id", "brew", "model", "provider")} == {
        "workspace_id": ada.workspace_id,
        "user_id": ada.user_id,
        "key_id": ada.key_id,
        "brew": "what",
        "model": "fast",
        "provider": "groq",
    }
    assert entries(database) == []


async def test_settling_closes_the_row_and_charges_it_once(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    ada = await tenant()
    row = request_of(ada)
    await open_request(db, row)
    first = await settle(db, row.request_id, 1_000, 100, "ok", False)
    assert first == store.Closed(1_000, 100, 105, "ok", estimated=False)
    assert await settle(db, row.request_id, 9_999, 9_999, "failed", True) == first
    [kept] = usage_rows(database)
    assert [kept[name] for name in ("state", "input_tokens", "output_tokens", "cost_micro_usd", "outcome")] == [
        "closed",
        1_000,
        100,
        105,
        "ok",
    ]
    assert kept["estimated"] is False
    assert entries(database) == [(row.request_id, "charge", ada.workspace_id, 105)]


async def test_what_was_cached_is_charged_at_its_own_price(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    """At 0.075 micro-USD for a token of input; what has no price of its own, or a higher one, costs as much."""
    ada = await tenant("ada", "enterprise")
    for cached, cost in (
        ((800, 37_500), 75),
        ((1_000, 37_500), 68),
        ((1_000, 0), 30),
        ((0, 37_500), 105),
        ((800, None), 105),
        ((800, 75_001), 105),
    ):
        row = request_of(ada)
        await open_request(db, row)
        closed = await settle(db, row.request_id, 1_000, 100, "ok", False, cached)
        assert closed == store.Closed(1_000, 100, cost, "ok", estimated=False, cached_input_tokens=cached[0])
        assert await settle(db, row.request_id, 9_999, 9_999, "failed", True, (7, 1)) == closed
        [kept] = [each for each in usage_rows(database) if each["id"] == row.request_id]
        assert (kept["cached_input_tokens"], kept["cached_price"]) == cached
        assert entries(database)[-1] == (row.request_id, "charge", ada.workspace_id, cost)


async def test_more_cached_than_was_read_leaves_the_request_open(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    for bad in ((1_001, 1), (-1, 1), (1, -1)):
        with pytest.raises(psycopg.errors.CheckViolation):
            await settle(db, row.request_id, 1_000, 100, "ok", False, bad)
    assert [kept["state"] for kept in usage_rows(database)] == ["open"]
    assert entries(database) == []


async def test_a_request_that_nobody_opened_cannot_be_settled(db: Database, database: TestDatabase) -> None:
    with pytest.raises(NotFound):
        await settle(db, new_id(), 1, 1, "ok", False)
    assert entries(database) == []


@pytest.mark.parametrize("outcome", ["ok", "length", "cancelled", "failed"])
async def test_each_outcome_is_kept(db: Database, tenant: MakeTenant, database: TestDatabase, outcome: str) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    await settle(db, row.request_id, 1, 1, outcome, True)
    [kept] = usage_rows(database)
    assert (kept["outcome"], kept["estimated"]) == (outcome, True)


async def test_an_unknown_outcome_or_negative_tokens_leave_the_request_open(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    for bad in ((1, 1, "fine"), (-1, 1, "ok"), (1, -1, "ok")):
        with pytest.raises(psycopg.errors.CheckViolation):
            await settle(db, row.request_id, *bad, False)
    assert [kept["state"] for kept in usage_rows(database)] == ["open"]
    assert entries(database) == []


async def test_a_revoked_key_opens_nothing(db: Database, tenant: MakeTenant, database: TestDatabase) -> None:
    ada = await tenant()
    await accounts.revoke_key(db, ada.key_id)
    with pytest.raises(NotAuthenticated):
        await open_request(db, request_of(ada))
    assert usage_rows(database) == []


async def test_a_key_opens_nothing_for_another_workspace_or_user(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    for changes in (
        {"workspace_id": bob.workspace_id},
        {"user_id": bob.user_id},
        {"key_id": bob.key_id},
        {"key_id": new_id()},
    ):
        with pytest.raises(NotAuthenticated):
            await open_request(db, request_of(ada, **changes))
    assert usage_rows(database) == []


async def test_the_sweeper_settles_what_a_dead_process_left_open_as_an_estimate(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    await store.heartbeat(db, row.holder)
    await asyncio.sleep(0.05)
    assert await store.sweep(db, 0.02) == 1
    assert await store.sweep(db, 0.02) == 0
    [kept] = usage_rows(database)
    assert [kept[name] for name in ("state", "input_tokens", "output_tokens", "outcome", "estimated")] == [
        "closed",
        1_000,
        0,
        "abandoned",
        True,
    ]
    assert kept["cost_micro_usd"] == 75
    assert [entry[3] for entry in entries(database)] == [75]


async def test_the_sweeper_spares_what_a_living_process_answers(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    await asyncio.sleep(0.05)
    await store.heartbeat(db, row.holder)
    assert await store.sweep(db, 0.04) == 0
    assert [kept["state"] for kept in usage_rows(database)] == ["open"]


async def test_the_sweeper_spares_a_young_request_of_a_process_that_had_no_heartbeat_yet(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    assert await store.sweep(db, 60) == 0
    await asyncio.sleep(0.05)
    assert await store.sweep(db, 0.02) == 1


async def test_the_sweeper_never_charges_more_than_was_reserved(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant(), input_tokens_estimate=10**9, max_input_tokens=10, max_output_tokens=10)
    await open_request(db, row)
    await jobs.sweep_abandoned(db, 0)
    [kept] = usage_rows(database)
    assert kept["cost_micro_usd"] == kept["reserved_micro_usd"] == 4
    assert [entry[3] for entry in entries(database)] == [4]


async def test_settling_after_the_sweeper_changes_nothing(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    await store.sweep(db, 0)
    late = await settle(db, row.request_id, 2_000, 8_000, "ok", False)
    assert (late.outcome, late.cost_micro_usd, late.estimated) == ("abandoned", 75, True)
    assert [entry[3] for entry in entries(database)] == [75]


async def test_settling_and_sweeping_at_once_from_20_connections_charge_once(
    tenant: MakeTenant, db: Database, database: TestDatabase
) -> None:
    ada = await tenant()
    many = await Database.open(database.server_url, connections=20)
    try:
        for _ in range(5):
            row = request_of(ada)
            await open_request(many, row)
            tasks = [settle(many, row.request_id, 1_000, count, "ok", False) for count in range(19)]
            *closed, _ = await asyncio.gather(*tasks, store.sweep(many, 0))
            settled = {each.cost_micro_usd for each in closed if isinstance(each, store.Closed)}
            assert len(settled) == 1
            assert [entry[3] for entry in entries(database) if entry[0] == row.request_id] == list(settled)
    finally:
        await many.close()


async def test_the_ledger_outlives_every_attempt_to_delete_from_it(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    await settle(db, row.request_id, 1_000, 100, "ok", False)
    before = entries(database)
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        for statement in ("delete from aniate.workspaces", "truncate aniate.workspaces cascade"):
            with pytest.raises(psycopg.DatabaseError):
                connection.execute(statement)
        for statement in (
            "delete from ledger.entries",
            "update ledger.entries set amount_micro_usd = 0",
            "truncate ledger.entries",
        ):
            with pytest.raises(psycopg.DatabaseError, match="never changed or deleted"):
                connection.execute(statement)
        connection.execute("delete from accounts.users")
    assert entries(database) == before


async def test_a_workspace_that_never_paid_can_be_deleted(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    await tenant()
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("delete from aniate.workspaces")
    assert await accounts.list_workspaces(db) == []


async def test_an_estimate_never_costs_more_than_was_reserved(db: Database, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    for estimated, cost in ((True, 2_608), (False, 300_075)):
        row = request_of(ada)  # reserves 2,000 and 8,192 tokens
        await open_request(db, row)
        closed = await settle(db, row.request_id, 1_000, 1_000_000, "ok", estimated)
        assert closed.cost_micro_usd == cost


async def test_a_type_of_the_callers_cannot_act_with_the_rights_of_a_functions_owner(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    """A domain in pg_temp under the name of a type that the function declares, with a check that writes."""
    ada = await tenant()
    row = request_of(ada)
    await open_request(db, row)
    with psycopg.connect(database.server_url, autocommit=True) as connection:
        connection.execute(
            f"""
            create function pg_temp.forge(value pg_catalog.uuid) returns boolean language plpgsql as $$
            begin
              if current_user = 'aniate_money' then
                insert into ledger.entries (workspace_id, request_id, kind, amount_micro_usd)
                values ('{ada.workspace_id}', pg_catalog.gen_random_uuid(), 'charge', 123456789);
              end if;
              return true;
            end $$;
            create domain pg_temp.uuid as pg_catalog.uuid check (pg_temp.forge(value));
            create domain pg_temp.bigint as pg_catalog.int8;
            """
        )
        connection.execute(SETTLE, [as_json([settling(row.request_id, (1, 1), "ok", False)])])
    assert [entry[0] for entry in entries(database)] == [row.request_id]
