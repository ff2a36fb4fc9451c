"""Assistants in the database, read and written as the user."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import psycopg

from aniate.wire import AssistantText
from aniate_server.accounts.caller import Caller
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest, Conflict

TOO_MANY = "AN004"
TAKEN = "AN006"
"""The name is a command's."""


@dataclass(frozen=True)
class Assistant:
    """One assistant of a workspace; `version` grows by one with each change."""

    name: str
    prompt: str
    model: str
    summary: str
    version: int
    updated_at: datetime


@dataclass(frozen=True)
class Listed:
    """One assistant without its text."""

    name: str
    summary: str
    model: str
    version: int
    updated_at: datetime


async def listed(db: Database, caller: Caller) -> list[Listed]:
    """The workspace's assistants by name."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "select name, summary, model, version, updated_at from aniate.assistants"
        " where workspace_id = %(workspace_id)s order by name",
        {"workspace_id": caller.workspace_id},
    )
    return [Listed(**row) for row in rows]


async def find(db: Database, caller: Caller, name: str) -> Assistant | None:
    """The assistant of that name in the caller's workspace. One round trip."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "select name, prompt, model, summary, version, updated_at from aniate.assistants"
        " where workspace_id = %(workspace_id)s and name = %(name)s",
        {"workspace_id": caller.workspace_id, "name": name},
    )
    return Assistant(**rows[0]) if rows else None


async def create(db: Database, caller: Caller, name: str, text: AssistantText) -> Assistant | None:
    """A new assistant; None if there is one of that name.

    Conflict if the name is a command's, BadRequest if there are 200 already.
    """
    try:
        rows = await db.all_as_user(
            caller.user_id,
            caller.workspace_id,
            "insert into aniate.assistants (workspace_id, name, prompt, model, summary)"
            " values (%(workspace_id)s, %(name)s, %(prompt)s, %(model)s, %(summary)s)"
            " on conflict do nothing returning name, prompt, model, summary, version, updated_at",
            {"workspace_id": caller.workspace_id, "name": name, **vars(text)},
        )
    except psycopg.Error as error:
        if error.sqlstate == TAKEN:
            raise Conflict(f"{name} is a command of yours already.", "Choose another name.") from None
        if error.sqlstate == TOO_MANY:
            raise BadRequest("This workspace has 200 assistants, which is the most.", "Delete one first.") from None
        raise
    return Assistant(**rows[0]) if rows else None


async def change(db: Database, caller: Caller, name: str, version: int, text: AssistantText) -> Assistant | None:
    """The assistant with a new text; None if there is none of that name and version."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "update aniate.assistants set prompt = %(prompt)s, model = %(model)s, summary = %(summary)s,"
        " version = version + 1, updated_at = now()"
        " where workspace_id = %(workspace_id)s and name = %(name)s and version = %(version)s"
        " returning name, prompt, model, summary, version, updated_at",
        {"workspace_id": caller.workspace_id, "name": name, "version": version, **vars(text)},
    )
    return Assistant(**rows[0]) if rows else None


async def delete(db: Database, caller: Caller, name: str, version: int | None) -> bool:
    """Delete the assistant, of that version if one is named; False if there is none."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "delete from aniate.assistants where workspace_id = %(workspace_id)s and name = %(name)s"
        " and (%(version)s::integer is null or version = %(version)s) returning name",
        {"workspace_id": caller.workspace_id, "name": name, "version": version},
    )
    return bool(rows)
