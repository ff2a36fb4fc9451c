"""What must hold at every moment, and what must hold at the end: a sentence for whatever does not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from random import Random
from typing import Any
from uuid import UUID

import psycopg
from psycopg.rows import dict_row

from aniate_server.brews.compose import estimated
from aniate_server.plumbing.db import Database
from aniate_server.usage import reconcile_store
from aniate_server.usage.reconcile import as_it_stands, rows_and_ledger, with_providers
from aniate_server.usage.reconcile_store import ProviderTotal
from aniate_server.usage.store import OpenRequest
from aniate_server.usage.usage_tracker import Meter, nothing
from bench.soak.clients import Told
from bench.soak.people import STREAMS, People
from bench.soak.upstream import WORD, Counted

NOW = """
select (select coalesce(sum(cost_micro_usd), 0) from aniate.usage where state = 'closed')
         - (select coalesce(sum(amount_micro_usd), 0) from ledger.entries where kind = 'charge') as uneven,
       (select count(*) from aniate.usage where workspace_id = %(counted)s) as requests,
       (select count(*) from aniate.usage where workspace_id = %(bounded)s and state = 'open') as streams,
       (select coalesce(sum(coalesce(cost_micro_usd, reserved_micro_usd)), 0)
          from aniate.usage where workspace_id = %(bounded)s) as credit,
       (select count(*) from aniate.usage where state = 'open') as open
"""
ROWS = """
select id::text, workspace_id, state, outcome, estimated, input_tokens, output_tokens, cost_micro_usd,
       reserved_micro_usd, reserved_tokens,
       (select count(*) from ledger.entries e where e.request_id = u.id and e.kind = 'charge') as entries,
       (select coalesce(sum(amount_micro_usd), 0) from ledger.entries e
         where e.request_id = u.id and e.kind = 'charge') as charged
from aniate.usage u
"""
Row = Mapping[str, Any]
TWICE = 25


@dataclass
class Watch:
    """Looks again and again at what must hold at every moment; each look sees one moment."""

    url: str
    people: People
    every_s: float
    looks: int = 0
    open: int = -1
    """Open rows at the last look."""

    def __post_init__(self) -> None:
        self.wrong: list[str] = []

    async def look_on(self) -> None:
        """Until it is cancelled; a database that is away is asked again."""
        who = {"counted": self.people.counted.workspace_id, "bounded": self.people.bounded.workspace_id}
        while True:
            with suppress(psycopg.OperationalError):
                async with await psycopg.AsyncConnection.connect(self.url, autocommit=True, row_factory=dict_row) as at:
                    while True:
                        self.see(await (await at.execute(NOW, who)).fetchone() or {})
                        await asyncio.sleep(self.every_s)
            await asyncio.sleep(0.1)

    def see(self, now: Row) -> None:
        """One look."""
        self.looks += 1
        self.open = int(now["open"])
        if now["uneven"]:
            self.wrong.append(f"closed rows and ledger differ by {now['uneven']} micro-USD at one moment")
        for what, most in (
            ("requests", self.people.requests),
            ("streams", STREAMS),
            ("credit", self.people.credit),
        ):
            if now[what] > most:
                self.wrong.append(f"{now[what]} {what} were admitted where {most} are allowed")


def rows_of(url: str) -> dict[str, Row]:
    """Every row by its id, with its entries."""
    with psycopg.connect(url, row_factory=dict_row) as connection:
        return {row["id"]: row for row in connection.execute(ROWS).fetchall()}


def row_by_row(rows: Mapping[str, Row], upstream: Mapping[str, Counted]) -> Iterator[str]:
    """Each request in one closed row with one entry, at what the provider counted, or flagged and bounded."""
    for request_id, row in rows.items():
        if row["state"] != "closed" or row["entries"] != 1 or row["charged"] != row["cost_micro_usd"]:
            yield f"{request_id} is {row['state']} with {row['entries']} entries of {row['charged']} micro-USD"
            continue
        counted = upstream.get(request_id, Counted(""))
        in_and_out = counted.input_tokens, counted.output_tokens
        if row["estimated"]:
            if sum(in_and_out) > row["reserved_tokens"] or row["cost_micro_usd"] > row["reserved_micro_usd"]:
                yield f"{request_id} is flagged and beyond its reservation"
        elif in_and_out != (row["input_tokens"], row["output_tokens"]):
            yield f"{request_id} ({row['outcome']}): the provider counted {in_and_out}, and its row says otherwise"
    for request_id, counted in upstream.items():
        if request_id not in rows or counted.asked != 1:
            yield f"{request_id}: the provider was asked {counted.asked} times, row: {request_id in rows}"


def as_told(rows: Mapping[str, Row], told: Sequence[Told], upstream: Mapping[str, Counted]) -> Iterator[str]:
    """What a client was told is what the books say, and who left is charged for what was delivered."""
    for each in told:
        row = rows.get(each.request_id)
        if each.status == 200 and row is None:
            yield f"{each.request_id} was answered, and has no row"
        if row is None:
            continue
        if each.usage is not None:
            says = {name: row[name] for name in ("input_tokens", "output_tokens", "cost_micro_usd", "estimated")}
            if says != each.usage:
                yield f"{each.request_id} was told {each.usage}, and its row says {says}"
        if each.left and row["outcome"] == "cancelled":
            most = upstream[each.request_id].output_tokens * len(WORD)
            if not each.text_bytes // len(WORD) <= row["output_tokens"] <= estimated(most):
                yield f"{each.request_id} got {each.text_bytes} bytes of {most}, charged {row['output_tokens']} tokens"


async def reconciled(server_url: str, upstream: Mapping[str, Counted], began: date) -> list[str]:
    """What our own reconciliation says, with the provider's totals of this run (if it did not run over midnight)."""
    db = await Database.open(server_url, connections=1)
    try:
        today = datetime.now(UTC).date()
        found = await as_it_stands(db, 60)
        for day in {began, today}:
            found += await rows_and_ledger(db, day)
        if began == today:
            await reconcile_store.import_totals(db, totals(today, upstream))
            found += with_providers(today, await reconcile_store.day_totals(db, today))
        return [each.sentence for each in found]
    finally:
        await db.close()


def totals(day: date, upstream: Mapping[str, Counted]) -> list[ProviderTotal]:
    """As the provider would tell them."""
    return [
        ProviderTotal(
            day,
            "groq",
            model,
            sum(each.input_tokens for each in upstream.values() if each.model == model),
            sum(each.output_tokens for each in upstream.values() if each.model == model),
            sum(each.model == model for each in upstream.values()),
        )
        for model in {each.model for each in upstream.values()}
    ]


async def settled_twice(server_url: str, url: str, random: Random) -> list[str]:
    """Settling what is settled changes nothing."""
    before = rows_of(url)
    db = await Database.open(server_url, connections=1)
    meter = Meter(db)
    try:
        for request_id in random.sample(sorted(before), min(TWICE, len(before))):
            ended = nothing(request_of(UUID(request_id)), "failed")
            await meter.settle(replace(ended, input_tokens=999, output_tokens=999))
    finally:
        await db.close()
    return [] if rows_of(url) == before else ["settling twice changed something"]


def request_of(request_id: UUID) -> OpenRequest:
    """A request of that name; whoever settles it needs no more."""
    nobody = UUID(int=0)
    return OpenRequest(
        request_id=request_id,
        workspace_id=nobody,
        user_id=nobody,
        key_id=None,
        brew="",
        model="",
        provider="",
        upstream_model="",
        prompt_version="",
        input_price=0,
        output_price=0,
        input_tokens_estimate=0,
        max_input_tokens=0,
        max_output_tokens=0,
        holder=nobody,
    )
