"""All that we keep of a user, in one document that people and programs can read."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any
from uuid import UUID

from fastapi.responses import Response, StreamingResponse

from aniate_server.accounts import audit, people_store, sealed_lines, session_store, store
from aniate_server.accounts.identity import Identity
from aniate_server.plumbing.errors import NotAuthenticated

FILE_NAME = "aniate-account.json"


async def all_of(identity: Identity, user_id: UUID, address: str) -> dict[str, Any]:
    """The account, its workspaces with all that is in them, its logins, and what happened. Never a secret.

    But for its conversations, which are too much for one piece.
    """
    db = identity.db
    await identity.guards.count([("exports of", str(user_id))])
    profile = await people_store.profile(db, user_id)
    if profile is None:
        raise NotAuthenticated("This account is gone.")
    workspaces = await people_store.workspaces_of(db, user_id)
    for each in workspaces:
        each["assistants"] = await people_store.assistants_of(db, user_id, each["id"])
        each["commands"] = await people_store.commands_of(db, user_id, each["id"])
        each["keys"] = [vars(key) for key in await store.own_keys(db, user_id, each["id"])]
        each["usage"] = await people_store.usage_of(db, user_id, each["id"])
    logins = [vars(session) for session in await session_store.listed(db, user_id)]
    events = [vars(event) for event in await people_store.audit_log(db, user_id, audit.KEPT_IN_EXPORT)]
    await audit.note(db, user_id, "exported", address)
    account = {key: value for key, value in vars(profile).items() if key != "password_hash"}
    return {
        "account": {"id": user_id, **account},
        "workspaces": workspaces,
        "logins": logins,
        "events": events,
    }


async def conversations_of(identity: Identity, user_id: UUID, place: UUID) -> AsyncIterator[dict[str, Any]]:
    """What the user chose to keep here of what was said, opened one by one; each line is JSON of the client's."""
    after = 0
    while rows := await people_store.conversations_of(identity.db, user_id, place, after):
        for row in rows:
            yield {
                "id": row["id"].hex,
                "updated_at": row["updated_at"],
                "lines": sealed_lines.opened(identity.secret, user_id, row["id"], row["sealed"]),
            }
        after = rows[-1]["sequence"]


async def answer(identity: Identity, user_id: UUID, address: str) -> Response:
    """The document as a file to be kept."""
    document = await all_of(identity, user_id, address)
    place = document["workspaces"][0]["id"] if document["workspaces"] else user_id
    headers = {"content-disposition": f'attachment; filename="{FILE_NAME}"', "cache-control": "no-store"}
    parts = written(document, conversations_of(identity, user_id, place))
    return StreamingResponse(parts, 200, headers, "application/json")


async def written(document: dict[str, Any], conversations: AsyncIterator[dict[str, Any]]) -> AsyncIterator[str]:
    """The document in parts, each conversation as it comes: packed, they are a hundredth of what they are here."""
    yield json.dumps(document, indent=2, default=plain).removesuffix("\n}") + ',\n  "conversations": ['
    between = "\n"
    async for each in conversations:
        yield between + json.dumps(each, indent=2, default=plain)
        between = ",\n"
    yield "\n  ]\n}"


def plain(value: object) -> str:
    """What JSON has no word for: ids and moments."""
    return value.isoformat() if isinstance(value, datetime) else str(value)
