"""What each request uses and costs, through the functions of schema `ledger`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from aniate_server.limits.standing import LimitReached, Standing, standing_of
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.db_line import Values
from aniate_server.plumbing.errors import AniateError, NotAuthenticated, NotFound

NO_SUCH_REQUEST, LIMIT_REACHED = "AN002", "AN005"


@dataclass(frozen=True)
class OpenRequest:
    """A request about to be sent to a model. Prices are micro-USD per million tokens."""

    request_id: UUID
    workspace_id: UUID
    user_id: UUID
    key_id: UUID | None
    brew: str
    model: str
    """The public alias."""
    provider: str
    upstream_model: str
    prompt_version: str
    input_price: int
    output_price: int
    input_tokens_estimate: int
    """The best guess, which is charged if we die before we know."""
    max_input_tokens: int
    """With `max_output_tokens`: what is reserved."""
    max_output_tokens: int
    holder: UUID
    """The process that answers, by the id that it gives to `heartbeat`."""
    session_id: UUID | None = None
    """The login that asks; then there is no key."""
    route: str = ""
    """Why this model, in words for programs."""


Opened = Standing | AniateError
"""What is left of each limit; or LimitReached, if it is too much for the plan, or NotAuthenticated, if the key was
revoked or the login has ended."""


async def open_requests(db: Database, rows: Sequence[OpenRequest]) -> list[Opened]:
    """Commit the open rows, all in one transaction: what became of each, in their order."""
    found = await db.line(
        "select request_id, known, refused, standing from ledger.open_requests($1::jsonb)",
        msgspec.json.encode(rows).decode(),
    )
    standings: dict[str, Standing] = {}  # those of one caller are the same
    opened = {row[0]: opened_of(row, standings) for row in found}
    return [opened[str(row.request_id)] for row in rows]


def opened_of(row: Values, standings: dict[str, Standing]) -> Opened:
    """What became of one; `standings` are those that were read before."""
    _, known, refused, told = row
    if known != "t":
        return NotAuthenticated("This key was revoked, or this login was ended.")
    if refused is not None:
        return LimitReached(json.loads(refused))
    assert told is not None  # noqa: S101 - one of the two is there
    if told not in standings:
        standings[told] = standing_of(json.loads(told))
    return standings[told]


@dataclass(frozen=True)
class Settlement:
    """How a request ended. `outcome` is `ok`, `length`, `cancelled` or `failed`."""

    request_id: UUID
    input_tokens: int
    output_tokens: int
    outcome: str
    estimated: bool
    cached_input_tokens: int = 0
    """Of the input tokens: those that the provider had in its cache."""
    cached_price: int | None = None
    """Of these, in micro-USD per million; None if they cost as much as the others."""


@dataclass(frozen=True)
class Reroute:
    """An open request goes over to another model; the fields are those of `OpenRequest`."""

    request_id: UUID
    model: str
    provider: str
    upstream_model: str
    input_price: int
    output_price: int
    input_tokens_estimate: int
    max_input_tokens: int
    max_output_tokens: int
    route: str


async def reroute(db: Database, row: Reroute) -> None:
    """Change the open row and what it reserves; the same again changes nothing.

    LimitReached, with everything as it was, if it is too much for the plan; NotFound if no such request is open.
    """
    try:
        await db.one(
            "select ledger.reroute(request_id => %(request_id)s, model => %(model)s, provider => %(provider)s,"
            " upstream_model => %(upstream_model)s, input_price => %(input_price)s, output_price => %(output_price)s,"
            " input_tokens_estimate => %(input_tokens_estimate)s, max_input_tokens => %(max_input_tokens)s,"
            " max_output_tokens => %(max_output_tokens)s, route => %(route)s)",
            asdict(row),
        )
    except psycopg.Error as error:
        if error.sqlstate == NO_SUCH_REQUEST:
            raise NotFound("There is no such open request.") from None
        if error.sqlstate == LIMIT_REACHED:
            raise LimitReached(json.loads(error.diag.message_detail or "{}")) from None
        raise


@dataclass(frozen=True)
class Closed:
    """A request that is settled, as its row says."""

    input_tokens: int
    output_tokens: int
    cost_micro_usd: int
    outcome: str
    estimated: bool
    cached_input_tokens: int = 0


async def settle_requests(db: Database, ended: Sequence[Settlement]) -> dict[UUID, Closed]:
    """Close the requests and charge each exactly once: the rows as they are closed, also at a second call.

    One that was never opened is not among them.
    """
    rows = await db.line(
        "select request_id, input_tokens, output_tokens, cost_micro_usd, outcome, estimated, cached_input_tokens"
        " from ledger.settle_requests($1::jsonb)",
        msgspec.json.encode(ended).decode(),
    )
    return {UUID(row[0]): closed_of(row) for row in rows}


def closed_of(row: Values) -> Closed:
    """A row of `settle_requests`."""
    _, read, written, cost, outcome, estimated, cached = row
    return Closed(int(read or 0), int(written or 0), int(cost or 0), outcome or "", estimated == "t", int(cached or 0))


async def used(db: Database, user_id: UUID, workspace_id: UUID, days: int) -> list[dict[str, Any]]:
    """What the workspace used on each of the last days (UTC), by model and brew, newest first; as its user sees it."""
    return await db.all_as_user(
        user_id,
        workspace_id,
        "select (closed_at at time zone 'UTC')::date as day, model, brew, count(*) as requests,"
        " sum(input_tokens)::bigint as input_tokens, sum(output_tokens)::bigint as output_tokens,"
        " sum(cost_micro_usd)::bigint as cost_micro_usd, count(*) filter (where estimated) as estimated"
        " from aniate.usage"
        " where workspace_id = %(workspace)s and state = 'closed'"
        " and opened_at >= date_trunc('day', now(), 'UTC') - make_interval(days => %(days)s)"
        " and (closed_at at time zone 'UTC')::date > (now() at time zone 'UTC')::date - %(days)s"
        " group by 1, 2, 3 order by 1 desc, 7 desc, 2, 3",
        {"workspace": workspace_id, "days": days},
    )


async def heartbeat(db: Database, holder: UUID) -> None:
    """Say that this process lives."""
    await db.one("select ledger.heartbeat(%(holder)s)", {"holder": holder})


async def sweep(db: Database, older_than_s: float) -> int:
    """Close what processes left open that were silent for so long; how many requests that were."""
    row = await db.one("select ledger.sweep(make_interval(secs => %(secs)s)) as swept", {"secs": older_than_s})
    return int(row["swept"]) if row else 0
