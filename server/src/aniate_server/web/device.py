"""`/device`: a device without a browser waits for a yes (RFC 8628, section 3.3)."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from starlette.responses import Response

from aniate_server.accounts import grants
from aniate_server.accounts.session_store import Session
from aniate_server.plumbing.errors import BadRequest, TooManyAttempts
from aniate_server.web.render import PageRoute, go, page, refused, when
from aniate_server.web.visitor import Sending, Visiting, Visitor, onward, signed_in

router = APIRouter(route_class=PageRoute, tags=["pages"])
Code = Annotated[str, Form(max_length=40)]
NOT_WAITING = "No terminal waits with this code. Look at it again, or start again there: ant login"


@router.get("/device")
async def device_page(who: Visiting, code: str = "") -> Response:
    """The form for the code, or what waits with the code that the address carries."""
    session = signed_in(who, onward(f"/device?{urlencode({'code': code})}") if code else "/device")
    return await waiting(who, session, code[:40]) if code else page(who, "device", user_code="")


@router.post("/device")
async def device(who: Sending, user_code: Code = "") -> Response:
    """What waits with that code."""
    return await waiting(who, signed_in(who, "/device"), user_code)


async def waiting(who: Visitor, session: Session, user_code: str) -> Response:
    """The page that asks for a yes, or the form once more."""
    try:
        found = await grants.waiting_device(who.identity, session.user_id, user_code, who.machine.address)
    except TooManyAttempts as error:
        return refused(who, "device", error, user_code=user_code)
    if found is None:
        return refused(who, "device", BadRequest(NOT_WAITING), user_code=user_code)
    return page(
        who,
        "device_confirm",
        user_code=grants.spelled(grants.letters_of(user_code)),
        device_name=found.device_name,
        client=found.program,
        address=found.address,
        since=when(found.created_at),
        email=session.email,
        here=f"/device?{urlencode({'code': grants.spelled(grants.letters_of(user_code))})}",
    )


@router.post("/device/decide")
async def decide(who: Sending, user_code: Code = "", decision: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Let it in, or not."""
    session = signed_in(who, "/device")
    allowed = decision == "allow"
    if not await grants.decide_device(who.identity, session, user_code, allowed, who.machine.address):
        return refused(who, "device", BadRequest(NOT_WAITING), user_code=user_code)
    return go("/done" if allowed else "/done?denied")
