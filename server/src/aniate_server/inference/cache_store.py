"""Answers that were given before, in the database; sealed, and each for its user alone."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from aniate_server.plumbing.db import Database


async def find(db: Database, key: bytes, user_id: UUID) -> bytes | None:
    """The sealed answer; None if there is none, or if it is too old."""
    row = await db.one("select inference.find_answer(%(key)s, %(user)s) as sealed", {"key": key, "user": user_id})
    return None if row is None else row["sealed"]


async def keep(db: Database, key: bytes, user_id: UUID, sealed: bytes, lifetime: timedelta, at_most: int) -> None:
    """Keep it for so long, in place of an older one; of the user's answers the newest `at_most` stay."""
    await db.one(
        "select inference.keep_answer(%(key)s, %(user)s, %(sealed)s, %(lifetime)s, %(at_most)s)",
        {"key": key, "user": user_id, "sealed": sealed, "lifetime": lifetime, "at_most": at_most},
    )


async def purge(db: Database, at_most_bytes: int) -> int:
    """Forget what is too old, and of the rest the oldest beyond so many bytes; how many answers that were."""
    row = await db.one("select inference.purge_answers(%(bytes)s) as gone", {"bytes": at_most_bytes})
    return int(row["gone"]) if row else 0
