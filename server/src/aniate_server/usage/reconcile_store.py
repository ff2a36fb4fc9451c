"""What does not agree in the books, through the functions of schema `ledger`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from aniate_server.plumbing.db import Database


@dataclass(frozen=True)
class ProviderTotal:
    """What a provider says that it counted on a day (UTC), by its own name of the model. None: it does not say."""

    day: date
    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    requests: int | None


@dataclass(frozen=True)
class UnevenRow:
    """A request whose row and entry do not agree, in micro-USD."""

    finding: str
    request_id: UUID
    rows_say: int | None
    ledger_says: int | None


@dataclass(frozen=True)
class UnevenHour:
    """An hour of which billing is told other than what the ledger charged, in micro-USD."""

    workspace_id: UUID
    hour: datetime
    outbox_requests: int
    ledger_requests: int
    outbox_says: int
    ledger_says: int


@dataclass(frozen=True)
class LeftOpen:
    """A request whose row should be closed by now."""

    request_id: UUID
    holder: UUID
    open_s: int


@dataclass(frozen=True)
class UnevenMeter:
    """A meter that says other than the rows: open ones of what is reserved, closed ones of what is spent."""

    workspace_id: UUID
    scope: str
    id: UUID
    measure: str
    meter_says: int
    rows_say: int


@dataclass(frozen=True)
class DayTotal:
    """One model of one provider on one day: what our books say, and between what the provider's count must lie."""

    provider: str
    model: str
    rows: int
    flagged: int
    input_tokens: int
    output_tokens: int
    cost_micro_usd: int
    charged_micro_usd: int
    least_requests: int
    most_requests: int
    least_input: int
    most_input: int
    least_output: int
    most_output: int
    most_tokens: int
    provider_requests: int | None
    provider_input: int | None
    provider_output: int | None


async def import_totals(db: Database, totals: list[ProviderTotal]) -> int:
    """Keep what providers counted, all or nothing; how many totals that were."""
    said = json.dumps([{**asdict(total), "day": total.day.isoformat()} for total in totals])
    row = await db.one("select ledger.import_provider_totals(%(totals)s::jsonb) as kept", {"totals": said})
    return int(row["kept"]) if row else 0


async def uneven_rows(db: Database, day: date) -> list[UnevenRow]:
    """Of the requests that were closed on that day."""
    rows = await db.all("select * from ledger.uneven_rows(%(day)s)", {"day": day})
    return [UnevenRow(**row) for row in rows]


async def uneven_outbox(db: Database, day: date) -> list[UnevenHour]:
    """Of the hours of that day."""
    return [UnevenHour(**row) for row in await db.all("select * from ledger.uneven_outbox(%(day)s)", {"day": day})]


async def left_open(db: Database, silence_s: float, longest_s: float) -> list[LeftOpen]:
    """What nobody has answered for so long that it should be closed, or what is open for longer than any answer."""
    rows = await db.all(
        "select * from ledger.left_open(make_interval(secs => %(silence)s), make_interval(secs => %(longest)s))",
        {"silence": silence_s, "longest": longest_s},
    )
    return [LeftOpen(**row) for row in rows]


async def uneven_meters(db: Database) -> list[UnevenMeter]:
    """Of what is reserved, as they stand now."""
    return [UnevenMeter(**row) for row in await db.all("select * from ledger.uneven_meters()")]


async def workspaces_after(db: Database, after: UUID, most: int) -> list[UUID]:
    """The next so many."""
    rows = await db.all(
        "select id from ledger.workspaces_after(%(after)s, %(most)s) id", {"after": after, "most": most}
    )
    return [row["id"] for row in rows]


async def uneven_spent(db: Database, workspaces: list[UUID]) -> list[UnevenMeter]:
    """Of what is spent in the month, as they stand now."""
    rows = await db.all("select * from ledger.uneven_spent(%(workspaces)s)", {"workspaces": workspaces})
    return [UnevenMeter(**row) for row in rows]


async def day_totals(db: Database, day: date) -> list[DayTotal]:
    """Each provider and model of which rows or providers tell on that day."""
    rows: list[dict[str, Any]] = await db.all("select * from ledger.day_totals(%(day)s)", {"day": day})
    return [DayTotal(**row) for row in rows]
