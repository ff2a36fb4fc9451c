"""`/v1/conversations`: what changed, keep one, delete; for the user alone, whatever the workspace."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Header, Query, Response

from aniate import wire
from aniate_server.accounts import sealed_lines
from aniate_server.accounts.caller import Caller
from aniate_server.accounts.current_user import Accounts
from aniate_server.accounts.identity import Identity
from aniate_server.accounts.routes import Asking, moment
from aniate_server.history import store
from aniate_server.history.store import Stored
from aniate_server.plumbing.errors import BadRequest, Conflict, NotFound, PreconditionRequired, TooLarge

router = APIRouter()
ONE = wire.CONVERSATIONS_PATH + "/{name}"
NAME = re.compile(r"[0-9a-f]{32}")
VERSION = re.compile(r'"?([0-9]{1,9})"?')
PAGE_BYTES, PAGE_ROWS = 192 * 1024, 50
"""Of one answer, as it is sealed: packed, so that it becomes several times as much."""
OPENED_BYTES = 900 * 1024


@router.get(wire.CONVERSATIONS_PATH)
async def changed_conversations(
    caller: Asking, identity: Accounts, after: Annotated[int, Query(ge=0, lt=1 << 62)] = 0
) -> dict[str, Any]:
    """What changed after that sequence, the oldest change first, as much as fits into one answer."""
    found = await store.changed(identity.db, caller, after, PAGE_BYTES, PAGE_ROWS)
    told: list[wire.Conversation] = []
    size = 0
    for each in found:
        one = opened(identity, caller, each)
        size += len(json.dumps(one.lines))
        if told and size > OPENED_BYTES:
            break
        told.append(one)
    return {"user_id": str(caller.user_id), "conversations": told, "more": bool(found)}


@router.put(ONE)
async def keep_conversation(
    name: str,
    caller: Asking,
    identity: Accounts,
    body: Annotated[dict[str, Any], Body()],
    if_match: Annotated[str | None, Header()] = None,
    if_none_match: Annotated[str | None, Header()] = None,
) -> wire.Kept:
    """Keep a conversation (`If-None-Match: *`), or more of one whose version the writer knows (`If-Match`)."""
    one, lines = id_of(name), parsed(body)
    sealed = sealed_lines.sealed(identity.secret, caller.user_id, one, lines)
    if if_none_match == "*":
        kept = await store.create(identity.db, caller, one, len(lines), sealed)
    elif if_match is not None:
        kept = await store.change(identity.db, caller, one, version_of(if_match), len(lines), sealed)
    else:
        raise PreconditionRequired('Say If-None-Match: * to keep one, or If-Match: "VERSION" to keep more of it.')
    if kept is None:
        raise Conflict("This conversation was changed or deleted meanwhile.", "Ask what changed, and try again.")
    return wire.Kept(name, kept.version, kept.sequence)


@router.delete(ONE, status_code=204)
async def delete_conversation(name: str, caller: Asking, identity: Accounts) -> Response:
    """Delete one."""
    if not await store.delete(identity.db, caller, id_of(name)):
        raise NotFound("There is no such conversation.")
    return Response(status_code=204)


@router.delete(wire.CONVERSATIONS_PATH)
async def delete_conversations(caller: Asking, identity: Accounts) -> dict[str, int]:
    """Delete all."""
    return {"deleted": await store.delete(identity.db, caller, None)}


def opened(identity: Identity, caller: Caller, stored: Stored) -> wire.Conversation:
    """A conversation on the wire. One that can't be opened any more has no lines, which is not to be deleted."""
    lines: tuple[str, ...] | None = None
    if stored.sealed is not None:
        lines = tuple(sealed_lines.opened(identity.secret, caller.user_id, stored.id, stored.sealed) or ())
    return wire.Conversation(stored.id.hex, stored.version, stored.sequence, lines, moment(stored.updated_at))


def id_of(name: str) -> UUID:
    """The conversation's id; NotFound if it can't be one's."""
    if not NAME.fullmatch(name):
        raise NotFound("There is no such conversation.", "An id has 32 hexadecimal digits.")
    return UUID(hex=name)


def version_of(header: str) -> int:
    """The version in an `If-Match`; BadRequest if it is none of ours."""
    found = VERSION.fullmatch(header.strip())
    if not found:
        raise BadRequest('If-Match must be a version, as in "3".')
    return int(found[1])


def parsed(body: dict[str, Any]) -> list[str]:
    """The lines in a request's body; BadRequest with one sentence for whatever is wrong with them."""
    lines = body.get("lines")
    if not isinstance(lines, list) or not lines or not all(isinstance(line, str) for line in lines):
        raise BadRequest("lines must be a list of strings, and not empty.")
    if any("\n" in line or not line.isascii() for line in lines):
        raise BadRequest("Each line must be one line of ASCII.")
    if len(json.dumps(lines)) > wire.MAX_CONVERSATION_BYTES:
        raise TooLarge(f"A conversation of more than {wire.MAX_CONVERSATION_BYTES >> 10} KiB is not kept.")
    return [str(line) for line in lines]
