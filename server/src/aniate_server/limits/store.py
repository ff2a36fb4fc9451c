"""What plans allow, and where a caller stands, through the functions of schema `ledger`."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

from aniate_server.limits.standing import Limit, Standing
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest

SCOPES = ("workspace", "user", "key")
MEASURES = ("requests_minute", "requests_day", "tokens_minute", "tokens_day", "streams", "credit_month")


@dataclass(frozen=True)
class Allowance:
    """What a plan allows; credit is in micro-USD."""

    plan: str
    scope: str
    measure: str
    amount: int


async def standing(db: Database, workspace_id: UUID, user_id: UUID, key_id: UUID | None) -> Standing:
    """Each limit of the caller's plan, and what is left of it now."""
    rows = await db.all(
        "select * from ledger.standing(%(workspace)s, %(user)s, %(key)s)",
        {"workspace": workspace_id, "user": user_id, "key": key_id},
    )
    return tuple(
        Limit(row["scope"], row["measure"], row["allowed"], row["allowed"] - row["used"], row["resets_in_s"])
        for row in rows
        if key_id is not None or row["scope"] != "key"
    )


async def allowances(db: Database) -> list[Allowance]:
    """What the plans allow; what is not among it is not limited."""
    return [Allowance(**row) for row in await db.all("select * from ledger.allowances()")]


async def allow(db: Database, plan: str, scope: str, measure: str, amount: int | None) -> None:
    """Set what a plan allows from now on; None takes the limit away. BadRequest if there is no such plan."""
    try:
        await db.one(
            "select ledger.allow(%(plan)s, %(scope)s, %(measure)s, %(amount)s)",
            {"plan": plan, "scope": scope, "measure": measure, "amount": amount},
        )
    except psycopg.errors.CheckViolation:
        raise BadRequest(f"There is no plan {plan!r}, or the amount is below zero.") from None
