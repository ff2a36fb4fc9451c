"""Users, workspaces and API keys in the database, through the functions of schema `accounts`."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from aniate_server.accounts.caller import Caller
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest, NotAuthenticated, NotFound
from aniate_server.plumbing.ids import new_id

KEY_PREFIX = "aniate_sk_"
MAX_KEYS = 50
"""Live ones of one user."""
SHOWN_CHARACTERS = len(KEY_PREFIX) + 4
"""How much of a key is kept to recognise it by."""


@dataclass(frozen=True)
class User:
    """One person."""

    id: UUID
    email: str
    name: str
    created_at: datetime


@dataclass(frozen=True)
class Workspace:
    """What everything belongs to; it has one owner."""

    id: UUID
    name: str
    plan: str
    owner_id: UUID
    owner_email: str
    created_at: datetime


@dataclass(frozen=True)
class Key:
    """A live API key, without the secret."""

    id: UUID
    name: str
    prefix: str
    workspace_id: UUID
    workspace: str
    user_id: UUID
    email: str
    created_at: datetime


def hash_of(key: str) -> bytes:
    """What is kept of a key. Its 256 random bits need no slow hash."""
    return hashlib.sha256(key.encode()).digest()


async def key_owners(db: Database, hashes: Sequence[bytes]) -> dict[bytes, Caller]:
    """Whom the keys with those SHA-256 belong to; without those that are unknown or revoked."""
    rows = await db.all(
        "select hash, owner.* from unnest(%(hashes)s::bytea[]) hash cross join lateral accounts.key_owner(hash) owner",
        {"hashes": list(hashes)},
    )
    return {bytes(row.pop("hash")): Caller(name=row.pop("key_name"), **row) for row in rows}


async def create_user(db: Database, email: str, name: str) -> UUID:
    """A new user; BadRequest if the e-mail is taken or is none."""
    user_id = new_id()
    async with refusing(
        f"There is a user with the e-mail {email} already.",
        "The e-mail address is none, or the name is longer than 200 characters.",
    ):
        await db.one(
            "select accounts.create_user(%(id)s, %(email)s, %(name)s)",
            {"id": user_id, "email": email.lower(), "name": name},
        )
    return user_id


async def create_account(db: Database, email: str, name: str) -> UUID:
    """A new user with a workspace of the same name, both or neither; BadRequest if the e-mail is taken or is none."""
    user_id = new_id()
    async with refusing(
        f"There is a user with the e-mail {email} already.",
        "The e-mail address is none, or the name is longer than 200 characters.",
    ):
        await db.one(
            "select accounts.create_account(%(id)s, %(email)s, %(name)s, %(workspace)s)",
            {"id": user_id, "email": email.lower(), "name": name, "workspace": new_id()},
        )
    return user_id


async def create_workspace(db: Database, name: str, owner_id: UUID, plan: str = "free") -> UUID:
    """A new workspace with its owner as the first member; BadRequest if there is no such user or plan."""
    workspace_id = new_id()
    async with refusing(
        "There is such a workspace already.",
        f"There is no plan {plan!r}, or the name is empty or longer than 200 characters.",
    ):
        await db.one(
            "select accounts.create_workspace(%(id)s, %(name)s, %(plan)s, %(owner_id)s)",
            {"id": workspace_id, "name": name, "plan": plan, "owner_id": owner_id},
        )
    return workspace_id


async def set_plan(db: Database, workspace_id: UUID, plan: str) -> None:
    """Put a workspace on another plan; NotFound if there is none of that id."""
    row = await db.one("select accounts.set_plan(%(id)s, %(plan)s) as found", {"id": workspace_id, "plan": plan})
    if not (row and row["found"]):
        raise NotFound("There is no such workspace.", "See: aniate-server admin workspace list")


async def add_member(db: Database, workspace_id: UUID, user_id: UUID, role: str = "member") -> None:
    """Let a user into a workspace; `role` is owner, admin or member."""
    async with refusing("The user is a member already.", f"There is no role {role!r}."):
        await db.one(
            "select accounts.add_member(%(workspace_id)s, %(user_id)s, %(role)s)",
            {"workspace_id": workspace_id, "user_id": user_id, "role": role},
        )


async def create_key(db: Database, workspace_id: UUID, user_id: UUID, name: str) -> tuple[UUID, str]:
    """A new key's id and the key itself, which cannot be had again; BadRequest if the user is no member."""
    key, row = fresh_key(workspace_id, user_id, name)
    async with refusing("There is such a key already.", "A key's name has 1 to 200 characters."):
        await db.one(
            "select accounts.create_key(%(id)s, %(workspace_id)s, %(user_id)s, %(name)s, %(prefix)s, %(hash)s)", row
        )
    return row["id"], key


def fresh_key(workspace_id: UUID, user_id: UUID, name: str) -> tuple[str, dict[str, Any]]:
    """A new key, and its row: what is kept of it."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    kept = {"id": new_id(), "prefix": key[:SHOWN_CHARACTERS], "hash": hash_of(key)}
    return key, {**kept, "workspace_id": workspace_id, "user_id": user_id, "name": name}


@dataclass(frozen=True)
class OwnKey:
    """One of the user's own keys."""

    id: UUID
    name: str
    prefix: str
    created_at: datetime


@dataclass(frozen=True)
class Membership:
    """What a caller's account is called now."""

    email: str
    workspace: str
    plan: str


async def membership(db: Database, caller: Caller) -> Membership:
    """The caller's user and workspace as they are now; NotAuthenticated if one of them is gone."""
    row = await db.one(
        "select * from accounts.membership(%(user_id)s, %(workspace_id)s)",
        {"user_id": caller.user_id, "workspace_id": caller.workspace_id},
    )
    if row is None:
        raise NotAuthenticated("This account is gone.")
    return Membership(**row)


async def own_keys(db: Database, user_id: UUID, workspace_id: UUID) -> list[OwnKey]:
    """The user's live keys for the workspace, oldest first."""
    rows = await db.all(
        "select * from accounts.list_own_keys(%(user_id)s, %(workspace_id)s)",
        {"user_id": user_id, "workspace_id": workspace_id},
    )
    return [OwnKey(**row) for row in rows]


async def create_own_key(
    db: Database, workspace_id: UUID, user_id: UUID, name: str, by_session: UUID
) -> tuple[UUID, str]:
    """A new key's id and the key itself; BadRequest if the user has MAX_KEYS already.

    NotAuthenticated if the login that asks has ended, were it a moment ago.
    """
    key, kept = fresh_key(workspace_id, user_id, name)
    row = await db.one(
        "select accounts.create_own_key(%(id)s, %(workspace_id)s, %(user_id)s, %(name)s, %(prefix)s, %(hash)s,"
        " %(at_most)s, %(by_session)s) as outcome",
        {**kept, "at_most": MAX_KEYS, "by_session": by_session},
    )
    outcome = row["outcome"] if row else "ended"
    if outcome == "ended":
        raise NotAuthenticated("This login was ended.")
    if outcome == "full":
        raise BadRequest(f"There are {MAX_KEYS} keys already.", "Revoke one first.")
    return kept["id"], key


async def revoke_own_key(db: Database, key_id: UUID, user_id: UUID, workspace_id: UUID) -> str | None:
    """End one of the user's own keys: what it was called; None if there is no such one."""
    row = await db.one(
        "select accounts.revoke_own_key(%(id)s, %(user_id)s, %(workspace_id)s) as name",
        {"id": key_id, "user_id": user_id, "workspace_id": workspace_id},
    )
    return row["name"] if row else None


async def revoke_key(db: Database, key_id: UUID) -> bool:
    """End a key at once; False if there is no such key, or it was revoked before."""
    row = await db.one("select accounts.revoke_key(%(id)s) as revoked", {"id": key_id})
    return bool(row and row["revoked"])


async def list_users(db: Database) -> list[User]:
    """All users, oldest first."""
    return [User(**row) for row in await db.all("select * from accounts.list_users()")]


async def list_workspaces(db: Database) -> list[Workspace]:
    """All workspaces, oldest first."""
    return [Workspace(**row) for row in await db.all("select * from accounts.list_workspaces()")]


async def list_keys(db: Database) -> list[Key]:
    """All live keys, oldest first."""
    return [Key(**row) for row in await db.all("select * from accounts.list_keys()")]


@asynccontextmanager
async def refusing(taken: str, malformed: str) -> AsyncIterator[None]:
    """Turn the database's refusals into sentences."""
    try:
        yield
    except psycopg.errors.UniqueViolation:
        raise BadRequest(taken) from None
    except psycopg.errors.CheckViolation:
        raise BadRequest(malformed) from None
    except psycopg.errors.ForeignKeyViolation:
        raise BadRequest("There is no such user, or no such member of that workspace.") from None
