"""Whatever does not agree is found, with how much, and nothing is found where all agrees."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.settings import Settings
from aniate_server.usage import reconcile, reconcile_store, store
from aniate_server.usage.reconcile import Difference, as_it_stands, ledger_and_outbox, rows_and_ledger, with_providers
from aniate_server.usage.reconcile_store import ProviderTotal
from aniate_server.worker import jobs
from server.tests.data.cluster import MakeTenant
from server.tests.usage.books import Books, after, differing, midnight

pytestmark = pytest.mark.anyio

DAY = date(2026, 3, 14)
MODEL = "openai/gpt-oss-20b"
SILENCE_S = 45.0


async def found(books: Books, day: date = DAY) -> list[tuple[str, str, int]]:
    """What does not agree."""
    differences = [*await rows_and_ledger(books.db, day), *await as_it_stands(books.db, SILENCE_S)]
    return sorted((each.finding, each.about, each.by) for each in differences)


async def on_the_day(books: Books, count: int = 3) -> list[str]:
    """Settled requests of that day, at 6 micro-USD each; their ids."""
    ids = [await books.closed() for _ in range(count)]
    for request_id in ids:
        books.put(request_id, after(DAY, hours=9), after(DAY, hours=9, seconds=2))
    return [str(each) for each in ids]


async def test_where_all_agrees_nothing_is_found(books: Books) -> None:
    await on_the_day(books)
    await books.closed()
    await books.closed((500, 0), estimated=True)
    await books.closed((10**6, 10**6), estimated=True)  # bounded by its reservation
    await books.closed((2_000, 10), cached=(1_500, 37_500))
    await books.closed((2_000, 10), cached=(1_500, None))
    await books.opened()
    await swept(books)
    assert await found(books) == []
    assert await found(books, datetime.now(UTC).date()) == []


async def swept(books: Books) -> None:
    """One that a dead process left open, closed by the sweeper."""
    left = await books.opened()
    books.by_force("update aniate.usage set opened_at = now() - interval '1 minute' where id = %s", left)
    assert await store.sweep(books.db, 20) == 1


async def test_a_closed_row_without_an_entry_is_found(books: Books) -> None:
    _, lost, _ = await on_the_day(books)
    books.by_force("delete from ledger.entries where request_id = %s", lost)
    assert await found(books) == [("no_entry", lost, 6)]
    assert await found(books, DAY + timedelta(days=1)) == []


async def test_an_entry_without_a_row_is_found(books: Books) -> None:
    _, lost, _ = await on_the_day(books)
    books.by_force("delete from aniate.usage where id = %s", lost)
    assert await found(books) == [("no_row", lost, -6)]


async def test_an_entry_of_a_row_that_is_open_again_is_found(books: Books) -> None:
    [reopened] = await on_the_day(books, 1)
    books.by_force(
        "update aniate.usage set state = 'open', input_tokens = null, output_tokens = null, cost_micro_usd = null,"
        " outcome = null, estimated = null, closed_at = null, metered_minute = null, opened_at = now()"
        " where id = %s", reopened,
    )  # fmt: skip
    assert await found(books) == [("no_row", reopened, -6)]


async def test_an_entry_of_another_amount_or_workspace_is_found(books: Books) -> None:
    first, _, third = await on_the_day(books)
    books.by_force("update ledger.entries set amount_micro_usd = 9 where request_id = %s", first)
    books.by_force("update ledger.entries set workspace_id = %s where request_id = %s", new_id(), third)
    assert await found(books) == sorted([("entry_differs", first, -3), ("entry_differs", third, 0)])


async def test_a_row_that_was_charged_other_than_its_prices_say_is_found(books: Books) -> None:
    _, wrong, _ = await on_the_day(books)
    books.by_force("update aniate.usage set cost_micro_usd = 8 where id = %s", wrong)
    books.by_force("update ledger.entries set amount_micro_usd = 8 where request_id = %s", wrong)
    assert await found(books) == [("price_differs", wrong, 2)]


async def test_a_row_that_was_charged_as_if_nothing_had_been_cached_is_found(books: Books) -> None:
    wrong = await books.closed((2_000, 10), cached=(1_600, 37_500))  # 93 micro-USD, and 153 without
    books.put(wrong, after(DAY, hours=9), after(DAY, hours=9, seconds=2))
    assert await found(books) == []
    books.by_force("update aniate.usage set cost_micro_usd = 153 where id = %s", wrong)
    books.by_force("update ledger.entries set amount_micro_usd = 153 where request_id = %s", wrong)
    assert await found(books) == [("price_differs", str(wrong), 60)]


async def test_an_hour_of_which_billing_is_told_other_than_the_ledger_is_found(books: Books) -> None:
    await on_the_day(books)
    await books.closed()
    assert await ledger_and_outbox(books.db, DAY) == await ledger_and_outbox(books.db, datetime.now(UTC).date()) == []
    books.by_force("update ledger.billing_outbox set amount_micro_usd = 20 where hour = %s", after(DAY, hours=9))
    books.by_force(
        "insert into ledger.billing_outbox values (%s, %s, 1, 6)", books.tenant.workspace_id, after(DAY, hours=23)
    )
    [changed, made_up] = await ledger_and_outbox(books.db, DAY)
    whose = f"workspace {books.tenant.workspace_id}"
    assert (changed.finding, changed.about, changed.by) == ("outbox_differs", f"{whose}, 09:00", 2)
    assert changed.said == "the outbox says 20 micro-USD of 3 requests, and the ledger 18 of 3"
    assert (made_up.about, made_up.by) == (f"{whose}, 23:00", 6)
    books.by_force("delete from ledger.billing_outbox where hour < now() - interval '1 day'")
    [lost] = await ledger_and_outbox(books.db, DAY)
    assert (lost.by, lost.said.endswith("and the ledger 18 of 3")) == (-18, True)
    assert await ledger_and_outbox(books.db, DAY + timedelta(days=1)) == []


async def test_a_row_that_the_sweeper_should_have_closed_is_found(books: Books) -> None:
    living = new_id()
    await store.heartbeat(books.db, living)
    dead, long, _young = await books.opened(), await books.opened(holder=living), await books.opened()
    alive = await books.opened(holder=living)
    for request_id, age in ((dead, "1 minute"), (alive, "1 hour"), (long, "25 hours")):
        books.by_force("update aniate.usage set opened_at = now() - %s::interval where id = %s", age, request_id)
    assert sorted(await found(books)) == sorted([("left_open", str(long), 25 * 3600), ("left_open", str(dead), 60)])


async def test_a_meter_that_the_open_rows_do_not_bear_out_is_found(books: Books) -> None:
    await books.opened()
    books.by_force("update limits.meters set streams = streams + 2 where scope = 'key'")
    books.by_force("update limits.meters set reserved_micro_usd = 0 where scope = 'user'")
    who, reserved = books.tenant, books.by_force("select reserved_micro_usd from aniate.usage")[0][0]
    assert await found(books) == [
        ("meter_differs", f"key {who.key_id} of {who.workspace_id}", 2),
        ("meter_differs", f"user {who.user_id} of {who.workspace_id}", -reserved),
    ]


async def test_a_meter_that_says_other_than_the_months_closed_rows_cost_is_found(books: Books) -> None:
    for _ in range(3):
        await books.closed()
    await books.opened()
    assert await found(books) == []
    books.by_force("update limits.meters set spent_micro_usd = spent_micro_usd + 5 where scope = 'key'")
    books.by_force("update limits.meters set spent_micro_usd = 0 where scope = 'workspace'")
    who = books.tenant
    assert await found(books) == [
        ("meter_differs", f"key {who.key_id} of {who.workspace_id}", 5),
        ("meter_differs", f"workspace {who.workspace_id} of {who.workspace_id}", -18),
    ]
    [key, _] = [each.said for each in await as_it_stands(books.db, SILENCE_S) if each.by in {5, -18}]
    assert key == "its meter says 23 spent_micro_usd, and the rows that were closed in its month 18"


async def test_rows_whose_meter_is_lost_are_found_and_rows_of_before_there_were_meters_are_not(books: Books) -> None:
    unmetered = await books.closed()
    books.by_force("update aniate.usage set metered_minute = null where id = %s", unmetered)
    books.by_force("update limits.meters set spent_micro_usd = 0")
    assert await found(books) == [], "rows of before there were meters"
    await books.closed()
    books.by_force("delete from limits.meters where scope = 'user'")
    assert await found(books) == [("meter_differs", f"user {books.tenant.user_id} of {books.tenant.workspace_id}", -6)]


async def test_a_meter_of_last_month_is_held_against_that_months_rows_and_an_older_one_against_none(
    books: Books,
) -> None:
    this = midnight(datetime.now(UTC).date().replace(day=1))
    last = (this - timedelta(days=1)).replace(day=1)
    for closed_at in (last, this - timedelta(hours=1), last - timedelta(hours=1)):
        put = await books.closed()
        books.put(put, closed_at - timedelta(days=2), closed_at)
    books.by_force("update limits.meters set month = %s, spent_micro_usd = 12", last)
    assert await found(books) == []
    books.by_force("update limits.meters set spent_micro_usd = 13 where scope = 'user'")
    assert [by for _, _, by in await found(books)] == [1]
    books.by_force("update limits.meters set month = %s", (last - timedelta(days=1)).replace(day=1))
    assert await found(books) == []


async def test_what_was_closed_just_before_a_months_turn_may_be_charged_in_either(books: Books) -> None:
    this = midnight(datetime.now(UTC).date().replace(day=1))
    late = await books.closed()
    books.put(late, this - timedelta(seconds=9), this - timedelta(seconds=1))
    assert await found(books) == []
    books.by_force("update limits.meters set spent_micro_usd = 6")
    assert await found(books) == []
    books.by_force("update limits.meters set spent_micro_usd = 8 where scope = 'key'")
    assert [by for _, _, by in await found(books)] == [2]


async def test_all_workspaces_are_looked_at_some_at_a_time(
    books: Books, tenant: MakeTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "WORKSPACES_AT_ONCE", 2)
    others = [replace(books, tenant=await tenant(f"n{number}", "enterprise")) for number in range(4)]
    for each in others:
        await each.closed()
    assert await found(books) == []
    books.by_force("update limits.meters set spent_micro_usd = 7 where scope = 'workspace'")
    assert [by for _, _, by in await found(books)] == [1] * 4


async def test_nothing_is_found_while_requests_run(books: Books) -> None:
    async def ask() -> None:
        for _ in range(15):
            await books.closed()

    asking = asyncio.gather(*(ask() for _ in range(6)))
    looked = 0
    while not asking.done():
        assert await found(books) == []
        looked += 1
    await asking
    assert looked > 3
    assert await found(books) == []


async def provider_says(
    books: Books, input_tokens: int, output_tokens: int, requests: int | None = None, day: date = DAY
) -> list[Difference]:
    """What does not agree once the provider has said that."""
    await reconcile_store.import_totals(
        books.db, [ProviderTotal(day, "groq", MODEL, input_tokens, output_tokens, requests)]
    )
    return with_providers(day, await reconcile_store.day_totals(books.db, day))


async def test_a_providers_totals_must_be_those_of_the_rows(books: Books) -> None:
    await on_the_day(books)
    assert await provider_says(books, 60, 36, 3) == []
    assert await provider_says(books, 60, 36) == []
    [more, both] = await provider_says(books, 61, 36, 3)
    assert (more.finding, more.about, more.by) == ("provider_differs", f"groq {MODEL}", 1)
    assert more.said == "the provider counted 61 input tokens, and our rows 60: +1"
    assert both.said == "the provider counted 97 tokens, and our rows 96: +1"
    assert [each.by for each in await provider_says(books, 60, 30, 3)] == [-6, -6]
    assert [each.said for each in await provider_says(books, 60, 36, 4)] == [
        "the provider counted 4 requests, and our rows 3: +1"
    ]


async def test_what_a_provider_counted_of_a_model_that_we_never_asked_is_found(books: Books) -> None:
    await on_the_day(books)
    await reconcile_store.import_totals(books.db, [ProviderTotal(DAY, "groq", "another", 5, 0, None)])
    found = with_providers(DAY, await reconcile_store.day_totals(books.db, DAY))
    assert [(each.about, each.by) for each in found] == [("groq another", 5)] * 2


async def test_flagged_rows_give_room_up_to_their_reservations_and_no_more(books: Books) -> None:
    await on_the_day(books)
    flagged = await books.closed((500, 10), estimated=True)
    books.put(flagged, after(DAY, hours=1), after(DAY, hours=1, seconds=1))
    most = 2_000 + 8_192
    assert await provider_says(books, 60, 36, 3) == []  # it counted nothing of it
    assert await provider_says(books, 560, 46, 4) == []
    assert await provider_says(books, 60 + most, 36, 4) == []
    assert await provider_says(books, 60, 36 + most, 4) == []
    assert {each.by for each in await provider_says(books, 61 + most, 36, 4)} == {1}
    [both] = await provider_says(books, 60 + most, 36 + most, 4)  # each might be, both can't
    assert both.by == most
    assert {each.by for each in await provider_says(books, 59, 36, 3)} == {-1}


async def test_what_ran_over_midnight_may_be_counted_on_either_day_and_once_by_us(books: Books) -> None:
    await on_the_day(books)
    late = await books.closed((700, 70))
    books.put(late, after(DAY, hours=23, minutes=59), after(DAY + timedelta(days=1), minutes=1))
    next_day = DAY + timedelta(days=1)
    for here, there in ((60, 700), (760, 0)):
        assert await provider_says(books, here, 36) == []
        assert await provider_says(books, there, 70 if there else 0, day=next_day) == []
    assert await provider_says(books, 761, 36) != []
    [of_day] = await reconcile_store.day_totals(books.db, DAY)
    [of_next] = await reconcile_store.day_totals(books.db, next_day)
    assert (of_day.input_tokens, of_next.input_tokens) == (60, 700)
    assert (of_day.charged_micro_usd, of_next.charged_micro_usd) == (18, of_next.cost_micro_usd)
    assert await found(books) == await found(books, next_day) == []


async def test_the_job_counts_what_differs_and_names_it_by_its_id(books: Books, db: Database) -> None:
    metrics = Metrics()
    [job] = [
        each
        for each in jobs(Settings(Path("/nowhere"), Path("/nowhere")), db, metrics)
        if each.name == "usage.reconcile"
    ]
    lost, left = await books.closed(), await books.opened()
    books.by_force("update aniate.usage set opened_at = now() - interval '1 day' where id = %s", left)
    with capture_logs() as quiet:
        await job.run()  # the sweeper had not come yet: that is no difference
    assert [each["event"] for each in quiet] == [] and differing(metrics) == 0
    books.by_force("delete from ledger.entries where request_id = %s", lost)
    with capture_logs() as told:
        await job.run()
    assert differing(metrics) == 2
    assert [(each["event"], each["finding"], each["by"]) for each in told] == [
        ("books differ", "no_entry", 6),
        ("books differ", "outbox_differs", 6),
    ]
    assert told[0]["about"] == str(lost)
