"""Rows are opened and settled exactly once, whatever happens to whoever waits for it."""

from __future__ import annotations

import asyncio

import psycopg
import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import NotFound
from aniate_server.plumbing.ids import new_id
from aniate_server.usage.store import Settlement
from aniate_server.usage.usage_tracker import MOST_MISSED, Meter, uninterrupted
from server.tests.data.cluster import MakeTenant, TestDatabase, request_of
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio


async def test_a_request_that_is_cancelled_while_its_row_is_opened_leaves_none_open(
    gateway: Gateway, db: Database, tenant: MakeTenant
) -> None:
    ada = await tenant("ada")
    meter = Meter(db)
    cancelled = 0
    for steps in range(12):
        row = request_of(ada)
        opening = asyncio.create_task(meter.open(row))
        for _ in range(steps):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        if opening.cancelled():
            cancelled += 1
        else:  # it was through before we came
            await meter.settle(Settlement(row.request_id, 0, 0, "ok", estimated=False))
    assert cancelled > 3
    assert {state for state, _ in gateway.rows()} <= {"closed"}
    assert gateway.balance() == (0, 0)


async def test_settling_goes_on_although_the_waiter_is_cancelled_again_and_again(
    gateway: Gateway, db: Database, tenant: MakeTenant
) -> None:
    meter, row = Meter(db), request_of(await tenant("ada"))
    await meter.open(row)
    settling = asyncio.create_task(meter.settle(Settlement(row.request_id, 20, 12, "ok", estimated=False)))
    await asyncio.sleep(0)
    while not settling.done():
        settling.cancel()
        await asyncio.sleep(0)
    assert settling.cancelled()
    assert gateway.rows("state, outcome, cost_micro_usd") == [("closed", "ok", 6)]


async def test_a_second_settlement_changes_nothing(gateway: Gateway, db: Database, tenant: MakeTenant) -> None:
    meter, row = Meter(db), request_of(await tenant("ada"))
    await meter.open(row)
    first = await meter.settle(Settlement(row.request_id, 20, 12, "ok", estimated=False))
    second = await meter.settle(Settlement(row.request_id, 999, 999, "failed", estimated=True))
    assert first == second
    assert first.cost_micro_usd == 6
    assert gateway.balance() == (6, 6)


async def test_what_runs_uninterrupted_still_fails_as_it_fails() -> None:
    async def fails() -> None:
        await asyncio.sleep(0)
        raise NotFound("There is no such thing.")

    with pytest.raises(NotFound):
        await uninterrupted(fails())


async def test_what_could_not_be_settled_for_any_reason_is_settled_later(
    gateway: Gateway, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada, meter = await tenant("ada"), Meter(db)
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        superuser.execute("alter function ledger.settle_requests rename to settle_elsewhere")
        for row in (request_of(ada), request_of(ada)):
            await meter.open(row)
            with pytest.raises(psycopg.errors.UndefinedFunction):
                await meter.settle(Settlement(row.request_id, 20, 12, "ok", estimated=False))
        assert await meter.settle_owed() == 0
        superuser.execute("alter function ledger.settle_elsewhere rename to settle_requests")
    assert await meter.settle_owed() == 2
    assert await meter.settle_owed() == 0
    assert gateway.rows() == [("closed", "ok"), ("closed", "ok")]


async def test_what_was_never_opened_is_given_up_after_a_while(db: Database) -> None:
    meter = Meter(db)
    with pytest.raises(NotFound):
        await meter.settle(Settlement(new_id(), 1, 1, "ok", estimated=False))
    for _ in range(MOST_MISSED + 1):
        assert meter.owed == 1
        await meter.settle_owed()
    assert meter.owed == 0
