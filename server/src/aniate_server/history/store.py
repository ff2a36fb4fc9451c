"""Conversations in the database, read and written as the user; the lines are sealed before they come here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import psycopg

from aniate_server.accounts.caller import Caller
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest

TOO_MUCH = "AN008"


@dataclass(frozen=True)
class Stored:
    """One conversation. `sealed` is None if it was deleted."""

    id: UUID
    version: int
    sequence: int
    sealed: bytes | None
    updated_at: datetime


@dataclass(frozen=True)
class Kept:
    """What a conversation became."""

    version: int
    sequence: int


async def changed(db: Database, caller: Caller, after: int, at_most_bytes: int, at_most: int) -> list[Stored]:
    """What changed after that sequence, in its order: at least one, and together not more than so many bytes."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "select id, version, sequence, sealed, updated_at from ("
        " select c.*, sum(coalesce(octet_length(c.sealed), 0)) over (order by c.sequence) as so_far,"
        " row_number() over (order by c.sequence) as place"
        " from aniate.conversations c where c.user_id = %(user)s and c.sequence > %(after)s) as later"
        " where place = 1 or so_far <= %(bytes)s order by sequence limit %(most)s",
        {"user": caller.user_id, "after": after, "bytes": at_most_bytes, "most": at_most},
    )
    return [Stored(**row) for row in rows]


async def create(db: Database, caller: Caller, identity: UUID, version: int, sealed: bytes) -> Kept | None:
    """Keep a new conversation; None if there is, or was, one of that id. BadRequest if the account is full."""
    return await _kept(
        db,
        caller,
        "insert into aniate.conversations (id, user_id, version, sealed)"
        " values (%(id)s, %(user)s, %(version)s, %(sealed)s)"
        " on conflict do nothing returning version, sequence",
        {"id": identity, "user": caller.user_id, "version": version, "sealed": sealed},
    )


async def change(db: Database, caller: Caller, identity: UUID, known: int, version: int, sealed: bytes) -> Kept | None:
    """Keep more of a conversation; None if it has not the version that is `known`."""
    return await _kept(
        db,
        caller,
        "update aniate.conversations set version = %(version)s, sealed = %(sealed)s, updated_at = now()"
        " where id = %(id)s and user_id = %(user)s and version = %(known)s and sealed is not null"
        " returning version, sequence",
        {"id": identity, "user": caller.user_id, "known": known, "version": version, "sealed": sealed},
    )


async def delete(db: Database, caller: Caller, identity: UUID | None) -> int:
    """Delete one, or all; how many there were. What is left says so to the other machines."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "update aniate.conversations set sealed = null, updated_at = now()"
        " where user_id = %(user)s and sealed is not null and (%(id)s::uuid is null or id = %(id)s) returning id",
        {"id": identity, "user": caller.user_id},
    )
    return len(rows)


async def _kept(db: Database, caller: Caller, sql: str, params: dict[str, object]) -> Kept | None:
    try:
        rows = await db.all_as_user(caller.user_id, caller.workspace_id, sql, params)
    except psycopg.Error as error:
        if error.sqlstate == TOO_MUCH:
            raise BadRequest(
                "This account keeps 1,000 conversations or 128 MiB, which is the most.", "Delete some: ant history"
            ) from None
        raise
    return Kept(**rows[0]) if rows else None
