"""The two forms of an answer: a stream of events, and one JSON object.

Both are given a function for what `start` says, because the words may be cut once more before it is said.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import asdict
from typing import Protocol

from starlette.types import Send

from aniate.wire import Answer, Start, Usage
from aniate_server.inference import sse
from aniate_server.inference.answer import Reader
from aniate_server.inference.interruption import ClientGone
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.http import Headers, error_body, error_headers, send_json

UNREAD_S = 30.0
"""A client that takes nothing for so long is taken for gone."""
STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class HttpReader(Reader, Protocol):
    """A reader that can also be told that it takes long, and that it failed."""

    async def keep_alive(self) -> None:
        """Nothing came for a while."""
        ...

    async def failed(self, error: AniateError) -> None:
        """There will be no end."""
        ...


class EventStream:
    """`stream: true`. The 200 goes out with `start`, or with the first sign of life if the model takes long."""

    def __init__(self, send: Send, headers: Headers, start: Callable[[], Start]) -> None:
        self._send = send
        self._headers = headers
        self._start = start
        self._open = False
        self._waiting = True

    async def start(self) -> None:
        """Event `start`, once."""
        if not self._open:
            self._open = True
            await self._send({"type": "http.response.start", "status": 200, "headers": [*STREAM, *self._headers]})
            await self._write(sse.event("start", vars(self._start())))

    async def delta(self, text: str) -> None:
        """Event `delta`."""
        self._waiting = False
        await self._write(sse.event("delta", {"text": text}))

    async def keep_alive(self) -> None:
        """A comment, while nothing else was said."""
        if self._waiting:
            await self.start()
            await self._write(sse.KEEP_ALIVE)

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """Events `usage` and `done`."""
        ending = sse.event("usage", vars(usage)) + sse.event("done", {"finish_reason": finish_reason})
        await self._write(ending, last=True)

    async def failed(self, error: AniateError) -> None:
        """Event `error`, or a status of its own if nothing was said yet."""
        if self._open:
            await self._write(sse.event("error", error_body(error)["error"]), last=True)
        else:
            await send_json(self._send, error.status, error_body(error), [*self._headers, *error_headers(error)])

    async def _write(self, data: bytes, *, last: bool = False) -> None:
        try:
            async with asyncio.timeout(UNREAD_S):
                await self._send({"type": "http.response.body", "body": data, "more_body": not last})
        except TimeoutError:
            raise ClientGone from None


class WholeAnswer:
    """`stream: false`: one JSON object at the end."""

    def __init__(self, send: Send, headers: Headers, start: Callable[[], Start]) -> None:
        self._send = send
        self._headers = headers
        self._start = start
        self._texts: list[str] = []

    async def start(self) -> None:
        """Nothing yet."""

    async def delta(self, text: str) -> None:
        """Kept."""
        self._texts.append(text)

    async def keep_alive(self) -> None:
        """There is no way to say so in JSON."""

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """All of it."""
        start = self._start()
        answer = Answer(start.request_id, start.model, "".join(self._texts), finish_reason, usage)
        await send_json(self._send, 200, asdict(answer), self._headers)

    async def failed(self, error: AniateError) -> None:
        """The error's own status."""
        await send_json(self._send, error.status, error_body(error), [*self._headers, *error_headers(error)])
