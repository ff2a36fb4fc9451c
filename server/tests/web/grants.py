"""How `ant` asks for a login, as far as a test needs it: the request, the consent in a browser, the exchange."""

from __future__ import annotations

import base64
import hashlib
from typing import Any
from urllib.parse import urlencode

from aniate import wire
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import Browser, query_of

VERIFIER = "v" * 43
CALLBACK = "http://127.0.0.1:49152/callback"
STATE = "state-of-the-terminal"


def challenge(verifier: str = VERIFIER) -> str:
    """S256 of RFC 7636."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def authorize_path(**changed: str) -> str:
    """The address that `ant` opens in a browser; a field that is changed to nothing is left out."""
    asked = {
        "response_type": "code",
        "client_id": wire.CLIENT_ID,
        "redirect_uri": CALLBACK,
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
        "state": STATE,
        "device_name": "ada's laptop",
        **changed,
    }
    return "/authorize?" + urlencode({name: value for name, value in asked.items() if value})


async def allowed_code(browser: Browser, **changed: str) -> str:
    """The code that the browser is sent back with, once the user says yes."""
    await browser.open(authorize_path(**changed))
    page = await browser.send("/authorize", decision="allow")
    return query_of(page.headers["location"])["code"]


async def post(gateway: Gateway, path: str, **fields: str) -> tuple[int, Any]:
    """A form to one of OAuth's paths."""
    async with gateway.http.post(gateway.url + path, data=fields, headers={"user-agent": "ant/1.0.0"}) as answer:
        return answer.status, await answer.json()


async def exchange(gateway: Gateway, code: str, **changed: str) -> tuple[int, Any]:
    """The code for a login."""
    fields = {
        "grant_type": "authorization_code",
        "client_id": wire.CLIENT_ID,
        "code": code,
        "redirect_uri": CALLBACK,
        "code_verifier": VERIFIER,
        **changed,
    }
    return await post(gateway, wire.TOKEN_PATH, **fields)


async def poll(gateway: Gateway, device_code: str, client_id: str = wire.CLIENT_ID) -> tuple[int, Any]:
    """Whether the device was allowed in."""
    grant = "urn:ietf:params:oauth:grant-type:device_code"
    return await post(gateway, wire.TOKEN_PATH, grant_type=grant, device_code=device_code, client_id=client_id)
