"""uvicorn's HTTP protocol with bounds: a stranger can neither fill our memory nor keep us waiting with a head."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 << 10
HEAD_S = 10.0
"""How long the head of a request may take to come, from the first byte or from the connection's start."""
WHOLE_BODY_S = 35.0
"""How long its body may take; a little longer than what the endpoints allow, which tell it in words."""


class BoundedProtocol(HttpToolsProtocol):
    """One connection. Past a bound it is closed without an answer."""

    head_s = HEAD_S
    body_s = WHOLE_BODY_S

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: handed on to uvicorn as they come
        super().__init__(*args, **kwargs)
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None
        self._body_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """A head is due."""
        super().connection_made(transport)
        self._expect_head(transport)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to a head; a body has bounds of its own."""
        super().data_received(data)
        if self._head_timer is not None:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES:
                self.transport.close()

    def on_message_begin(self) -> None:
        """The next head on this connection begins."""
        super().on_message_begin()
        self._expect_head(self.transport)

    def on_headers_complete(self) -> None:
        """The head is whole; a body is due, if one was announced."""
        self._head_came()
        super().on_headers_complete()
        self._body_timer = self.loop.call_later(self.body_s, self.transport.close)

    def on_message_complete(self) -> None:
        """The body is whole."""
        self._body_came()
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is due any more."""
        self._head_came()
        self._body_came()
        super().connection_lost(exc)

    def _expect_head(self, transport: asyncio.Transport) -> None:
        self._head_came()
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.head_s, transport.close)

    def _head_came(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _body_came(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None
