"""Brewed commands in the database, read and written as the user; what is shared is found by its code alone."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import psycopg

from aniate.wire import CommandArgument, CommandText
from aniate_server.accounts.caller import Caller
from aniate_server.plumbing.db import Database, Row
from aniate_server.plumbing.errors import BadRequest, Conflict

TOO_MANY = "AN004"
TAKEN = "AN006"
"""The name is an assistant's."""


@dataclass(frozen=True)
class Brewed:
    """One command of a workspace; `version` grows by one with each change."""

    name: str
    text: CommandText
    version: int
    updated_at: datetime


@dataclass(frozen=True)
class Named:
    """One name of a workspace, and whether it is an assistant's or a command's."""

    name: str
    kind: str
    summary: str
    version: int
    updated_at: datetime


def text_of(row: Row) -> CommandText:
    """What a row says, in the wire's words."""
    arguments = tuple(CommandArgument(**each) for each in row["arguments"])
    return CommandText(row["description"], row["kind"], arguments, row["body"], tuple(row["may"]))


def brewed(row: Row) -> Brewed:
    """A whole row."""
    return Brewed(row["name"], text_of(row), row["version"], row["updated_at"])


def values(caller: Caller, name: str, text: CommandText) -> dict[str, Any]:
    """What a statement is given."""
    arguments = json.dumps([asdict(each) for each in text.arguments])
    fields = {"description": text.description, "kind": text.kind, "body": text.body, "may": list(text.may)}
    return {"workspace_id": caller.workspace_id, "name": name, "arguments": arguments, **fields}


async def names(db: Database, caller: Caller) -> list[Named]:
    """All names of the workspace, those of assistants and of commands, in their order."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "select name, 'assistant' as kind, summary, version, updated_at from aniate.assistants"
        " where workspace_id = %(workspace_id)s union all"
        " select name, 'command', description, version, updated_at from aniate.brewed_commands"
        " where workspace_id = %(workspace_id)s order by name",
        {"workspace_id": caller.workspace_id},
    )
    return [Named(**row) for row in rows]


async def listed(db: Database, caller: Caller) -> list[Brewed]:
    """The workspace's commands by name."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "select name, description, kind, '[]'::jsonb as arguments, '' as body, may, version, updated_at"
        " from aniate.brewed_commands"
        " where workspace_id = %(workspace_id)s order by name",
        {"workspace_id": caller.workspace_id},
    )
    return [brewed(row) for row in rows]


async def find(db: Database, caller: Caller, name: str) -> Brewed | None:
    """The command of that name in the caller's workspace. One round trip."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "select name, description, kind, arguments, body, may, version, updated_at from aniate.brewed_commands"
        " where workspace_id = %(workspace_id)s and name = %(name)s",
        {"workspace_id": caller.workspace_id, "name": name},
    )
    return brewed(rows[0]) if rows else None


async def create(db: Database, caller: Caller, name: str, text: CommandText) -> Brewed | None:
    """A new command; None if there is one of that name.

    Conflict if the name is an assistant's, BadRequest if there are 200 already.
    """
    try:
        rows = await db.all_as_user(
            caller.user_id,
            caller.workspace_id,
            "insert into aniate.brewed_commands (workspace_id, name, description, kind, arguments, body, may) values"
            " (%(workspace_id)s, %(name)s, %(description)s, %(kind)s, %(arguments)s::jsonb, %(body)s, %(may)s)"
            " on conflict do nothing"
            " returning name, description, kind, arguments, body, may, version, updated_at",
            values(caller, name, text),
        )
    except psycopg.Error as error:
        if error.sqlstate == TAKEN:
            raise Conflict(f"{name} is an assistant of yours already.", "Choose another name.") from None
        if error.sqlstate == TOO_MANY:
            raise BadRequest("This workspace has 200 commands, which is the most.", "Delete one first.") from None
        raise
    return brewed(rows[0]) if rows else None


async def change(db: Database, caller: Caller, name: str, version: int, text: CommandText) -> Brewed | None:
    """The command, changed; None if there is none of that name and version."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "update aniate.brewed_commands set description = %(description)s, kind = %(kind)s,"
        " arguments = %(arguments)s::jsonb, body = %(body)s, may = %(may)s, version = version + 1, updated_at = now()"
        " where workspace_id = %(workspace_id)s and name = %(name)s and version = %(version)s"
        " returning name, description, kind, arguments, body, may, version, updated_at",
        {**values(caller, name, text), "version": version},
    )
    return brewed(rows[0]) if rows else None


async def delete(db: Database, caller: Caller, name: str, version: int | None) -> bool:
    """Delete the command and what is shared of it, of that version if one is named; False if there is none."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "delete from aniate.brewed_commands where workspace_id = %(workspace_id)s and name = %(name)s"
        " and (%(version)s::integer is null or version = %(version)s) returning name",
        {"workspace_id": caller.workspace_id, "name": name, "version": version},
    )
    return bool(rows)


async def share(db: Database, caller: Caller, name: str, code: str) -> str | None:
    """Share the command as it is now, under `code` or the code that it has; None if there is no such command."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "insert into aniate.shared_commands as s (code, workspace_id, name, description, kind, arguments, body, may)"
        " select %(code)s, workspace_id, name, description, kind, arguments, body, may from aniate.brewed_commands"
        " where workspace_id = %(workspace_id)s and name = %(name)s"
        " on conflict (workspace_id, name) do update set description = excluded.description, kind = excluded.kind,"
        " arguments = excluded.arguments, body = excluded.body, may = excluded.may, shared_at = now()"
        " returning s.code",
        {"workspace_id": caller.workspace_id, "name": name, "code": code},
    )
    return str(rows[0]["code"]) if rows else None


async def stop_sharing(db: Database, caller: Caller, name: str) -> bool:
    """From now on the code stands for nothing; False if it was not shared."""
    rows = await db.all_as_user(
        caller.user_id,
        caller.workspace_id,
        "delete from aniate.shared_commands where workspace_id = %(workspace_id)s and name = %(name)s returning code",
        {"workspace_id": caller.workspace_id, "name": name},
    )
    return bool(rows)


async def shared(db: Database, code: str) -> tuple[str, CommandText] | None:
    """The name and the text that a code stands for, whosever they are."""
    row = await db.one("select * from accounts.shared_command(%(code)s)", {"code": code})
    return (row["name"], text_of(row)) if row else None
