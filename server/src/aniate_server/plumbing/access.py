"""Around every page: a name for the request, a line in the log, and its numbers."""

from __future__ import annotations

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.http import new_request_id
from aniate_server.plumbing.logging import name_request
from aniate_server.plumbing.metrics import HttpMetrics

METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
OFTEN = {"/healthz", "/readyz", "/metrics", "/static/{name}"}
"""What machines ask all the time is logged at `debug`."""

REQUEST_ID = "aniate.request_id"
"""Where the scope says what the request is called."""

log = structlog.get_logger()


class Access:
    """Passes requests on and keeps account of them, by the route's path and never by what stands in it.

    `path` stands for requests without a route.
    """

    def __init__(self, app: ASGIApp, metrics: HttpMetrics, clock: Clock, path: str = "none") -> None:
        self._app = app
        self._metrics = metrics
        self._clock = clock
        self._path = path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request; its answer says what it is called."""
        request_id, began, status = new_request_id(), self._clock.monotonic(), "none"
        name_request(request_id, scope)
        scope[REQUEST_ID] = request_id

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = str(message["status"])
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        finally:
            self._note(scope, status, self._clock.monotonic() - began)

    def _note(self, scope: Scope, status: str, took_s: float) -> None:
        path: str = getattr(scope.get("route"), "path", self._path)
        method = scope["method"] if scope["method"] in METHODS else "other"
        self._metrics.requests[path, method, status].inc()
        self._metrics.time[path, method].observe(took_s)
        tell = log.debug if path in OFTEN else log.info
        tell("request", path=path, method=method, status=status, ms=round(took_s * 1000, 1))
