"""Requests that close in another window than they were opened in, and meters that others have moved on meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row

from aniate_server.plumbing.db import Database
from aniate_server.usage import store
from server.tests.data.cluster import MakeTenant, TestDatabase, open_request, request_of, settle

pytestmark = pytest.mark.anyio

RESERVED = 2_000 + 8_192
"""Tokens of each request here."""
A_DAY_LATER = (
    "update limits.meters set minute = minute - interval '1 day', day = day - interval '1 day'",
    "update aniate.usage set metered_minute = metered_minute - interval '1 day'",
)
A_MONTH_LATER = ("update limits.meters set month = month - interval '1 month', spent_micro_usd = 700",)


def by_force(database: TestDatabase, *statements: str) -> None:
    with psycopg.connect(database.superuser_url, autocommit=True) as superuser:
        for statement in statements:
            superuser.execute(statement.encode())


def looked(database: TestDatabase, statement: str, *values: object) -> list[dict[str, Any]]:
    with psycopg.connect(database.superuser_url, row_factory=dict_row) as superuser:
        return superuser.execute(statement.encode(), values).fetchall()


def meters(database: TestDatabase, workspace_id: UUID) -> list[dict[str, Any]]:
    found = looked(
        database,
        "select requests_minute, tokens_minute, requests_day, tokens_day, spent_micro_usd, streams,"
        " month = date_trunc('month', now(), 'UTC') as this_month from limits.meters where workspace_id = %s",
        workspace_id,
    )
    assert len(found) == 3  # of the workspace, the user and the key
    return found


async def test_what_was_opened_yesterday_takes_nothing_from_today_and_gives_it_nothing_back(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    ada = await tenant(plan="enterprise")
    old, new = request_of(ada), request_of(ada)
    await open_request(db, old)
    by_force(database, *A_DAY_LATER)
    await open_request(db, new)
    await settle(db, old.request_id, 1_000, 100, "ok", False)
    for meter in meters(database, ada.workspace_id):
        counted = meter["requests_minute"], meter["tokens_minute"], meter["requests_day"], meter["tokens_day"]
        assert counted == (1, RESERVED, 1, RESERVED)
        assert (meter["spent_micro_usd"], meter["streams"]) == (105, 1)


@pytest.mark.parametrize("opened_again", [False, True])
async def test_what_closes_is_paid_in_the_month_that_it_closes_in(
    db: Database, tenant: MakeTenant, database: TestDatabase, opened_again: bool
) -> None:
    ada = await tenant(plan="enterprise")
    old = request_of(ada)
    await open_request(db, old)
    by_force(database, *A_MONTH_LATER)
    if opened_again:
        await open_request(db, request_of(ada))
        assert {meter["spent_micro_usd"] for meter in meters(database, ada.workspace_id)} == {0}
    await settle(db, old.request_id, 1_000, 100, "ok", False)
    for meter in meters(database, ada.workspace_id):
        assert (meter["spent_micro_usd"], meter["this_month"]) == (105, True)


async def test_a_window_never_turns_back_and_each_workspace_has_its_own(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    """As after a clock was put back: Ada's meters stand a month ahead of now, Bob's do not."""
    ada, bob = await tenant("ada", plan="enterprise"), await tenant("bob", plan="enterprise")
    first = request_of(ada)
    await open_request(db, first)
    ahead = "{0} = date_trunc('{0}', now() + interval '40 days', 'UTC')"
    by_force(
        database,
        f"update limits.meters set {', '.join(ahead.format(each) for each in ('minute', 'day', 'month'))}",
        "update aniate.usage set metered_minute = (select max(minute) from limits.meters)",
    )
    before = looked(database, "select minute, day, month from limits.meters order by scope")
    rows = [request_of(ada), request_of(bob)]
    await store.open_requests(db, rows)
    await settle(db, first.request_id, 1_000, 100, "ok", False)
    stood = looked(
        database,
        "select minute, day, month from limits.meters where workspace_id = %s order by scope",
        ada.workspace_id,
    )
    assert stood == before
    for meter in meters(database, ada.workspace_id):
        assert (meter["requests_day"], meter["tokens_minute"], meter["tokens_day"], meter["spent_micro_usd"]) == (
            2,
            RESERVED + 1_100,
            RESERVED + 1_100,
            105,
        )
    counted = looked(
        database,
        "select (u.metered_minute = m.minute) as right from aniate.usage u"
        " join limits.meters m on m.workspace_id = u.workspace_id and m.scope = 'workspace'",
    )
    assert [each["right"] for each in counted] == [True, True, True]
