"""Answers that were given before, in the database; sealed, and each for its user alone.

Whatever the database has against it, is Unavailable: nobody needs a cache.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import LiteralString
from uuid import UUID

import psycopg

from aniate_server.plumbing.db import Database, Row
from aniate_server.plumbing.errors import Unavailable


async def find(db: Database, key: bytes, user_id: UUID) -> bytes | None:
    """The sealed answer; None if there is none, or if it is too old."""
    row = await one(db, "select inference.find_answer(%(key)s, %(user)s) as sealed", {"key": key, "user": user_id})
    return None if row is None else row["sealed"]


async def keep(db: Database, key: bytes, user_id: UUID, sealed: bytes, lifetime: timedelta, at_most: int) -> None:
    """Keep it for so long, in place of an older one; of the user's answers the newest `at_most` stay."""
    await one(
        db,
        "select inference.keep_answer(%(key)s, %(user)s, %(sealed)s, %(lifetime)s, %(at_most)s)",
        {"key": key, "user": user_id, "sealed": sealed, "lifetime": lifetime, "at_most": at_most},
    )


async def purge(db: Database, at_most_bytes: int) -> int:
    """Forget what is too old, and of the rest the oldest beyond so many bytes; how many answers that were."""
    row = await one(db, "select inference.purge_answers(%(bytes)s) as gone", {"bytes": at_most_bytes})
    return int(row["gone"]) if row else 0


async def one(db: Database, sql: LiteralString, params: Mapping[str, object]) -> Row | None:
    """The first row."""
    try:
        return await db.one(sql, params)
    except psycopg.Error as error:
        raise Unavailable("The database does not keep answers.") from error
