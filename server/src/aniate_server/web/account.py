"""`/account`: one's logins, keys, password, what happened, and all of one's data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form
from starlette.responses import Response

from aniate_server.accounts import audit, export, people, people_store, sessions, store
from aniate_server.accounts.passwords import WeakPassword
from aniate_server.accounts.session_store import Session
from aniate_server.plumbing.errors import AniateError, BadRequest, TooManyAttempts
from aniate_server.web.render import PageRoute, go, page, when
from aniate_server.web.visitor import SESSION, Sending, Visiting, Visitor, signed_in

router = APIRouter(route_class=PageRoute, tags=["pages"])
Field = Annotated[str, Form(max_length=4000)]
NOTICES = {
    "ended": "The login was ended.",
    "ended-others": "All other logins were ended.",
    "revoked": "The key was revoked.",
    "password": "The password was changed, and all other logins were ended.",
}


@dataclass(frozen=True)
class Slips:
    """What was wrong with a form of the page."""

    password: str = ""
    delete: str = ""
    status: int = 200


@router.get("/")
async def home() -> Response:
    """There is no other page to begin with."""
    return go("/account")


@router.get("/account")
async def account_page(who: Visiting, did: str = "") -> Response:
    """All of one's account."""
    return await account(who, signed_in(who), NOTICES.get(did, ""), Slips())


async def account(who: Visitor, session: Session, notice: str, slips: Slips) -> Response:
    """The page, with what the last form came to."""
    db = who.identity.db
    profile = await people_store.profile(db, session.user_id)
    logins = await sessions.listed(who.identity, session.user_id)
    keys = await store.own_keys(db, session.user_id, session.workspace_id)
    events = await people_store.audit_log(db, session.user_id, audit.SHOWN)
    return page(
        who,
        "account",
        status=slips.status,
        email=session.email,
        workspace=session.workspace,
        plan=session.plan,
        created=when(profile.created_at) if profile else "",
        sessions=[told(each, session) for each in logins],
        keys=[{"id": k.id, "name": k.name, "prefix": k.prefix, "created": when(k.created_at)} for k in keys],
        events=[{"at": when(e.at), "event": audit.sentence(e), "address": e.address} for e in events],
        password_error=slips.password,
        delete_error=slips.delete,
        notice=notice,
    )


def told(each: Session, here: Session) -> dict[str, object]:
    """A login as its user sees it."""
    return {
        "id": each.id,
        "kind": each.kind,
        "name": each.name,
        "client": each.client,
        "address": each.address,
        "created": when(each.created_at),
        "last_seen": when(each.last_seen_at),
        "current": each.id == here.id,
    }


@router.post("/account/sessions/end")
async def end_session(who: Sending, id: Field = "") -> Response:  # noqa: A002 - so the form calls it
    """End one login."""
    session = signed_in(who)
    await sessions.end(who.identity, session.user_id, an_id(id), who.machine.address)
    return go("/account?did=ended")


@router.post("/account/sessions/end-others")
async def end_others(who: Sending) -> Response:
    """End all logins but this one."""
    session = signed_in(who)
    await sessions.end_all(who.identity, session.user_id, who.machine.address, session.id)
    return go("/account?did=ended-others")


@router.post("/account/keys/revoke")
async def revoke_key(who: Sending, id: Field = "") -> Response:  # noqa: A002 - so the form calls it
    """End one key."""
    session, key_id = signed_in(who), an_id(id)
    name = await store.revoke_own_key(who.identity.db, key_id, session.user_id, session.workspace_id)
    if name is not None:
        await audit.note(who.identity.db, session.user_id, "key_revoked", who.machine.address, name)
    return go("/account?did=revoked")


@router.post("/account/password")
async def change_password(who: Sending, current: Field = "", password: Field = "", again: Field = "") -> Response:
    """A new password; all other logins end."""
    session = signed_in(who)
    try:
        if password != again:
            raise WeakPassword("The two passwords are not the same.")
        await people.change_password(who.identity, session, current, password, who.machine.address)
    except (BadRequest, TooManyAttempts, people.WrongPassword) as error:
        return await account(who, session, "", Slips(password=said(error), status=error.status))
    return go("/account?did=password")


@router.get("/account/export")
async def download(who: Visiting) -> Response:
    """All that we keep of the user, as a file."""
    session = signed_in(who)
    return await export.answer(who.identity, session.user_id, who.machine.address)


@router.post("/account/delete")
async def delete(who: Sending, password: Field = "", sure: Field = "") -> Response:
    """The end of the account."""
    session = signed_in(who)
    try:
        if not sure:
            raise BadRequest("Say that you are sure.")
        await people.delete_account(who.identity, session, password, who.machine.address)
    except (BadRequest, TooManyAttempts, people.WrongPassword) as error:
        return await account(who, session, "", Slips(delete=said(error), status=error.status))
    response = go("/done?deleted")
    who.remember(response, SESSION, "", 0)
    return response


def said(error: AniateError) -> str:
    """An error beside the form that it is about."""
    return f"{error.message} {error.hint}".strip()


def an_id(text: str) -> UUID:
    """The id that a form names; BadRequest if it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest("There is no such entry.", "Load the page again.") from None
