"""Coming in: sign in, sign up, confirm by mail, choose a new password, sign out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Form
from starlette.responses import Response

from aniate_server.accounts import audit, people, session_store
from aniate_server.accounts.identity import Identity
from aniate_server.accounts.mails import MINUTES
from aniate_server.accounts.passwords import MIN_CHARACTERS, WeakPassword
from aniate_server.accounts.people import Entry
from aniate_server.accounts.sessions import Machine
from aniate_server.plumbing.errors import BadRequest, TooManyAttempts
from aniate_server.web.render import PageRoute, go, page, refused
from aniate_server.web.visitor import AN_HOUR_S, NEXT, SESSION, Sending, Visiting, Visitor, onward

router = APIRouter(route_class=PageRoute, include_in_schema=True, tags=["pages"])
Field = Annotated[str, Form(max_length=4000)]
Choose = Callable[[Identity, str, str, Machine], Awaitable[Entry]]
FORMS = {"verify": "sign_up", "reset": "reset"}
TRY_AGAIN = (BadRequest, TooManyAttempts, people.WrongPassword)
"""What is told on the form itself."""


@router.get("/sign-in")
async def sign_in_page(who: Visiting, next: str = "") -> Response:  # noqa: A002 - so it stands in the address
    """The form to sign in."""
    if who.session:
        return go(onward(next) or "/account")
    return page(who, "sign_in", email="", next=onward(next))


@router.post("/sign-in")
async def sign_in(who: Sending, email: Field = "", password: Field = "", next: Field = "") -> Response:  # noqa: A002
    """In, if e-mail and password belong together."""
    try:
        entry = await people.sign_in(who.identity, people.valid_email(email), password, who.known, who.machine)
    except TRY_AGAIN as error:
        return refused(who, "sign_in", error, email=email, next=onward(next))
    response = go(onward(next) or "/account")
    who.come_in(response, entry)
    return response


@router.get("/sign-up")
async def sign_up_page(who: Visiting, next: str = "") -> Response:  # noqa: A002
    """The form to ask for an account."""
    if who.session:
        return go(onward(next) or "/account")
    return page(who, "sign_up", email="", next=onward(next))


@router.post("/sign-up")
async def sign_up(who: Sending, email: Field = "", next: Field = "") -> Response:  # noqa: A002
    """A mail is on its way, whoever has the address."""
    return await ask_for_mail(who, "verify", email, onward(next))


@router.get("/reset")
async def reset_page(who: Visiting) -> Response:
    """The form to ask for a new password."""
    return page(who, "reset", email="")


@router.post("/reset")
async def reset(who: Sending, email: Field = "") -> Response:
    """A mail is on its way, if somebody has the address."""
    return await ask_for_mail(who, "reset", email, who.onward)


async def ask_for_mail(who: Visitor, purpose: str, email: str, following: str) -> Response:
    """The same page and the same work for an address that is known and one that is not."""
    try:
        address = people.valid_email(email)
        await people.ask_for_mail(who.identity, purpose, address, who.machine.address)
    except TRY_AGAIN as error:
        return refused(who, FORMS[purpose], error, email=email, next=following)
    response = page(who, "check_mail", email=address, next=following, purpose=purpose, minutes=MINUTES)
    return leading_on(who, response, following)


@router.get("/verify")
async def verify_page(who: Visiting, code: str = "") -> Response:
    """Who opens the link has the address; only the form uses it up, so that a mail scanner does not."""
    return await password_page(who, "verify", code)


@router.post("/verify")
async def verify(who: Sending, code: Field = "", password: Field = "", again: Field = "") -> Response:
    """The account is made."""
    return await choose(who, people.confirm_sign_up, "verify", code, password, again)


@router.get("/reset/new")
async def new_password_page(who: Visiting, code: str = "") -> Response:
    """The form for a new password."""
    return await password_page(who, "reset", code)


@router.post("/reset/new")
async def new_password(who: Sending, code: Field = "", password: Field = "", again: Field = "") -> Response:
    """The new password is good, and every earlier login has ended."""
    return await choose(who, people.reset_password, "reset", code, password, again)


async def password_page(who: Visitor, purpose: str, code: str) -> Response:
    """The form to choose a password; CodeSpent if the link is not good any more."""
    email = await people.email_of_code(who.identity, code, purpose, who.machine.address)
    return page(who, "choose_password", purpose=purpose, email=email, code=code, min_length=MIN_CHARACTERS)


async def choose(who: Visitor, make: Choose, purpose: str, code: str, password: str, again: str) -> Response:
    """Use the code up for that password, and come in."""
    email = await people.email_of_code(who.identity, code, purpose, who.machine.address)
    try:
        if password != again:
            raise WeakPassword("The two passwords are not the same.")
        entry = await make(who.identity, code, password, who.machine)
    except WeakPassword as error:
        words = {"purpose": purpose, "email": email, "code": code, "min_length": MIN_CHARACTERS}
        return refused(who, "choose_password", error, **words)
    response = go(who.onward or ("/done?confirmed" if purpose == "verify" else "/account"))
    who.come_in(response, entry)
    return response


@router.post("/sign-out")
async def sign_out(who: Sending, next: Field = "") -> Response:  # noqa: A002
    """Out, in this browser; whoever was the wrong one for a page comes back to it as somebody else."""
    if who.session and await session_store.sign_out(who.identity.db, who.session.id, who.session.user_id):
        await audit.note(who.identity.db, who.session.user_id, "signed_out", who.machine.address)
    response = go(onward(next) or "/done?signed_out")
    who.remember(response, SESSION, "", 0)
    return response


@router.get("/done")
async def done(
    who: Visiting,
    denied: str | None = None,
    signed_out: str | None = None,
    deleted: str | None = None,
    confirmed: str | None = None,
) -> Response:
    """You may close this window."""
    said = {"denied": denied, "signed_out": signed_out, "deleted": deleted, "confirmed": confirmed}
    outcome = next((name for name, value in said.items() if value is not None), "allowed")
    return page(who, "done", outcome=outcome)


def leading_on(who: Visitor, response: Response, path: str) -> Response:
    """Where it goes on after a mail was read in this browser."""
    if following := onward(path):
        who.remember(response, NEXT, following, AN_HOUR_S)
    return response
