"""Pages: templates, the headers that bind them, and errors that people can read."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from aniate_server.plumbing.errors import AniateError, BadRequest, FormExpired
from aniate_server.plumbing.http import error_headers
from aniate_server.web.visitor import A_YEAR_S, FORM, SignInFirst, Visitor, visitor, with_next

HERE = Path(__file__).parent
POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'{also}; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""No script, nothing from elsewhere, in nobody's frame, and forms go to us (and on to `ant`, where it waits)."""
STATIC = {"style.css": "text/css; charset=utf-8", "mark.svg": "image/svg+xml"}

WAYS_ON = {
    "code_spent": (
        ("/sign-in", "Sign in"),
        ("/reset", "Choose a new password"),
        ("/sign-up", "Make an account"),
    )
}
"""Where people go on from an error, by its code."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


@cache
def templates() -> Environment:
    """The templates; what they show is escaped, and a word that is missing is a mistake."""
    loader = FileSystemLoader(HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


@cache
def static(name: str) -> bytes:
    """A file of ours that pages refer to."""
    return (HERE / "static" / name).read_bytes()


@cache
def style_version() -> str:
    """Another one for each change, so that browsers may keep the sheet for good."""
    return hashlib.sha256(static("style.css")).hexdigest()[:12]


def page(who: Visitor, name: str, *, status: int = 200, may_lead_to: str = "", **words: object) -> HTMLResponse:
    """A page for this visitor. `may_lead_to` is the one origin beside ours that its form may end at."""
    return rendered(who, name, {"error": "", **words}, status, may_lead_to)


def refused(who: Visitor, name: str, error: AniateError, **words: object) -> HTMLResponse:
    """The form once more, with what was wrong with it."""
    response = rendered(who, name, {**words, "error": f"{error.message} {error.hint}".strip()}, error.status)
    return with_headers_of(error, response)


def rendered(
    who: Visitor, name: str, words: dict[str, object], status: int = 200, may_lead_to: str = ""
) -> HTMLResponse:
    """The template with its words."""
    html = (
        templates()
        .get_template(f"{name}.html")
        .render(
            user_email=who.session.email if who.session else "",
            csrf=who.csrf,
            style_version=style_version(),
            **words,
        )
    )
    policy = POLICY.format(also=f" {may_lead_to}" if may_lead_to else "")
    response = HTMLResponse(html, status, {"content-security-policy": policy})
    who.remember(response, FORM, who.form, A_YEAR_S)
    return response


def with_headers_of(error: AniateError, response: HTMLResponse) -> HTMLResponse:
    """The same, and what else the error tells a program."""
    for header, value in error_headers(error):
        response.headers[header.decode()] = value.decode()
    return response


def go(path: str) -> RedirectResponse:
    """On to another page, by GET."""
    return RedirectResponse(path, 303)


def when(moment: datetime) -> str:
    """A moment as people read it."""
    return moment.astimezone(UTC).strftime("%-d %B %Y, %H:%M UTC")


class PageRoute(APIRoute):
    """A path that answers with pages: what goes wrong is told on one."""

    def get_route_handler(self) -> Handler:
        """The handler with its errors caught."""
        handle = super().get_route_handler()

        async def handle_or_tell(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInFirst as error:
                return go(with_next("/sign-in", error.onward))
            except RequestValidationError:
                return await told(request, BadRequest("This form can't be understood.", "Go back and try again."))
            except AniateError as error:
                return await told(request, error)

        return handle_or_tell


async def told(request: Request, error: AniateError) -> Response:
    """A page that says what went wrong."""
    who = await visitor(request, request.app.state.services.identity)
    heading = "That did not work" if not isinstance(error, FormExpired) else "Once more, please"
    words: dict[str, object] = {
        "error": "",
        "heading": heading,
        "message": error.message,
        "hint": error.hint,
        "ways": WAYS_ON.get(error.code, ()),
    }
    return with_headers_of(error, rendered(who, "error", words, error.status))
