"""One connection to an upstream, and the answer that comes over it; `upstream_http` holds them all."""

from __future__ import annotations

import asyncio
from collections import deque
from types import TracebackType
from typing import Self

import httptools

HEAD_BYTES = 64 << 10
"""The head of an answer is no longer."""
AHEAD_BYTES = 256 << 10
"""So much is taken in before it is read; then the upstream waits."""
IDLE_S = 15.0
"""Servers end connections that lie idle for longer."""
MOST_IDLE = 256


class UpstreamBroken(Exception):
    """The upstream cannot be reached, or broke off."""


class CannotConnect(UpstreamBroken):
    """Nobody answers at that address."""


class ConnectTimeout(CannotConnect):
    """Not in time, that is."""


class BrokenOff(UpstreamBroken):
    """The connection ended, or spoke no HTTP, before the answer was whole."""


class Stale(BrokenOff):
    """It had ended while it lay idle: nobody read the request."""


class Answer:
    """One answer. `async with` it: what is not read to its end takes its connection with it."""

    def __init__(self, connection: Connection) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        """By name in small letters."""
        self.began = False
        """Something of it came."""
        self._connection: Connection | None = connection
        self._chunks: list[bytes] = []
        self._ahead = 0
        self._ended = False
        self._error: BaseException | None = None
        self._waiter: asyncio.Future[None] | None = None

    @property
    def content_type(self) -> str:
        """Without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    async def head(self) -> None:
        """Wait for status and headers."""
        while not self.status:
            await self._more()

    async def readany(self) -> bytes:
        """What came, empty at the end; BrokenOff if it ended too early."""
        while not self._chunks:
            if self._ended:
                return b""
            await self._more()
        chunk = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
        self._chunks.clear()
        self._ahead = 0
        if self._connection is not None:
            self._connection.go_on()
        return chunk

    async def read(self, at_most: int) -> bytes:
        """All of it, or its first `at_most` bytes."""
        data = bytearray()
        while len(data) < at_most and (chunk := await self.readany()):
            data += chunk
        return bytes(data[:at_most])

    @property
    def ended(self) -> bool:
        """Whether all of it came, read or not."""
        return self._ended

    def set_exception(self, exc: BaseException, exc_cause: BaseException | None = None) -> None:
        """Who reads, now or later, gets that."""
        exc.__cause__ = exc_cause
        self._error = exc
        self._wake()

    def close(self) -> None:
        """Nothing of it is wanted any more."""
        if self._connection is not None:
            self._connection.abort()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, _: object, __: object, ___: TracebackType | None) -> None:
        self.close()

    # What the connection tells.

    def begins(self, status: int) -> None:
        """The head is whole."""
        self.status = status
        self._wake()

    def brings(self, data: bytes) -> bool:
        """A part of the body came; whether that is enough for now."""
        self._chunks.append(data)
        self._ahead += len(data)
        self._wake()
        return self._ahead > AHEAD_BYTES

    def ends(self, error: BaseException | None = None) -> None:
        """It is whole, or there will be no more of it."""
        self._connection = None
        self._ended = error is None
        if error is not None and self._error is None:
            self._error = error
        self._wake()

    async def _more(self) -> None:
        if (error := self._error) is not None:
            self._error = BrokenOff("It had ended.")  # what was raised holds our frame, and that holds us
            try:
                raise error
            finally:
                del error
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection(asyncio.Protocol):
    """One connection, one answer at a time. The callbacks without a docstring are httptools'."""

    def __init__(self, idle: deque[Connection]) -> None:
        self._idle = idle
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._answer: Answer | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._head_bytes = 0
        self._bounded = False
        self._paused = False
        self._unasked = False
        self.idle_since = 0.0

    @property
    def usable(self) -> bool:
        """Whether another request may go over it."""
        closing = self._transport is None or self._transport.is_closing()
        return not closing and self._loop.time() - self.idle_since < IDLE_S

    def send(self, request: bytes) -> Answer:
        """Send a whole request; its answer begins some time."""
        self._answer = answer = Answer(self)
        self._head_bytes, self._bounded = 0, False
        if self._transport is None:
            self._end(BrokenOff("The connection is gone."))
        else:
            self._transport.write(request)
        return answer

    def abort(self) -> None:
        """End it at once."""
        if self._transport is not None:
            self._transport.abort()
        self._end(BrokenOff("Given up."))

    def go_on(self) -> None:
        """What came was read."""
        if self._paused and self._transport is not None:
            self._paused = False
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It stands."""
        self._transport = transport  # type: ignore[assignment]  # a stream's is a Transport

    def data_received(self, data: bytes) -> None:
        """Parse what came. What comes unasked ends the connection."""
        answer = self._answer
        if answer is None:
            self.abort()
            return
        answer.began = True
        if not answer.status:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade) as nonsense:
            self._end(BrokenOff(type(nonsense).__name__))
            self.abort()
            return
        if self._unasked:
            self.abort()
        elif not answer.status and self._head_bytes > HEAD_BYTES:
            self._end(BrokenOff("The head is too long."))
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """An answer that says nothing of its length ends with its connection."""
        self._transport = None
        whole = exc is None and self._answer is not None and self._answer.status != 0 and not self._bounded
        self._end(None if whole else BrokenOff(str(exc or "The connection ended.")))

    def on_message_begin(self) -> None:
        self._unasked |= self._answer is None

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._answer is not None and not self._answer.status:  # what follows a body is not looked at
            key = name.decode("latin-1").lower()
            self._answer.headers[key] = value.decode("latin-1")
            self._bounded |= key in ("content-length", "transfer-encoding")

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._answer is not None and status >= 200:
            self._answer.begins(status)
        elif self._answer is not None:  # "go on", "early hints"
            self._answer.headers.clear()

    def on_body(self, body: bytes) -> None:
        if self._answer is not None and self._answer.brings(body) and not self._paused and self._transport:
            self._paused = True
            self._transport.pause_reading()

    def on_message_complete(self) -> None:
        if self._answer is None or not self._answer.status:
            return
        keep = self._parser.should_keep_alive() and len(self._idle) < MOST_IDLE
        self._end(None)
        if keep:
            self.go_on()
            self.idle_since = self._loop.time()
            self._idle.append(self)
        elif self._transport is not None:
            self._transport.close()

    def _end(self, error: BaseException | None) -> None:
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.ends(error)
