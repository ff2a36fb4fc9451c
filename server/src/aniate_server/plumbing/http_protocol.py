"""uvicorn's HTTP protocol with bounds: a stranger can neither fill our memory nor keep us waiting with a head.

It also tells who answers, without a task for each request, that the connection is gone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 << 10
HEAD_S = 10.0
"""How long the head of a request may take to come, from the first byte or from the connection's start."""
WHOLE_BODY_S = 35.0
"""How long its body may take; a little longer than what the endpoints allow, which tell it in words."""
CONNECTION = "aniate.connection"
"""Where the scope has the connection that the request came over."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Past a bound it is closed without an answer."""

    head_s = HEAD_S
    body_s = WHOLE_BODY_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: handed on to uvicorn as they come
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._head_due = True
        self._due_s: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._listeners: set[Callable[[], None]] = set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A head is due."""
        super().connection_made(transport)
        self._expect(self.head_s)
        self._see_to_timer()

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head; a body has bounds of its own."""
        super().data_received(data)
        if self._head_due:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()
        self._see_to_timer()

    def on_message_begin(self) -> None:
        """The next head on this connection begins."""
        super().on_message_begin()
        self.scope[CONNECTION] = self  # type: ignore[literal-required]  # one of ours
        self._head_bytes, self._head_due = 0, True
        self._expect(self.head_s)

    def on_headers_complete(self) -> None:
        """The head is whole; a body is due, if one was announced."""
        self._head_due = False
        self._expect(self.body_s)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._expect(None)
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more, and nobody listens."""
        self._expect(None)
        self._head_due = False
        super().connection_lost(exc)
        for listener in list(self._listeners):
            listener()

    def tell_loss(self, listener: Callable[[], None]) -> None:
        """Call it when the connection is lost, until `no_more`. It is read from now on, or nobody would see that."""
        self._listeners.add(listener)
        self.flow.resume_reading()
        if self.transport.is_closing():
            self.loop.call_soon(listener)

    def no_more(self, listener: Callable[[], None]) -> None:
        """See `tell_loss`."""
        self._listeners.discard(listener)

    def _expect(self, due_s: float | None) -> None:
        """What is due now, and in what time; None for nothing."""
        self._due_s = due_s
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _see_to_timer(self) -> None:
        """Only what did not come with the same bytes needs one."""
        if self._due_s is not None and self._timer is None:
            self._timer = self.loop.call_later(self._due_s, self.transport.close)
