"""Logins, ended logins and signing keys in the database, through the functions of schema `accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aniate_server.plumbing.db import Database


@dataclass(frozen=True)
class Session:
    """A live login, with what its tokens say of its user. `kind` is `cli` or `web`."""

    id: UUID
    user_id: UUID
    email: str
    workspace_id: UUID
    workspace: str
    plan: str
    kind: str
    name: str
    client: str
    address: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    generation: int


@dataclass(frozen=True)
class NewSession:
    """What a login begins with; `workspace_id` None means the user's own first one."""

    id: UUID
    user_id: UUID
    workspace_id: UUID | None
    kind: str
    name: str
    client: str
    address: str
    lifetime: timedelta
    longest: timedelta
    secret_hash: bytes | None


@dataclass(frozen=True)
class StoredKey:
    """A signing key as it lies in the database; `private` is sealed."""

    kid: str
    public: dict[str, str]
    private: bytes
    created_at: datetime
    signs_from: datetime
    retired_at: datetime | None


async def start(db: Database, new: NewSession) -> Session | None:
    """A new login; None if the user has no workspace."""
    row = await db.one(
        "select * from accounts.start_session(%(id)s, %(user_id)s, %(workspace_id)s, %(kind)s, %(name)s, %(client)s,"
        " %(address)s, %(lifetime)s, %(longest)s, %(secret_hash)s)",
        vars(new),
    )
    return Session(**row) if row else None


async def sign_in(db: Database, new: NewSession, verified: str) -> Session | None:
    """A browser's login by the password that `verified` was made of; None if that was changed meanwhile."""
    row = await db.one(
        "select * from accounts.sign_in(%(id)s, %(user_id)s, %(verified)s, %(name)s, %(client)s, %(address)s,"
        " %(lifetime)s, %(longest)s, %(secret_hash)s)",
        {**vars(new), "verified": verified},
    )
    return Session(**row) if row else None


async def sign_out(db: Database, session_id: UUID, user_id: UUID) -> bool:
    """End a browser's login by its user's wish: what it allowed before stays allowed; False if there is none."""
    row = await db.one("select accounts.sign_out(%(id)s, %(user_id)s) as ended", {"id": session_id, "user_id": user_id})
    return bool(row and row["ended"])


async def live(db: Database, session_id: UUID) -> Session | None:
    """The login; None if it has ended."""
    row = await db.one("select * from accounts.live_session(%(id)s)", {"id": session_id})
    return Session(**row) if row else None


async def rotate(
    db: Database, session_id: UUID, generation: int, grace: timedelta
) -> tuple[str, Session | None, UUID | None]:
    """What becomes of a refresh token of that generation, the login if it lives, and whose it was if it was `reused`.

    rotated: the next generation is good now. repeated: its answer was lost, so the same once more.
    reused: the login is over. ended: it was over before.
    """
    row = await db.one(
        "select * from accounts.rotate_session(%(id)s, %(generation)s, %(grace)s)",
        {"id": session_id, "generation": generation, "grace": grace},
    )
    assert row is not None  # noqa: S101 - the function returns one row
    outcome = str(row.pop("outcome"))
    return outcome, Session(**row) if row["id"] else None, row["user_id"]


async def of_cookie(db: Database, secret_hash: bytes) -> Session | None:
    """The browser's login; None if there is none or it has ended."""
    row = await db.one("select * from accounts.web_session(%(hash)s)", {"hash": secret_hash})
    return Session(**row) if row else None


async def listed(db: Database, user_id: UUID) -> list[Session]:
    """The user's live logins, the one used last first."""
    return [Session(**row) for row in await db.all("select * from accounts.list_sessions(%(id)s)", {"id": user_id})]


async def end(db: Database, session_id: UUID, user_id: UUID) -> bool:
    """End one login of the user; False if there is no such one."""
    row = await db.one(
        "select accounts.end_session(%(id)s, %(user_id)s) as ended", {"id": session_id, "user_id": user_id}
    )
    return bool(row and row["ended"])


async def end_all(db: Database, user_id: UUID, kept: UUID | None) -> int:
    """End the user's logins but the one that is kept; how many."""
    row = await db.one(
        "select accounts.end_sessions(%(user_id)s, %(kept)s) as ended", {"user_id": user_id, "kept": kept}
    )
    return int(row["ended"]) if row else 0


async def ended_since(db: Database, horizon: str | None) -> tuple[list[UUID], str]:
    """Logins that ended since that horizon, and the horizon to ask with next."""
    row = await db.one("select * from accounts.revocations_since(%(horizon)s)", {"horizon": horizon})
    assert row is not None  # noqa: S101 - the function returns one row
    return list(row["ended"]), str(row["new_horizon"])


async def purge(db: Database, revocations_after: timedelta, sessions_after: timedelta) -> None:
    """Forget what no token can refer to any more."""
    await db.one(
        "select accounts.purge_logins(%(revocations)s, %(sessions)s)",
        {"revocations": revocations_after, "sessions": sessions_after},
    )


async def signing_keys(db: Database) -> list[StoredKey]:
    """The keys that may have signed a token that is good, oldest first."""
    return [StoredKey(**row) for row in await db.all("select * from accounts.signing_keys()")]


async def add_signing_key(db: Database, key: dict[str, Any]) -> bool:
    """Add a key behind the newest; False if none is due. See accounts.add_signing_key for what `key` holds."""
    row = await db.one(
        "select accounts.add_signing_key(%(kid)s, %(public)s, %(private)s, %(older_than)s, %(published)s,"
        " %(verified)s) as added",
        key,
    )
    return bool(row and row["added"])
