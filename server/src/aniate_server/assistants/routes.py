"""`/v1/assistants`: list, read, make, change and delete, so that nobody's change is lost to another's."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any, Protocol

from fastapi import APIRouter, Body, Depends, Header, Request, Response

from aniate import wire
from aniate_server.accounts.caller import Caller
from aniate_server.accounts.current_user import Accounts
from aniate_server.accounts.routes import Asking, moment
from aniate_server.assistants import names, store
from aniate_server.assistants.store import Assistant
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest, Conflict, NotFound, PreconditionRequired

router = APIRouter()
ONE = wire.ASSISTANTS_PATH + "/{name}"
MAX_PROMPT, MAX_SUMMARY, MAX_MODEL = 32768, 200, 100
IfMatch = Annotated[str | None, Header()]


class ModelNames(Protocol):
    """What models there are; whoever chooses among them knows."""

    async def demand(self, alias: str, plan: str) -> None:
        """Raise what is said where there is no such model for that plan."""
        ...


def models_of(request: Request) -> ModelNames:
    """The process's models."""
    found: ModelNames = request.app.state.services.models
    return found


Models = Annotated[ModelNames, Depends(models_of)]


@router.get(wire.ASSISTANTS_PATH, responses={304: {"description": "as it was"}}, response_model=None)
async def list_assistants(
    caller: Asking, identity: Accounts, response: Response, if_none_match: IfMatch = None
) -> dict[str, list[wire.AssistantName]] | Response:
    """The workspace's assistants, without their texts."""
    found = await store.listed(identity.db, caller)
    tag = etag("|".join(f"{each.name} {each.version} {each.updated_at.timestamp()}" for each in found))
    if if_none_match == tag:
        return Response(status_code=304, headers={"etag": tag})
    response.headers["etag"] = tag
    listed = [wire.AssistantName(e.name, e.summary, e.model, e.version, moment(e.updated_at)) for e in found]
    return {"assistants": listed}


@router.get(ONE)
async def read_assistant(name: str, caller: Asking, identity: Accounts, response: Response) -> wire.Assistant:
    """One assistant, whole."""
    return answered(response, await existing(identity.db, caller, name))


@router.put(ONE)
async def write_assistant(
    name: str,
    caller: Asking,
    identity: Accounts,
    models: Models,
    response: Response,
    body: Annotated[dict[str, Any], Body()],
    if_match: IfMatch = None,
    if_none_match: IfMatch = None,
) -> wire.Assistant:
    """Make an assistant (`If-None-Match: *`), or change the version that the writer knows (`If-Match`)."""
    names.check(name)
    text = parsed(body)
    before = None if if_none_match == "*" else await store.find(identity.db, caller, name)
    if before is None or before.model != text.model:  # one that was given up since must not bar other changes
        await models.demand(text.model, caller.plan)
    if if_none_match == "*":
        made = await store.create(identity.db, caller, name, text)
        if made is None:
            raise Conflict(f"There is an assistant {name} already.", f"Change it: ant edit {name}")
        return answered(response, made)
    version = version_of(if_match)
    if version is None:
        raise PreconditionRequired('Say If-None-Match: * to make an assistant, or If-Match: "VERSION" to change one.')
    changed = await store.change(identity.db, caller, name, version, text)
    if changed is None:
        raise outdated(await existing(identity.db, caller, name))
    return answered(response, changed)


@router.delete(ONE, status_code=204)
async def delete_assistant(name: str, caller: Asking, identity: Accounts, if_match: IfMatch = None) -> Response:
    """Delete an assistant, of the version that `If-Match` names if it is there."""
    if not names.NAME.fullmatch(name):
        raise unknown(name)
    if not await store.delete(identity.db, caller, name, version_of(if_match)):
        raise outdated(await existing(identity.db, caller, name))
    return Response(status_code=204)


async def existing(db: Database, caller: Caller, name: str) -> Assistant:
    """The assistant of that name; NotFound if there is none."""
    found = await store.find(db, caller, name) if names.NAME.fullmatch(name) else None
    if found is None:
        raise unknown(name)
    return found


def unknown(name: str) -> NotFound:
    """What is said where there is no such assistant."""
    shown = name if names.NAME.fullmatch(name) else "of that name"
    return NotFound(f"There is no assistant {shown}.", "See: ant list")


def outdated(newest: Assistant) -> Conflict:
    """What the second of two writers is told."""
    return Conflict(
        f"{newest.name} was changed meanwhile: the newest version is {newest.version}, of {moment(newest.updated_at)}.",
        f"Look at it: ant show {newest.name}",
    )


def answered(response: Response, found: Assistant) -> wire.Assistant:
    """An assistant on the wire, its version also as the answer's ETag."""
    response.headers["etag"] = f'"{found.version}"'
    return wire.Assistant(found.name, found.prompt, found.model, found.summary, found.version, moment(found.updated_at))


def etag(text: str) -> str:
    """A strong one."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def version_of(header: str | None) -> int | None:
    """The version in an `If-Match`; None if there is no such header. BadRequest if it is no version of ours."""
    if header is None:
        return None
    digits = header.strip().strip('"')
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 9):
        raise BadRequest('If-Match must be a version, as in "3".')
    return int(digits)


def parsed(body: dict[str, Any]) -> wire.AssistantText:
    """The text in a request's body; BadRequest with one sentence for whatever is wrong with it."""
    prompt = string(body, "prompt", "", MAX_PROMPT)
    if not prompt.strip():
        raise BadRequest("prompt must not be empty.")
    model = string(body, "model", "default", MAX_MODEL)
    summary = string(body, "summary", "", MAX_SUMMARY)
    if not model or not model.isprintable():
        raise BadRequest("model must be a model's alias.")
    if not summary.isprintable():
        raise BadRequest("summary must be one line.")
    return wire.AssistantText(prompt, model, summary)


def string(body: dict[str, Any], key: str, default: str, most: int) -> str:
    """A string that every part behind us can carry."""
    value = body.get(key, default)
    if not isinstance(value, str) or len(value) > most:
        raise BadRequest(f"{key} must be a string of at most {most} characters.")
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise BadRequest(f"{key} must not contain NUL or half of a surrogate pair.")
    return value
