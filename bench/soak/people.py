"""Who asks: one whom nothing limits, one with so many requests a day, one with few streams and a credit."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database

STREAMS = 4


@dataclass(frozen=True)
class Person:
    """A workspace and a key to it."""

    workspace_id: UUID
    key: str


@dataclass(frozen=True)
class People:
    """All of them, and what they may."""

    free: Person
    """Unlimited."""
    counted: Person
    requests: int
    """So many requests a day."""
    bounded: Person
    credit: int
    """Micro-USD a month; and `STREAMS` at the same time."""

    @property
    def keys(self) -> list[tuple[str, int]]:
        """Each key, with its parts of all that is asked."""
        return [(self.free.key, 6), (self.counted.key, 1), (self.bounded.key, 3)]


async def settle_in(superuser_url: str, server_url: str, requests: int, credit: int) -> People:
    """Make them, each on a plan of their own."""
    db = await Database.open(server_url, connections=2)
    try:
        free, counted, bounded = [await one(db, plan) for plan in ("enterprise", "pro", "free")]
    finally:
        await db.close()
    with psycopg.connect(superuser_url, autocommit=True) as superuser:
        superuser.execute("delete from limits.allowances")
        for plan, measure, amount in (
            ("pro", "requests_day", requests),
            ("free", "streams", STREAMS),
            ("free", "credit_month", credit),
        ):
            superuser.execute(
                "insert into limits.allowances (plan, scope, measure, amount) values (%s, 'workspace', %s, %s)",
                [plan, measure, amount],
            )
    return People(free, counted, requests, bounded, credit)


async def one(db: Database, plan: str) -> Person:
    """A user with a workspace on that plan."""
    user_id = await store.create_user(db, f"{plan}@example.com", plan)
    workspace_id = await store.create_workspace(db, plan, user_id, plan)
    return Person(workspace_id, (await store.create_key(db, workspace_id, user_id, "soak"))[1])
