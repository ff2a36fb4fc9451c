"""Who looks at a page: the browser's cookies, the login behind them, and whether a form came from a page of ours.

Forms carry a mark that only this browser's pages bear (a MAC over its cookies), and browsers say where a request
comes from; both must be right. Cookies are `__Host-` ones wherever our pages are on https.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote, urlsplit

from fastapi import Depends, Form, Request
from starlette.responses import Response

from aniate_server.accounts import sessions
from aniate_server.accounts.current_user import Accounts
from aniate_server.accounts.identity import Identity
from aniate_server.accounts.oauth import address_of
from aniate_server.accounts.people import Entry
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.sessions import LONGEST, Machine
from aniate_server.plumbing.errors import FormExpired, NoCookies

SESSION, FORM, KNOWN, NEXT = "aniate_session", "aniate_form", "aniate_known", "aniate_next"
PURPOSE = "form"
A_YEAR_S, AN_HOUR_S = 365 * 86400, 3600
ONWARD = re.compile(r"/(?:authorize|device|account)(?:\?[\x21-\x7e]{0,2000})?")
"""Where a sign-in may lead on to: pages of ours and nowhere else."""
BROWSERS = ("Edg", "OPR", "Firefox", "Chromium", "Chrome", "Safari", "curl")
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS X": "macOS",
    "Windows": "Windows",
    "Linux": "Linux",
}
CALLED = {"Edg": "Edge", "OPR": "Opera"}


class SignInFirst(Exception):
    """The page is for who is signed in; raised with the way back to it."""

    def __init__(self, onward: str) -> None:
        super().__init__(onward)
        self.onward = onward


@dataclass(frozen=True)
class Visitor:
    """A browser with one request."""

    identity: Identity
    session: Session | None
    form: str
    cookie: str
    known: str
    onward: str
    machine: Machine
    secure: bool
    keeps_cookies: bool

    @property
    def csrf(self) -> str:
        """What forms for this browser carry."""
        mark = self.identity.secret.sign(PURPOSE, f"{self.form}\0{self.cookie}".encode())
        return base64.urlsafe_b64encode(mark).decode().rstrip("=")

    def remember(self, response: Response, name: str, value: str, max_age_s: int) -> None:
        """Set a cookie that no script and no other site sees; an empty value takes it away."""
        response.set_cookie(
            cookie_name(name, self.secure),
            value,
            max_age=max_age_s if value else 0,
            path="/",
            secure=self.secure,
            httponly=True,
            samesite="lax",
        )

    def come_in(self, response: Response, entry: Entry) -> None:
        """From now on this browser is signed in, and known for that account."""
        self.remember(response, SESSION, entry.cookie, int(LONGEST["web"].total_seconds()))
        self.remember(response, KNOWN, entry.known, A_YEAR_S)
        self.remember(response, NEXT, "", 0)


async def visitor(request: Request, identity: Accounts) -> Visitor:
    """The visitor of this request."""
    secure = identity.addresses.web.startswith("https://")

    def cookie(name: str) -> str:
        return request.cookies.get(cookie_name(name, secure), "")[: 200 if name != NEXT else 3000]

    session = await sessions.web_session(identity, cookie(SESSION))
    agent = request.headers.get("user-agent", "")
    return Visitor(
        identity=identity,
        session=session,
        form=cookie(FORM) or secrets.token_urlsafe(18),
        cookie=cookie(SESSION),
        known=cookie(KNOWN),
        onward=onward(cookie(NEXT)),
        machine=Machine(browser_name(agent), browser_version(agent), address_of(request)),
        secure=secure,
        keeps_cookies=bool(cookie(FORM)),
    )


Visiting = Annotated[Visitor, Depends(visitor)]


async def sender(request: Request, who: Visiting, csrf: Annotated[str, Form(max_length=200)] = "") -> Visitor:
    """The visitor who sent a form; FormExpired if it was not filled in on a page of ours."""
    if not who.keeps_cookies:
        raise NoCookies
    if not hmac.compare_digest(csrf.encode(), who.csrf.encode()) or not from_our_page(request, who):
        raise FormExpired
    return who


Sending = Annotated[Visitor, Depends(sender)]


def signed_in(who: Visitor, back: str = "/account") -> Session:
    """The login of the visitor; SignInFirst if there is none."""
    if who.session is None:
        raise SignInFirst(back)
    return who.session


def from_our_page(request: Request, who: Visitor) -> bool:
    """Whether the browser, if it says anything, says that the request comes from a page of this host."""
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    origin = request.headers.get("origin")
    if origin is None or origin == who.identity.addresses.web:
        return True
    try:
        return urlsplit(origin).netloc == request.headers.get("host")
    except ValueError:  # brackets that do not match
        return False


def cookie_name(name: str, secure: bool) -> str:
    """`__Host-`: only by https, only for this host, only for all of it (RFC 6265bis)."""
    return f"__Host-{name}" if secure else name


def onward(path: str) -> str:
    """The path if a sign-in may lead on to it, else nothing."""
    return path if ONWARD.fullmatch(path) else ""


def with_next(page: str, path: str) -> str:
    """The address of a page that leads on to `path`."""
    return f"{page}?next={quote(path, safe='')}" if path else page


def browser_version(agent: str) -> str:
    """The browser and its main version, by its User-Agent: `Firefox 150`."""
    browser = next((name for name in BROWSERS if f"{name}/" in agent), "")
    version = agent.partition(f"{browser}/")[2].partition(".")[0] if browser else ""
    return f"{CALLED.get(browser, browser)} {version}".strip() if version.isdigit() else "a browser"


def browser_name(agent: str) -> str:
    """What people call the browser, by its User-Agent: `Firefox on Linux`."""
    browser = next((name for name in BROWSERS if f"{name}/" in agent), "")
    system = next((called for token, called in SYSTEMS.items() if token in agent), "")
    return " on ".join(filter(None, (CALLED.get(browser, browser) or "A browser", system)))
