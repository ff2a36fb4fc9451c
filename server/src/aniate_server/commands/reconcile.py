"""`aniate-server reconcile`: whether rows, ledger, outbox, meters and the providers' totals agree; 1 if they don't."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from aniate_server.parts import database_url
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Settings
from aniate_server.usage import reconcile_store as store
from aniate_server.usage.jobs import patience_s
from aniate_server.usage.provider_totals import totals_in
from aniate_server.usage.reconcile import Difference, as_it_stands, ledger_and_outbox, rows_and_ledger, with_providers
from aniate_server.usage.reconcile_store import DayTotal, ProviderTotal


@dataclass(frozen=True)
class Day:
    """What was seen of one day (UTC)."""

    day: date
    over: bool
    """Else providers have not counted all of it yet, and their totals are not compared."""
    totals: list[DayTotal]
    differences: list[Difference]


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Import what a provider says, or compare."""
    totals = totals_in(text_of(arguments.file)) if arguments.verb == "import" else None
    with database_url(settings) as url:
        if totals is not None:
            return asyncio.run(keep(url, totals))
        days, now = asyncio.run(compared(url, settings, days_of(arguments)))
    differences = [*now, *(each for day in days for each in day.differences)]
    sys.stdout.write(as_json(days, differences) if arguments.json else as_text(days, differences))
    return 1 if differences else 0


def text_of(file: str) -> str:
    """The file's text, or standard input's."""
    return sys.stdin.read() if file == "-" else Path(file).read_text()


def days_of(arguments: argparse.Namespace) -> list[date]:
    """The days to look at, the oldest first."""
    if arguments.day:
        return [arguments.day]
    today = datetime.now(UTC).date()
    return [today - timedelta(days=back) for back in reversed(range(arguments.days))]


async def keep(url: str, totals: list[ProviderTotal]) -> int:
    """Keep them; what was known of the same days and models goes."""
    db = await Database.open(url, connections=1)
    try:
        kept = await store.import_totals(db, totals)
    finally:
        await db.close()
    days = sorted({total.day for total in totals})
    sys.stdout.write(f"Kept {kept} totals, of {days[0]} to {days[-1]}.\n")
    return 0


async def compared(url: str, settings: Settings, days: list[date]) -> tuple[list[Day], list[Difference]]:
    """Each day, and what does not agree as it stands now."""
    db = await Database.open(url, connections=1)
    try:
        now = await as_it_stands(db, patience_s(settings.heartbeat_s))
        return [await one_day(db, day) for day in days], now
    finally:
        await db.close()


async def one_day(db: Database, day: date) -> Day:
    """Rows with entries, one by one; then the sums with the providers'."""
    differences = await rows_and_ledger(db, day) + await ledger_and_outbox(db, day)
    totals = await store.day_totals(db, day)
    over = day < datetime.now(UTC).date()
    return Day(day, over, totals, differences + (with_providers(day, totals) if over else []))


def as_text(days: list[Day], differences: list[Difference]) -> str:
    """A line for each day and model, then one for each difference."""
    lines = [line for day in days for line in lines_of(day)]
    lines += [each.sentence for each in differences]
    requests = sum(total.rows for day in days for total in day.totals)
    counted = "1 difference" if len(differences) == 1 else f"{len(differences)} differences"
    ending = f"{counted}." if differences else "All agrees."
    return "\n".join([*lines, f"Looked at {requests:,} requests of {len(days)} days: {ending}\n"])


def lines_of(day: Day) -> list[str]:
    """What our books say of a day, and what each provider does."""
    return [
        f"{day.day}  {total.provider} {total.model}: {total.rows:,} requests ({total.flagged:,} flagged),"
        f" {total.input_tokens:,} + {total.output_tokens:,} tokens, {total.cost_micro_usd:,} micro-USD,"
        f" ledger {total.charged_micro_usd:,}; {provider_of(day, total)}"
        for total in day.totals
    ]


def provider_of(day: Day, total: DayTotal) -> str:
    """What the provider says, or why it is not compared."""
    if total.provider_input is None:
        return "provider: not imported"
    said = f"provider {total.provider_input:,} + {total.provider_output:,}"
    return said if day.over else f"{said} (the day is not over)"


def as_json(days: list[Day], differences: list[Difference]) -> str:
    """The same for programs."""
    said: dict[str, Any] = {
        "days": [
            {"day": str(day.day), "over": day.over, "totals": [asdict(each) for each in day.totals]} for day in days
        ],
        "differences": [{**asdict(each), "day": each.day and str(each.day)} for each in differences],
    }
    return json.dumps(said) + "\n"
