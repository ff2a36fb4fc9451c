"""Do the books agree: rows with the ledger, that with the outbox, rows with the meters, all with providers?

Rows, ledger and outbox must agree to the micro-USD. A provider's totals may differ by what nobody can know: what it
counted of a flagged row, which is between nothing and the reservation, and on which day it counted what ran over
midnight.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from uuid import UUID

from aniate_server.plumbing.db import Database
from aniate_server.usage import reconcile_store as store
from aniate_server.usage.reconcile_store import DayTotal, LeftOpen, UnevenHour, UnevenMeter, UnevenRow

LONGEST_S = 86_400.0
"""No answer takes that long: what is open for longer is left, although its process lives."""
WORKSPACES_AT_ONCE = 100
SAID = {
    "no_entry": "its row is closed at {row} micro-USD, and the ledger has no entry for it",
    "no_row": "the ledger charges {ledger} micro-USD, and there is no closed row",
    "entry_differs": "its row says {row} micro-USD, and its entry {ledger}, or another workspace",
    "price_differs": "its row says {row} micro-USD, and its tokens at its prices are {ledger}",
}


@dataclass(frozen=True)
class Difference:
    """What does not agree. `by` is how much more the first side says than the second, or than it may say."""

    finding: str
    day: date | None
    """None for what is not of a day, but stands so now."""
    about: str
    """A request's id, an hour of a workspace, a meter, or a provider and its model."""
    said: str
    by: int

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.day or 'now'}  {self.about}: {self.said}."


async def rows_and_ledger(db: Database, day: date) -> list[Difference]:
    """Of the requests that were closed on that day (UTC)."""
    return [of_row(day, row) for row in await store.uneven_rows(db, day)]


async def ledger_and_outbox(db: Database, day: date) -> list[Difference]:
    """Of the hours of that day (UTC), by workspace."""
    return [of_hour(day, hour) for hour in await store.uneven_outbox(db, day)]


async def as_it_stands(db: Database, silence_s: float) -> list[Difference]:
    """What is open for too long, its process silent for `silence_s`, and meters that the rows don't bear out."""
    left = [of_left_open(row) for row in await store.left_open(db, silence_s, LONGEST_S)]
    return left + [of_meter(meter) for meter in [*await store.uneven_meters(db), *await spent(db)]]


async def spent(db: Database) -> list[UnevenMeter]:
    """Meters whose month's rows cost other than they say, some workspaces at a time: no statement may take long."""
    found: list[UnevenMeter] = []
    after = UUID(int=0)
    while workspaces := await store.workspaces_after(db, after, WORKSPACES_AT_ONCE):
        found += await store.uneven_spent(db, workspaces)
        after = workspaces[-1]
    return found


def with_providers(day: date, totals: list[DayTotal]) -> list[Difference]:
    """Where a provider's count lies outside of what our rows allow. A day must be over before it is compared."""
    return [each for total in totals if total.provider_input is not None for each in of_total(day, total)]


def of_row(day: date, row: UnevenRow) -> Difference:
    """A row, its entry, or its price."""
    said = SAID[row.finding].format(row=row.rows_say, ledger=row.ledger_says)
    return Difference(row.finding, day, str(row.request_id), said, (row.rows_say or 0) - (row.ledger_says or 0))


def of_hour(day: date, hour: UnevenHour) -> Difference:
    """What billing is told of an hour."""
    said = (
        f"the outbox says {hour.outbox_says} micro-USD of {hour.outbox_requests} requests,"
        f" and the ledger {hour.ledger_says} of {hour.ledger_requests}"
    )
    about = f"workspace {hour.workspace_id}, {hour.hour.astimezone(UTC):%H:00}"
    return Difference("outbox_differs", day, about, said, hour.outbox_says - hour.ledger_says)


def of_left_open(row: LeftOpen) -> Difference:
    """A row that nobody closed."""
    said = f"open for {row.open_s} s, by the process {row.holder}, and not swept"
    return Difference("left_open", None, str(row.request_id), said, row.open_s)


def of_meter(meter: UnevenMeter) -> Difference:
    """A meter."""
    rows = "rows that were closed in its month" if meter.measure == "spent_micro_usd" else "open rows"
    said = f"its meter says {meter.meter_says} {meter.measure}, and the {rows} {meter.rows_say}"
    about = f"{meter.scope} {meter.id} of {meter.workspace_id}"
    return Difference("meter_differs", None, about, said, meter.meter_says - meter.rows_say)


def of_total(day: date, total: DayTotal) -> Iterator[Difference]:
    """Requests, tokens in, tokens out, and both together: flagged rows may take their reservation once, not twice."""
    told = (total.provider_input or 0, total.provider_output or 0)
    for what, said, least, most in (
        ("requests", total.provider_requests, total.least_requests, total.most_requests),
        ("input tokens", told[0], total.least_input, total.most_input),
        ("output tokens", told[1], total.least_output, total.most_output),
        ("tokens", sum(told), total.least_input + total.least_output, total.most_tokens),
    ):
        if said is not None and not least <= said <= most:
            by = said - (most if said > most else least)
            allowed = f"{least:,}" if least == most else f"{least:,} to {most:,}"
            sentence = f"the provider counted {said:,} {what}, and our rows {allowed}: {by:+,}"
            yield Difference("provider_differs", day, f"{total.provider} {total.model}", sentence, by)
