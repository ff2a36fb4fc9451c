"""Authorization codes and waiting devices in the database, through the functions of schema `accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aniate_server.accounts.session_store import Session
from aniate_server.plumbing.db import Database


@dataclass(frozen=True)
class Authorization:
    """A code that a browser carries to `ant`: what is kept of it, and what it is bound to."""

    hash: bytes
    user_id: UUID
    client: str
    redirect_uri: str
    challenge: str
    device_name: str
    by_session: UUID
    lifetime: timedelta


@dataclass(frozen=True)
class Redemption:
    """What a program shows for a code, and the login that it would become."""

    hash: bytes
    client: str
    redirect_uri: str
    challenge: str
    session_id: UUID
    program: str
    address: str
    lifetime: timedelta
    longest: timedelta


@dataclass(frozen=True)
class NewDevice:
    """A device that begins to wait."""

    device_hash: bytes
    user_code_hash: bytes
    client: str
    device_name: str
    program: str
    address: str
    lifetime: timedelta
    interval_s: int


@dataclass(frozen=True)
class Poll:
    """A device that asks whether it was allowed in, and the login that it would become."""

    device_hash: bytes
    client: str
    session_id: UUID
    program: str
    address: str
    lifetime: timedelta
    longest: timedelta
    grace: timedelta


@dataclass(frozen=True)
class WaitingDevice:
    """What asks, from where, since when."""

    device_name: str
    program: str
    address: str
    created_at: datetime


async def authorize(db: Database, new: Authorization) -> None:
    """Keep a code."""
    await db.one(
        "select accounts.authorize(%(hash)s, %(user_id)s, %(client)s, %(redirect_uri)s, %(challenge)s,"
        " %(device_name)s, %(by_session)s, %(lifetime)s)",
        vars(new),
    )


async def redeem_code(db: Database, shown: Redemption) -> tuple[str, Session | None, UUID | None]:
    """`granted` and the login, or why not, and whose it was if it was `replayed`; see accounts.redeem_code."""
    row = await db.one(
        "select * from accounts.redeem_code(%(hash)s, %(client)s, %(redirect_uri)s, %(challenge)s, %(session_id)s,"
        " %(program)s, %(address)s, %(lifetime)s, %(longest)s)",
        vars(shown),
    )
    owner = row["user_id"] if row else None
    return *outcome_of(row), owner


async def open_device(db: Database, new: NewDevice) -> bool:
    """Let a device wait; False if another one waits with the same letters."""
    row = await db.one(
        "select accounts.open_device(%(device_hash)s, %(user_code_hash)s, %(client)s, %(device_name)s, %(program)s,"
        " %(address)s, %(lifetime)s, %(interval_s)s) as opened",
        vars(new),
    )
    return bool(row and row["opened"])


async def waiting_device(db: Database, user_code_hash: bytes) -> WaitingDevice | None:
    """The device that waits with those letters."""
    row = await db.one("select * from accounts.waiting_device(%(hash)s)", {"hash": user_code_hash})
    return WaitingDevice(**row) if row else None


async def decide_device(db: Database, user_code_hash: bytes, user_id: UUID, allowed: bool, by_session: UUID) -> bool:
    """Yes or no; False if no device waits with those letters any more."""
    row = await db.one(
        "select accounts.decide_device(%(hash)s, %(user)s, %(allowed)s, %(by)s) as decided",
        {"hash": user_code_hash, "user": user_id, "allowed": allowed, "by": by_session},
    )
    return bool(row and row["decided"])


async def poll_device(db: Database, poll: Poll) -> tuple[str, Session | None]:
    """`granted` and the login, or why not yet; see accounts.poll_device."""
    row = await db.one(
        "select * from accounts.poll_device(%(device_hash)s, %(client)s, %(session_id)s, %(program)s, %(address)s,"
        " %(lifetime)s, %(longest)s, %(grace)s)",
        vars(poll),
    )
    return outcome_of(row)


def outcome_of(row: dict[str, Any] | None) -> tuple[str, Session | None]:
    """A row of the type accounts.rotation."""
    assert row is not None  # noqa: S101 - the functions return one row
    outcome = str(row.pop("outcome"))
    return outcome, Session(**row) if row["id"] else None


async def purge(db: Database) -> None:
    """Forget what is over."""
    await db.one("select accounts.purge_grants()")
