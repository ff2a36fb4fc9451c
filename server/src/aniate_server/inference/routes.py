"""The doors as plain ASGI: FastAPI's routing and models would cost more than all stations together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.types import Receive, Scope, Send

from aniate.wire import MAX_BODY_BYTES
from aniate_server.inference.answer import deliver, prepare
from aniate_server.inference.door import Door, HttpReader
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.interruption import ClientGone, Interruption
from aniate_server.inference.record import record
from aniate_server.inference.seen_before import left
from aniate_server.inference.services import Services
from aniate_server.inference.vigil import Vigil
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import AniateError, Unavailable, WrongMethod
from aniate_server.plumbing.http import Body, Headers, error_headers, header, send_json
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.logging import name_request

KEEP_ALIVE_S = 15.0

log = structlog.get_logger()


class Endpoint:
    """The ASGI application of one door. `keep_alive_s`: after so long a silence comes a comment."""

    def __init__(self, services: Services, door: Door, *, keep_alive_s: float = KEEP_ALIVE_S) -> None:
        self._services = services
        self._door = door
        self._keep_alive_s = keep_alive_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request: every error that we know, and every bug, becomes one clear error."""
        body = Body(scope, receive, MAX_BODY_BYTES)
        exchange = exchange_of(scope, body, self._door, self._services.clock)
        headers, code = exchange.headers, ""
        reader: HttpReader | None = None
        try:
            if scope["method"] != "POST":
                headers.append((b"allow", b"POST"))
                raise WrongMethod("Chat takes POST only.")
            await prepare(exchange, self._services)
            reader = self._door.reader(exchange, send, headers)
            await self._deliver(exchange, scope, reader)
        except ClientGone:
            return  # it takes nothing any more; the request is settled
        except Exception as error:  # noqa: BLE001 - the one place where everything ends
            code = await self._fail(known_error(error, exchange.named), body, reader, send, headers)
        finally:
            left(exchange, self._services)
            # What was written leaves at the end of this turn of the event loop; the books of the log can wait for that.
            asyncio.get_running_loop().call_soon(record, exchange, self._services, code)

    async def _fail(
        self, known: AniateError, body: Body, reader: HttpReader | None, send: Send, headers: Headers
    ) -> str:
        """Tell it; its code. Kept in a variable of who caught it, it would hold that frame, and the body, for long."""
        await body.drain()
        if reader is not None:
            await reader.failed(known)
        else:
            status, told = self._door.refusal(known)
            await send_json(send, status, told, [*headers, *error_headers(known)])
        return known.code

    async def _deliver(self, exchange: Exchange, scope: Scope, reader: HttpReader) -> None:
        """Answer; a client that goes away and a server that stops break it off."""
        interruption = Interruption()
        stopping = Unavailable("The server is shutting down.")
        told = self._services.stopping.tells(lambda: interruption.interrupt(stopping))
        looked_after = Vigil(scope, reader, interruption, self._keep_alive_s)
        with told, self._services.metrics.chat.open_streams.track_inprogress(), looked_after:
            await deliver(exchange, self._services, reader, interruption)


def exchange_of(scope: Scope, body: Body, door: Door, clock: Clock) -> Exchange:
    """A request as it comes in; from now on the log calls it by its id."""
    exchange = Exchange(new_id(), header(scope, b"authorization"), body.read, door.question_in, clock.monotonic())
    exchange.cache_control = header(scope, b"cache-control")
    exchange.headers.append((b"x-request-id", exchange.named.encode()))
    exchange.read_body = timed(body.read, exchange, clock)
    name_request(exchange.named, scope)
    return exchange


def timed(read: Callable[[], Awaitable[bytes]], exchange: Exchange, clock: Clock) -> Callable[[], Awaitable[bytes]]:
    """The same, but the exchange remembers how long it took."""

    async def reading() -> bytes:
        began = clock.monotonic()
        try:
            return await read()
        finally:
            exchange.body_s = clock.monotonic() - began
            exchange.read_body = read  # we hold the exchange, so it must not hold us

    return reading


def known_error(error: Exception, request_id: str) -> AniateError:
    """The error to tell; a bug goes to the log with its traceback, and is told as such."""
    if isinstance(error, AniateError):
        return error
    log.error("bug", request_id=request_id, exc_info=error)
    return AniateError("The server made a mistake; it was recorded.", f"Tell us this number: {request_id}")
