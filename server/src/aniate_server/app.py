"""The whole HTTP door: what asks a model as plain ASGI, everything else by FastAPI."""

from __future__ import annotations

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from aniate_server import __version__
from aniate_server.accounts import oauth
from aniate_server.accounts import routes as accounts_routes
from aniate_server.accounts.oauth_errors import OAuthRefused
from aniate_server.assistants import routes as assistants_routes
from aniate_server.brewed import routes as brewed_routes
from aniate_server.brews import routes as brews_routes
from aniate_server.history import routes as history_routes
from aniate_server.inference import models
from aniate_server.inference.chat import CHAT
from aniate_server.inference.completions import COMPLETIONS
from aniate_server.inference.models import ModelsEndpoint
from aniate_server.inference.routes import KEEP_ALIVE_S, Endpoint
from aniate_server.inference.services import Services
from aniate_server.monitoring import routes as monitoring_routes
from aniate_server.plumbing.access import Access
from aniate_server.plumbing.errors import AniateError, BadRequest, NotFound, TooLarge
from aniate_server.plumbing.http import Body, error_body, error_headers, header, send_json
from aniate_server.plumbing.http_headers import BindingHeaders
from aniate_server.usage import routes as usage_routes
from aniate_server.web import routes as web_routes
from aniate_server.web.render import told

MAX_PAGE_BODY_BYTES = 1 << 20
DOORS = (CHAT, COMPLETIONS)
"""Every address that asks a model."""

log = structlog.get_logger()


def create_app(services: Services, *, keep_alive_s: float = KEEP_ALIVE_S) -> ASGIApp:
    """The ASGI application of one process, over services that are open. `keep_alive_s` as of `Endpoint`."""
    doors: dict[str, ASGIApp] = {door.path: Endpoint(services, door, keep_alive_s=keep_alive_s) for door in DOORS}
    pages = create_pages(services)
    watched = Access(pages, services.metrics.http, services.clock)
    listed = Access(ModelsEndpoint(services), services.metrics.http, services.clock, path=models.PATH)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (endpoint := doors.get(scope["path"])):
            await endpoint(scope, receive, send)
        elif scope["type"] == "http" and f"{scope['path']}/".startswith(f"{models.PATH}/"):
            await listed(scope, receive, send)
        else:
            await (watched if scope["type"] == "http" else pages)(scope, receive, send)

    return app


class BoundedBodies:
    """Refuses a body of more than MAX_PAGE_BODY_BYTES by its announced size, and one without a size altogether."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        announced = header(scope, b"content-length") if scope["type"] == "http" else ""
        if scope["type"] == "http" and header(scope, b"transfer-encoding"):
            refused: AniateError = BadRequest("The body's size must be said: Content-Length.")
        elif announced.isdigit() and int(announced) > MAX_PAGE_BODY_BYTES:
            refused = TooLarge(f"The request is larger than {MAX_PAGE_BODY_BYTES >> 20} MiB.", "Send less.")
        else:
            await self._app(scope, receive, send)
            return
        await Body(scope, receive, MAX_PAGE_BODY_BYTES).drain()
        await send_json(send, refused.status, error_body(refused))


def create_pages(services: Services) -> FastAPI:
    """Everything but the doors."""
    pages = FastAPI(title="Aniate", version=__version__, docs_url=None, redoc_url=None, openapi_url=None)
    pages.state.services = services
    pages.add_middleware(BoundedBodies)
    pages.add_middleware(BindingHeaders, secure=services.identity.addresses.web.startswith("https://"))
    pages.add_exception_handler(OAuthRefused, oauth.on_refused)
    pages.add_exception_handler(AniateError, on_known_error)
    pages.add_exception_handler(HTTPException, on_http_error)
    pages.add_exception_handler(RequestValidationError, on_malformed)
    pages.add_exception_handler(Exception, on_bug)
    pages.include_router(accounts_routes.router)
    pages.include_router(oauth.router)
    pages.include_router(brews_routes.router)
    pages.include_router(assistants_routes.router)
    pages.include_router(history_routes.router)
    pages.include_router(brewed_routes.router)
    pages.include_router(usage_routes.router)
    pages.include_router(web_routes.router)
    pages.include_router(monitoring_routes.router)
    return pages


def on_known_error(_: Request, error: Exception) -> JSONResponse:
    """An error of our tree: its status, code, sentence and hint."""
    assert isinstance(error, AniateError)  # noqa: S101 - registered for this class alone
    headers = {name.decode(): value.decode() for name, value in error_headers(error)}
    return JSONResponse(error_body(error), error.status, headers)


async def on_http_error(request: Request, error: Exception) -> Response:
    """What the framework refuses (no such path, wrong method): on a page for who wants one, else in our shape."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class alone
    if "text/html" in request.headers.get("accept", ""):  # a person, who may have loaded a form's address anew
        return await told(request, NotFound("There is no such page.", "Look at the address again."))
    code = "not_found" if error.status_code == 404 else "bad_request"
    body = {"error": {"code": code, "message": f"{error.detail}.", "hint": ""}}
    return JSONResponse(body, error.status_code, error.headers)


def on_malformed(_: Request, error: Exception) -> JSONResponse:
    """What does not fit the documented form of a request, in our shape and in one sentence."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class alone
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    known = BadRequest(f"{where or 'The body'}: {str(first['msg']).lower()}.")
    return JSONResponse(error_body(known), known.status)


def on_bug(_: Request, error: Exception) -> JSONResponse:
    """A mistake of ours: the log says which, the caller only that it is ours."""
    log.error("bug", kind=type(error).__name__, exc_info=error)
    return JSONResponse(error_body(AniateError("Something went wrong on our side.", "Try again.")), 500)
