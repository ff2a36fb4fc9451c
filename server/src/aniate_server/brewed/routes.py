"""`/v1/commands`, `/v1/shared`, `/v1/names`: brewed commands, those shared by a code, and all names of a workspace."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from aniate import wire
from aniate_server.accounts.caller import Caller
from aniate_server.accounts.current_user import Accounts
from aniate_server.accounts.routes import Asking, moment
from aniate_server.assistants import names
from aniate_server.assistants.routes import IfMatch, etag, version_of
from aniate_server.brewed import store
from aniate_server.brewed.parse import parsed
from aniate_server.brewed.store import Brewed
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import Conflict, NotFound, PreconditionRequired

router = APIRouter()
ONE = wire.COMMANDS_PATH + "/{name}"
SHARE = ONE + "/share"
CODE = re.compile(r"cmd_[0-9a-f]{32}")


@router.get(wire.NAMES_PATH, responses={304: {"description": "as it was"}}, response_model=None)
async def list_names(
    caller: Asking, identity: Accounts, response: Response, if_none_match: IfMatch = None
) -> dict[str, list[wire.Name]] | Response:
    """What the workspace's assistants and commands are called."""
    found = await store.names(identity.db, caller)
    tag = etag("|".join(f"{each.kind} {each.name} {each.version} {each.updated_at.timestamp()}" for each in found))
    if if_none_match == tag:
        return Response(status_code=304, headers={"etag": tag})
    response.headers["etag"] = tag
    return {"names": [wire.Name(each.name, each.kind, each.summary) for each in found]}


@router.get(wire.COMMANDS_PATH)
async def list_commands(caller: Asking, identity: Accounts) -> dict[str, list[wire.CommandName]]:
    """The workspace's commands, without their texts."""
    found = await store.listed(identity.db, caller)
    return {
        "commands": [
            wire.CommandName(each.name, each.text.description, each.text.kind, each.version, moment(each.updated_at))
            for each in found
        ]
    }


@router.get(ONE)
async def read_command(name: str, caller: Asking, identity: Accounts, response: Response) -> wire.BrewedCommand:
    """One command, whole."""
    return answered(response, await existing(identity.db, caller, name))


@router.put(ONE)
async def write_command(
    name: str,
    caller: Asking,
    identity: Accounts,
    response: Response,
    body: Annotated[dict[str, Any], Body()],
    if_match: IfMatch = None,
    if_none_match: IfMatch = None,
) -> wire.BrewedCommand:
    """Make a command (`If-None-Match: *`), or change the version that the writer knows (`If-Match`)."""
    names.check(name)
    text = parsed(body)
    if if_none_match == "*":
        made = await store.create(identity.db, caller, name, text)
        if made is None:
            raise Conflict(f"There is a command {name} already.", f"Change it: ant edit {name}")
        return answered(response, made)
    version = version_of(if_match)
    if version is None:
        raise PreconditionRequired('Say If-None-Match: * to make a command, or If-Match: "VERSION" to change one.')
    changed = await store.change(identity.db, caller, name, version, text)
    if changed is None:
        raise outdated(await existing(identity.db, caller, name))
    return answered(response, changed)


@router.delete(ONE, status_code=204)
async def delete_command(name: str, caller: Asking, identity: Accounts, if_match: IfMatch = None) -> Response:
    """Delete a command, of the version that `If-Match` names if it is there."""
    if not names.NAME.fullmatch(name):
        raise unknown(name)
    if not await store.delete(identity.db, caller, name, version_of(if_match)):
        raise outdated(await existing(identity.db, caller, name))
    return Response(status_code=204)


@router.put(SHARE)
async def share_command(name: str, caller: Asking, identity: Accounts) -> wire.Share:
    """Let whoever knows the code copy the command as it is now; the code stays the same until sharing ends."""
    wanted = f"cmd_{secrets.token_hex(16)}"
    code = await store.share(identity.db, caller, name, wanted) if names.NAME.fullmatch(name) else None
    if code is None:
        raise unknown(name)
    return wire.Share(name, code)


@router.delete(SHARE, status_code=204)
async def stop_sharing(name: str, caller: Asking, identity: Accounts) -> Response:
    """From now on the code stands for nothing."""
    if not names.NAME.fullmatch(name) or not await store.stop_sharing(identity.db, caller, name):
        raise NotFound(f"{shown(name)} is not shared.", "See: ant list")
    return Response(status_code=204)


@router.get(wire.SHARED_PATH + "/{code}")
async def read_shared(code: str, caller: Asking, identity: Accounts) -> wire.SharedCommand:  # noqa: ARG001 - users alone
    """What a code stands for, for whoever has an account."""
    found = await store.shared(identity.db, code) if CODE.fullmatch(code) else None
    if found is None:
        raise NotFound("There is no command of that code.", "It may not be shared any more.")
    name, text = found
    return wire.SharedCommand(name, text.description, text.kind, text.arguments, text.body, text.may)


async def existing(db: Database, caller: Caller, name: str) -> Brewed:
    """The command of that name; NotFound if there is none."""
    found = await store.find(db, caller, name) if names.NAME.fullmatch(name) else None
    if found is None:
        raise unknown(name)
    return found


def unknown(name: str) -> NotFound:
    """What is said where there is no such command."""
    return NotFound(f"There is no command {shown(name)}.", "See: ant list")


def shown(name: str) -> str:
    """A name that can stand in a sentence."""
    return name if names.NAME.fullmatch(name) else "of that name"


def outdated(newest: Brewed) -> Conflict:
    """What the second of two writers is told."""
    return Conflict(
        f"{newest.name} was changed meanwhile: the newest version is {newest.version}, of {moment(newest.updated_at)}.",
        f"Look at it: ant show {newest.name}",
    )


def answered(response: Response, found: Brewed) -> wire.BrewedCommand:
    """A command on the wire, its version also as the answer's ETag."""
    response.headers["etag"] = f'"{found.version}"'
    text = found.text
    return wire.BrewedCommand(
        found.name,
        text.description,
        text.kind,
        text.arguments,
        text.body,
        text.may,
        found.version,
        moment(found.updated_at),
    )
