"""A minute's, a day's and a month's turn neither loses nor doubles anything, wherever the database thinks it stands."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.rows import dict_row

from aniate_server.plumbing.db import Database
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.inference.gateway import Gateway
from server.tests.usage.books import Books

Meter = dict[str, Any]
WINDOWS = {
    "minute": ["requests_minute", "tokens_minute"],
    "day": ["requests_day", "tokens_day"],
    "month": ["spent_micro_usd"],
}
LASTING = ["reserved_micro_usd", "streams"]
TURNS = [datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)]
"""Of a month, of a year, and of a day on which clocks are put back in Europe."""
MOMENTS = st.builds(
    lambda turn, seconds: turn + timedelta(seconds=seconds),
    st.sampled_from(TURNS),
    st.sampled_from([0.0, -0.000001, 60.0, -60.0, 86_400.0]) | st.floats(-100_000, 100_000),
)
COUNTS = st.fixed_dictionaries(
    {name: st.integers(0, 10**12) for names in (*WINDOWS.values(), LASTING) for name in names}
)
ZONES = st.sampled_from(["UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Kiritimati"])
TURNED = "select (t).* from (select ledger.turned(jsonb_populate_record(null::limits.meters, %s::jsonb), %s) t) x"


@pytest.fixture
def superuser(database: TestDatabase) -> Iterator[psycopg.Connection[Meter]]:
    with psycopg.connect(database.superuser_url, autocommit=True, row_factory=dict_row) as connection:
        yield connection


def began(window: str, moment: datetime) -> datetime:
    """When the window began that the moment lies in."""
    whole = moment.replace(second=0, microsecond=0)
    if window == "minute":
        return whole
    return whole.replace(day=1 if window == "month" else whole.day, hour=0, minute=0)


@given(st.lists(MOMENTS, min_size=2, max_size=4), COUNTS, ZONES)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_window_begins_anew_once_and_never_turns_back(
    superuser: psycopg.Connection[Meter], moments: list[datetime], counts: dict[str, int], zone: str
) -> None:
    superuser.execute("select set_config('timezone', %s, false)", [zone])

    def turned(meter: Meter, moment: datetime) -> Meter:
        row = superuser.execute(TURNED, [json.dumps(meter, default=str), moment]).fetchone()
        assert row is not None
        return row

    first, *later = moments
    meter = turned({**counts, **dict.fromkeys(WINDOWS, "-infinity")}, first)
    meter = {**meter, **counts}  # as if all of it had been counted then
    at_once = turned(meter, max(later))
    for moment in later:
        before, meter = meter, turned(meter, moment)
        assert [meter[name] for name in LASTING] == [counts[name] for name in LASTING]
        for window, names in WINDOWS.items():
            assert meter[window] == max(before[window], began(window, moment))
            stays = meter[window] == before[window]
            assert [meter[name] for name in names] == [before[name] if stays else 0 for name in names]
    # Whoever looked in between, and in whatever order: it is the same in the end.
    assert meter == at_once


@pytest.mark.anyio
async def test_each_request_is_told_on_one_day_and_no_day_is_left_out(
    gateway: Gateway, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada, random = await tenant(plan="enterprise"), Random(14)
    books = Books(db, database, ada)
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    expected: dict[str, int] = {}
    closings: list[tuple[UUID, datetime, datetime]] = []
    for _ in range(60):
        request_id = await books.closed()
        offset = random.choice([0, -1e-6, 1e-6, random.uniform(-9, 9), random.uniform(-80_000, 0)])
        closed = today - timedelta(days=random.randrange(4)) + timedelta(seconds=offset)
        closings.append((request_id, closed - timedelta(seconds=random.uniform(0, 600)), closed))
        expected[closed.date().isoformat()] = expected.get(closed.date().isoformat(), 0) + 1
    for request_id, opened, closed in closings:
        books.put(request_id, opened, closed)
    await gateway.services.db.all("select set_config('timezone', 'Pacific/Kiritimati', false)")
    for days in (7, 3, 1):
        headers = {"authorization": f"Bearer {ada.key}"}
        before = datetime.now(UTC)
        async with gateway.http.get(f"{gateway.url}/v1/usage?days={days}", headers=headers) as answer:
            told = (await answer.json())["usage"]
        # Midnight may pass meanwhile: then it may be told of either day's last ones.
        right = [of_the_last(days, moment, expected) for moment in (before, datetime.now(UTC))]
        assert {row["day"]: row["requests"] for row in told} in right
        assert all(row["cost_micro_usd"] == 6 * row["requests"] for row in told)


def of_the_last(days: int, moment: datetime, counts: dict[str, int]) -> dict[str, int]:
    """The counts of so many days up to that moment's."""
    wanted = {(moment - timedelta(days=back)).date().isoformat() for back in range(days)}
    return {day: count for day, count in counts.items() if day in wanted}
