"""What a user may ask about the own account: who they are, their logins, their keys."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Response
from fastapi.responses import JSONResponse

from aniate import wire
from aniate_server.accounts import audit, export, sessions, store
from aniate_server.accounts.caller import Caller
from aniate_server.accounts.current_user import Accounts, current_user
from aniate_server.accounts.oauth import Asking as Machine
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.signing_keys import JWKS_MAX_AGE_S
from aniate_server.plumbing.errors import BadRequest, NeedsALogin, NotFound

router = APIRouter()
Asking = Annotated[Caller, Depends(current_user)]


@router.get(wire.WHOAMI_PATH)
async def whoami(caller: Asking, identity: Accounts) -> wire.Account:
    """Who the token belongs to, as the database has it now."""
    place = await store.membership(identity.db, caller)
    return wire.Account(
        user_id=str(caller.user_id),
        email=place.email,
        workspace_id=str(caller.workspace_id),
        workspace=place.workspace,
        plan=place.plan,
        key_name=caller.name,
        session_id=str(caller.session_id or ""),
    )


@router.get("/.well-known/jwks.json")
async def jwks(identity: Accounts) -> JSONResponse:
    """The keys that our access tokens are signed with (RFC 7517)."""
    return JSONResponse(await identity.signing.jwks(), headers={"cache-control": f"public, max-age={JWKS_MAX_AGE_S}"})


@router.get(wire.SESSIONS_PATH)
async def list_sessions(caller: Asking, identity: Accounts) -> dict[str, list[wire.Session]]:
    """The user's logins, the one used last first."""
    return {"sessions": [told(each, caller) for each in await sessions.listed(identity, caller.user_id)]}


@router.delete(wire.SESSIONS_PATH)
async def end_sessions(caller: Asking, identity: Accounts, machine: Machine, others: bool = False) -> dict[str, int]:
    """End all the user's logins, or all but the one that asks."""
    login = login_of(caller)
    kept = login if others else None
    return {"ended": await sessions.end_all(identity, caller.user_id, machine.address, kept)}


@router.delete(wire.SESSIONS_PATH + "/{session_id}", status_code=204)
async def end_session(session_id: UUID, caller: Asking, identity: Accounts, machine: Machine) -> Response:
    """End one login."""
    login_of(caller)
    if not await sessions.end(identity, caller.user_id, session_id, machine.address):
        raise NotFound("There is no such login.")
    return Response(status_code=204)


@router.get(wire.KEYS_PATH)
async def list_keys(caller: Asking, identity: Accounts) -> dict[str, list[wire.Key]]:
    """The user's live API keys for this workspace."""
    found = await store.own_keys(identity.db, caller.user_id, caller.workspace_id)
    return {"keys": [wire.Key(str(key.id), key.name, key.prefix, moment(key.created_at)) for key in found]}


@router.post(wire.KEYS_PATH, status_code=201)
async def create_key(
    caller: Asking, identity: Accounts, machine: Machine, body: Annotated[dict[str, Any], Body()]
) -> wire.NewKey:
    """A new API key; the answer is the one time that it is shown."""
    name = body.get("name")
    if not isinstance(name, str) or not name.strip() or len(name) > 200 or not name.isprintable():
        raise BadRequest("name must be a string of 1 to 200 printable characters.")
    key_id, key = await store.create_own_key(
        identity.db, caller.workspace_id, caller.user_id, name.strip(), login_of(caller)
    )
    await audit.note(identity.db, caller.user_id, "key_made", machine.address, name.strip())
    return wire.NewKey(str(key_id), name.strip(), key)


@router.delete(wire.KEYS_PATH + "/{key_id}", status_code=204)
async def revoke_key(key_id: UUID, caller: Asking, identity: Accounts, machine: Machine) -> Response:
    """End a key, at once."""
    name = await store.revoke_own_key(identity.db, key_id, caller.user_id, caller.workspace_id)
    if name is None:
        raise NotFound("There is no such key.")
    await audit.note(identity.db, caller.user_id, "key_revoked", machine.address, name)
    return Response(status_code=204)


@router.get("/v1/account/export")
async def export_account(caller: Asking, identity: Accounts, machine: Machine) -> Response:
    """All that we keep of the user, in one readable document."""
    login_of(caller)
    return await export.answer(identity, caller.user_id, machine.address)


def login_of(caller: Caller) -> UUID:
    """The login that asks. A key belongs to programs: it makes no keys, ends no logins and takes no data along."""
    if caller.session_id is None:
        raise NeedsALogin("An API key may not do that.", "Log in: ant login")
    return caller.session_id


def told(session: Session, caller: Caller) -> wire.Session:
    """A login as its user sees it."""
    return wire.Session(
        id=str(session.id),
        kind=session.kind,
        name=session.name,
        client=session.client,
        address=session.address,
        created_at=moment(session.created_at),
        last_seen_at=moment(session.last_seen_at),
        current=session.id == caller.session_id,
    )


def moment(when: datetime) -> str:
    """RFC 3339, in UTC, to the second."""
    return when.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
