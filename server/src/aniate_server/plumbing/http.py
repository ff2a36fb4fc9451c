"""What plain ASGI endpoints share: request ids, bounded bodies, JSON answers, errors in our shape."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

from aniate_server.plumbing.errors import AniateError, BadRequest, TooLarge
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.patience import within

Headers = Sequence[tuple[bytes, bytes]]

BODY_S = 30.0
"""How long a request's body may take."""
DRAIN_BYTES = 16 << 20
DRAIN_S = 2.0
"""How much, and how long, of a refused body is read and thrown away, so that the refusal can be read."""


def new_request_id() -> str:
    """What one request is called in its answer's `x-request-id` and in the log."""
    return str(new_id())


def error_body(error: AniateError) -> dict[str, Any]:
    """The JSON of a failed request."""
    return {"error": {"code": error.code, "message": error.message, "hint": error.hint}}


def error_headers(error: AniateError) -> list[tuple[bytes, bytes]]:
    """What else an error tells: when to come back, how to authenticate."""
    headers = list(error.headers)
    if error.retry_after_s is not None:
        headers.append((b"retry-after", str(error.retry_after_s).encode()))
    if error.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return headers


def header(scope: Scope, name: bytes) -> str:
    """One header of the request, empty if it is not there."""
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


def ascii_json(content: object) -> bytes:
    """Its JSON on one line, all beyond ASCII escaped: a terminal obeys none of it. Nearly always quickly."""
    with suppress(UnicodeEncodeError):  # half of a surrogate pair
        written = msgspec.json.encode(content)
        if written.isascii():
            return msgspec.json.format(written, indent=0)
    return json.dumps(content).encode()


async def send_json(send: Send, status: int, content: object, headers: Headers = ()) -> None:
    """A whole answer."""
    body = ascii_json(content)
    kind = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": [*kind, *headers]})
    await send({"type": "http.response.body", "body": body})


class Body:
    """The body of one request, never more of it in memory than `limit` bytes."""

    def __init__(self, scope: Scope, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._announced = header(scope, b"content-length")
        self.ended = False
        self.gone = False

    async def read(self) -> bytes:
        """All of it; raises TooLarge as soon as it is known to be too large."""
        if self._announced.isdigit() and int(self._announced) > self._limit:
            raise self._too_large()
        try:
            body = await within(BODY_S, self._whole())
        except TimeoutError:
            raise BadRequest(f"The body did not come within {BODY_S:g} seconds.") from None
        if self.gone:
            raise BadRequest("The request ended before its body was complete.")
        return body

    async def _whole(self) -> bytes:
        chunks, size = [], 0
        while not self.ended:
            chunk = await self._next()
            size += len(chunk)
            if size > self._limit:
                raise self._too_large()
            chunks.append(chunk)
        return b"".join(chunks)

    async def drain(self) -> None:
        """Throw the rest away, within reason: a client that still writes would not read our refusal."""
        size = 0
        try:
            async with asyncio.timeout(DRAIN_S):
                while not self.ended and size < DRAIN_BYTES:
                    size += len(await self._next())
        except TimeoutError:
            self.ended = True

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            self.ended = self.gone = True
            return b""
        self.ended = not message.get("more_body", False)
        return bytes(message.get("body", b""))

    def _too_large(self) -> TooLarge:
        return TooLarge(f"The request is larger than {self._limit >> 20} MiB.", "Send less context.")
