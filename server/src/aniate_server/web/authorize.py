"""`/authorize`: a program on the user's machine asks for a login, and the user says yes or no.

RFC 6749 with PKCE (RFC 7636), on the way back to a loopback address (RFC 8252).
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import asdict
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Request
from starlette.responses import Response

from aniate_server.accounts import audit, grants
from aniate_server.accounts.grants import CHALLENGE, CLIENTS, Asked, is_loopback_redirect
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.sessions import shown
from aniate_server.plumbing.errors import BadRequest, FormExpired
from aniate_server.plumbing.secret import Secret
from aniate_server.web.render import PageRoute, go, page, when
from aniate_server.web.visitor import Sending, SignInFirst, Visiting, Visitor, onward, signed_in, with_next

router = APIRouter(route_class=PageRoute, tags=["pages"])
PURPOSE = "authorization request"
MAX_STATE, MAX_REQUEST = 500, 4000
START_AGAIN = "Go back to the terminal and start again: ant login"


@router.get("/authorize")
async def authorize_page(
    request: Request,
    who: Visiting,
    client_id: str = "",
    redirect_uri: str = "",
    response_type: str = "",
    code_challenge: str = "",
    code_challenge_method: str = "",
    state: str = "",
    device_name: str = "",
    prompt: str = "",
) -> Response:
    """What asks, and the two buttons. A request that names a wrong way back is told here and never sent anywhere."""
    if client_id not in CLIENTS:
        raise BadRequest("No program of this name may log in here.", START_AGAIN)
    if not is_loopback_redirect(redirect_uri):
        raise BadRequest("The answer would go to another place than your own machine, so it was refused.", START_AGAIN)
    if problem := malformed(response_type, code_challenge, code_challenge_method, state):
        return back(who, redirect_uri, error="invalid_request", error_description=problem, state=state[:MAX_STATE])
    query = request.query_params.multi_items()
    here = f"/authorize?{urlencode([pair for pair in query if pair[0] != 'prompt'])}"
    wants_new = prompt == "create"
    if who.session is None and wants_new:
        return go(with_next("/sign-up", onward(here)))
    if who.session is None:
        raise SignInFirst(onward(here))
    asked = Asked(client_id, redirect_uri, code_challenge, state, shown(device_name))
    return consent(who, who.session, asked, f"/authorize?{urlencode(query)}", wants_new)


def malformed(response_type: str, challenge: str, method: str, state: str) -> str:
    """What is wrong with a request, in a sentence, or nothing."""
    if response_type != "code":
        return "response_type must be code."
    if method != "S256" or not CHALLENGE.fullmatch(challenge):
        return "A code_challenge by the method S256 is needed."
    if not 8 <= len(state) <= MAX_STATE:
        return "A state of 8 to 500 characters is needed."
    return ""


def consent(who: Visitor, session: Session, asked: Asked, here: str, wants_new: bool) -> Response:
    """The page that asks for a yes; who signs out on it comes back `here`, or to a new account."""
    return page(
        who,
        "authorize",
        may_lead_to=origin(asked.redirect_uri),
        client=CLIENTS[asked.client],
        device_name=asked.device_name,
        address=who.machine.address,
        email=session.email,
        since=when(who.identity.clock.now()),
        here=onward(here),
        wants_new=wants_new,
        request=sealed(who.identity.secret, session, asked),
    )


@router.post("/authorize")
async def authorize(
    who: Sending,
    request: Annotated[str, Form(max_length=MAX_REQUEST)] = "",
    decision: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Back to the program, with a code or with a no."""
    session = signed_in(who)
    asked = unsealed(who.identity.secret, session, request)
    if decision != "allow":
        await audit.note(who.identity.db, session.user_id, "login_denied", who.machine.address, asked.device_name)
        refused = {"error": "access_denied", "error_description": "The login was refused in the browser."}
        return back(who, asked.redirect_uri, state=asked.state, **refused)
    code = await grants.allow(who.identity, session, asked, who.machine.address)
    return back(who, asked.redirect_uri, state=asked.state, code=code)


def back(who: Visitor, redirect_uri: str, **answer: str) -> Response:
    """To the listener on the user's machine, with our name (RFC 9207)."""
    return go(f"{redirect_uri}?{urlencode({**answer, 'iss': who.identity.addresses.issuer})}")


def origin(uri: str) -> str:
    """Scheme, host and port."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc}"


def sealed(secret: Secret, session: Session, asked: Asked) -> str:
    """The request as the form carries it: what was shown is what is decided, by whom it was shown to."""
    text = json.dumps(asdict(asked)).encode()
    return base64.urlsafe_b64encode(mac(secret, session, text) + text).decode()


def unsealed(secret: Secret, session: Session, request: str) -> Asked:
    """The request that was shown to this login; FormExpired if it was not."""
    try:
        raw = base64.urlsafe_b64decode(request)
    except ValueError:
        raise FormExpired from None
    if not hmac.compare_digest(raw[:32], mac(secret, session, raw[32:])):
        raise FormExpired
    return Asked(**json.loads(raw[32:]))


def mac(secret: Secret, session: Session, text: bytes) -> bytes:
    return secret.sign(PURPOSE, session.id.bytes + text)
