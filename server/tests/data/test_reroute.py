"""An open request that goes over to another model: one row, its new price, and meters that say what the rows say."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from aniate_server.limits.standing import LimitReached
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import NotFound
from aniate_server.plumbing.ids import new_id
from aniate_server.usage import store
from aniate_server.usage.store import OpenRequest, Reroute
from server.tests.data.cluster import MakeTenant, TestDatabase, open_request, request_of, settle

pytestmark = pytest.mark.anyio


@pytest.fixture(autouse=True)
async def same_minute() -> None:
    """Not so near to the end of a minute that a test meets the next one."""
    if (left := 60 - time.time() % 60) < 5:
        await asyncio.sleep(left + 0.1)


def to_smart(row: OpenRequest, **changes: Any) -> Reroute:
    """To a model of twice the price that reads and writes less."""
    rerouted = Reroute(
        request_id=row.request_id,
        model="smart",
        provider="groq",
        upstream_model="openai/gpt-oss-120b",
        input_price=150_000,
        output_price=600_000,
        input_tokens_estimate=900,
        max_input_tokens=1_500,
        max_output_tokens=4_000,
        route="plan:pro size:ok busy:fast",
    )
    return replace(rerouted, **changes)


def looked(database: TestDatabase, statement: str) -> list[dict[str, Any]]:
    with psycopg.connect(database.superuser_url, row_factory=dict_row, autocommit=True) as connection:
        return connection.execute(statement.encode()).fetchall()


def meters(database: TestDatabase) -> list[tuple[int, ...]]:
    """Of workspace, user and key: what is reserved, spent, and counted."""
    rows = looked(
        database,
        "select reserved_micro_usd, spent_micro_usd, tokens_minute, tokens_day, requests_day, streams"
        " from limits.meters order by scope",
    )
    return [tuple(row.values()) for row in rows]


async def test_row_and_meters_change_together_and_settling_charges_the_new_price(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant(), route="plan:pro size:ok")
    await open_request(db, row)
    assert looked(database, "select route from aniate.usage") == [{"route": "plan:pro size:ok"}]
    reserved = 1_500 * 15 // 100 + 4_000 * 6 // 10
    for _ in range(2):  # twice is as once
        await store.reroute(db, to_smart(row))
        assert meters(database) == [(reserved, 0, 5_500, 5_500, 1, 1)] * 3
    [kept] = looked(database, "select * from aniate.usage")
    assert {name: kept[name] for name in ("id", "state", "reserved_micro_usd", "reserved_tokens", "brew")} == {
        "id": row.request_id, "state": "open", "reserved_micro_usd": reserved, "reserved_tokens": 5_500, "brew": "what",
    }  # fmt: skip
    for name, value in vars(to_smart(row)).items():
        assert name.startswith(("request_id", "max_")) or kept[name] == value
    closed = await settle(db, row.request_id, 1_000, 100, "ok", False)
    assert closed.cost_micro_usd == 1_000 * 15 // 100 + 100 * 6 // 10
    assert meters(database) == [(0, closed.cost_micro_usd, 1_100, 1_100, 1, 0)] * 3
    assert looked(database, "select amount_micro_usd from ledger.entries") == [{"amount_micro_usd": 210}]


async def test_the_sweeper_charges_the_new_estimate(db: Database, tenant: MakeTenant, database: TestDatabase) -> None:
    row = request_of(await tenant())
    await open_request(db, row)
    await store.reroute(db, to_smart(row))
    await store.sweep(db, 0)
    assert looked(database, "select input_tokens, cost_micro_usd from aniate.usage") == [
        {"input_tokens": 900, "cost_micro_usd": 135}
    ]


async def test_a_request_that_is_not_open_goes_nowhere(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    row = request_of(await tenant())
    with pytest.raises(NotFound):
        await store.reroute(db, to_smart(row))
    await open_request(db, row)
    await settle(db, row.request_id, 1_000, 100, "ok", False)
    before = looked(database, "select * from aniate.usage"), meters(database)
    with pytest.raises(NotFound):
        await store.reroute(db, to_smart(row))
    assert (looked(database, "select * from aniate.usage"), meters(database)) == before


@pytest.mark.parametrize(
    "case",
    [
        ("credit_month", 4_000, {}, "a credit of $0.0040 a month to each member; of it $0.0014 is left for another "),
        ("credit_month", 4_000, {}, ", and this request may cost $0.0026."),
        ("tokens_minute", 15_500, {}, "of them 5,308 are left for another "),
        ("tokens_day", 15_500, {}, ", and this request may take 5,500."),
        ("tokens_day", 12_000, {"max_input_tokens": 12_000}, "this request may take 16,000 alone."),
    ],
)
async def test_what_is_more_than_what_is_left_is_refused_and_changes_nothing(
    db: Database, tenant: MakeTenant, database: TestDatabase, case: tuple[str, int, dict[str, int], str]
) -> None:
    measure, amount, most, sentence = case
    ada = await tenant(plan="enterprise")
    row, another = request_of(ada, max_output_tokens=10), request_of(ada, request_id=new_id())
    await open_request(db, row)
    await open_request(db, another)
    looked(database, f"insert into limits.allowances values ('enterprise', 'user', '{measure}', {amount}) returning 1")
    before = looked(database, "select * from aniate.usage order by id"), meters(database)
    with pytest.raises(LimitReached) as refused:
        await store.reroute(db, to_smart(row, **most))
    assert sentence in refused.value.message and refused.value.limit.measure == measure
    assert (looked(database, "select * from aniate.usage order by id"), meters(database)) == before
    cheaper = to_smart(row, input_price=1, output_price=1, max_input_tokens=1_900)
    await store.reroute(db, replace(cheaper, max_output_tokens=10))  # what takes less is never refused


async def test_windows_that_are_over_are_left_alone(db: Database, tenant: MakeTenant, database: TestDatabase) -> None:
    row = request_of(await tenant(plan="enterprise"))
    await open_request(db, row)
    looked(
        database,
        "update limits.meters set minute = minute - interval '2 day', day = day - interval '2 day' returning 1",
    )
    looked(database, "update aniate.usage set metered_minute = metered_minute - interval '2 day' returning 1")
    looked(database, "insert into limits.allowances values ('enterprise', 'key', 'tokens_day', 1) returning 1")
    await store.reroute(db, to_smart(row, max_output_tokens=900_000))
    assert {meter[2:] for meter in meters(database)} == {(0, 0, 0, 1)}
