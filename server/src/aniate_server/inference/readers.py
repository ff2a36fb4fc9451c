"""The two forms of an answer of `/v1/chat`: a stream of events, and one JSON object.

Both are given a function for what `start` says, because the words may be cut once more before it is said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from starlette.types import Send

from aniate.wire import Answer, Source, Start, Status, Unsupported, Usage
from aniate_server.inference import sse
from aniate_server.inference.outlet import Outlet
from aniate_server.inference.providers import Piece
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.http import Headers, error_body, error_headers, send_json


class EventStream:
    """`stream: true`. The 200 goes out with `start`, or with the first sign of life if the model takes long.

    `start` waits for the model that took the question: until then another one may answer.
    """

    def __init__(self, send: Send, headers: Headers, start: Callable[[], Start], position: Callable[[], int]) -> None:
        self._outlet = Outlet(send, headers)
        self._start = start
        self._position = position
        self._waiting = True

    async def start(self) -> None:
        """Event `start`."""
        await self._outlet.open()
        await self._outlet.write(sse.event("start", vars(self._start())))

    async def delta(self, piece: Piece) -> None:
        """Event `delta`. What is no text, nobody asked for here."""
        self._waiting = False
        if piece.text:
            await self._outlet.write(sse.event("delta", {"text": piece.text}))

    async def keep_alive(self) -> None:
        """While nothing else was said: where in the line it waits, or a comment."""
        if self._waiting:
            await self._outlet.open()
            position = self._position()
            await self._outlet.write(told(Status("waiting", position)) if position else sse.KEEP_ALIVE)

    async def status(self, state: str, count: int) -> None:
        """Event `status`."""
        await self._outlet.open()
        await self._outlet.write(told(Status(state, count=count)))

    async def cited(self, sources: tuple[Source, ...], unsupported: tuple[Unsupported, ...]) -> None:
        """Events `sources` and `support`."""
        self._waiting = False
        events = sse.event("sources", {"sources": list(map(vars, sources))})
        await self._outlet.write(events + sse.event("support", {"unsupported": list(map(vars, unsupported))}))

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """Events `usage` and `done`."""
        self._waiting = False
        ending = sse.event("usage", vars(usage)) + sse.event("done", {"finish_reason": reason(finish_reason)})
        await self._outlet.write(ending, last=True)

    async def failed(self, error: AniateError) -> None:
        """Event `error`, or a status of its own if nothing was said yet."""
        body = error_body(error)
        await self._outlet.end(sse.event("error", body["error"]), error.status, body, error_headers(error))


class WholeAnswer:
    """`stream: false`: one JSON object at the end."""

    def __init__(self, send: Send, headers: Headers, start: Callable[[], Start]) -> None:
        self._send = send
        self._headers = headers
        self._start = start
        self._texts: list[str] = []
        self._cited: dict[str, object] = {}

    async def start(self) -> None:
        """Nothing yet."""

    async def delta(self, piece: Piece) -> None:
        """Kept."""
        self._texts.append(piece.text)

    async def keep_alive(self) -> None:
        """There is no way to say so in JSON."""

    async def status(self, state: str, count: int) -> None:
        """Nor this."""

    async def cited(self, sources: tuple[Source, ...], unsupported: tuple[Unsupported, ...]) -> None:
        """Kept."""
        self._cited = {"sources": list(map(vars, sources)), "unsupported": list(map(vars, unsupported))}

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """All of it."""
        start = self._start()
        answer = Answer(start.request_id, start.model, "".join(self._texts), reason(finish_reason), usage)
        whole = {**asdict(answer), **self._cited} if self._cited else without_pages(asdict(answer))
        await send_json(self._send, 200, whole, self._headers)

    async def failed(self, error: AniateError) -> None:
        """The error's own status."""
        await send_json(self._send, error.status, error_body(error), [*self._headers, *error_headers(error)])


def told(status: Status) -> bytes:
    """The event, with what there is to say."""
    return sse.event("status", {name: value for name, value in vars(status).items() if value})


def without_pages(answer: dict[str, object]) -> dict[str, object]:
    """An answer of a brew that does not search has nothing to say of pages."""
    return {name: value for name, value in answer.items() if name not in ("sources", "unsupported")}


def reason(finish_reason: str) -> str:
    """How the answer ended, in the wire's two words for it."""
    return "length" if finish_reason == "length" else "stop"
