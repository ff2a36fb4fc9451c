"""Where a stream of events leaves us: its 200 once, its bytes, and whether anybody takes them."""

from __future__ import annotations

from starlette.types import Send

from aniate_server.inference.interruption import ClientGone
from aniate_server.plumbing.http import Headers, send_json
from aniate_server.plumbing.patience import within

UNREAD_S = 30.0
"""A client that takes nothing for so long is taken for gone."""
STREAM = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Outlet:
    """One stream on its way to one client."""

    def __init__(self, send: Send, headers: Headers) -> None:
        self._send = send
        self._headers = headers
        self._open = False

    async def open(self) -> bool:
        """Send the 200; False if that was done before."""
        if self._open:
            return False
        self._open = True
        await self._send({"type": "http.response.start", "status": 200, "headers": [*STREAM, *self._headers]})
        return True

    async def write(self, data: bytes, *, last: bool = False) -> None:
        """Send bytes; ClientGone if they are not taken."""
        try:
            await within(UNREAD_S, self._send({"type": "http.response.body", "body": data, "more_body": not last}))
        except TimeoutError:
            raise ClientGone from None

    async def end(self, last_words: bytes, status: int, body: object, headers: Headers) -> None:
        """Say that it failed: with the last words of the stream, or, if nothing was sent yet, with a status."""
        if self._open:
            await self.write(last_words, last=True)
        else:
            await send_json(self._send, status, body, [*self._headers, *headers])
