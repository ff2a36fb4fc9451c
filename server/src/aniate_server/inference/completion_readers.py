"""The two forms of a completion: a stream of chunks, and one object. Ids and names in them are ours alone."""

from __future__ import annotations

from typing import Any

from starlette.types import Send

from aniate.wire import Source, Unsupported, Usage
from aniate_server.inference import sse
from aniate_server.inference.completion_errors import refusal
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.outlet import Outlet
from aniate_server.inference.providers import Piece, ToolCall
from aniate_server.inference.tool_calls import joined
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.http import Headers, ascii_json, error_headers, send_json

REASONS = ("stop", "length", "tool_calls", "content_filter")


class Chunks:
    """`stream: true`. The 200 goes out with the first chunk, or with the first sign of life."""

    def __init__(self, send: Send, headers: Headers, exchange: Exchange) -> None:
        self._outlet = Outlet(send, headers)
        self._exchange = exchange
        self._waiting = True
        self._called: set[int] = set()

    async def start(self) -> None:
        """The chunk that says who speaks."""
        await self._outlet.open()
        await self._write(self._chunk({"role": "assistant", "content": ""}))

    async def delta(self, piece: Piece) -> None:
        """A chunk."""
        self._waiting = False
        said: dict[str, Any] = {"content": piece.text} if piece.text else {}
        if piece.tool_calls:
            said["tool_calls"] = [self._part(call) for call in piece.tool_calls]
        await self._write(self._chunk(said))

    async def keep_alive(self) -> None:
        """A comment, while nothing else was said."""
        if self._waiting:
            await self._outlet.open()
            await self._outlet.write(sse.KEEP_ALIVE)

    async def status(self, state: str, count: int) -> None:
        """No brew of this door searches."""

    async def cited(self, sources: tuple[Source, ...], unsupported: tuple[Unsupported, ...]) -> None:
        """See `status`."""

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """The chunk with the reason, the one with the usage if it was asked for, and the end."""
        self._waiting = False
        ending = data(self._chunk({}, reason(finish_reason)))
        if self._exchange.request.include_usage:
            ending += data({**self._envelope(), "choices": [], "usage": tokens(usage, self._exchange)})
        await self._outlet.write(ending + b"data: [DONE]\n\n", last=True)

    async def failed(self, error: AniateError) -> None:
        """An event with the error, or a status of its own if nothing was said yet."""
        status, body = refusal(error)
        await self._outlet.end(data(body), status, body, error_headers(error))

    async def _write(self, chunk: dict[str, Any]) -> None:
        await self._outlet.write(data(chunk))

    def _chunk(self, delta: dict[str, Any], finish_reason: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        usage = {"usage": None} if self._exchange.request.include_usage else {}
        return {**self._envelope(), "choices": [choice], **usage}

    def _envelope(self) -> dict[str, Any]:
        return envelope(self._exchange, "chat.completion.chunk")

    def _part(self, call: ToolCall) -> dict[str, Any]:
        """A part of a call: its beginning has all that it is called by."""
        if call.number in self._called:
            return {"index": call.number, "function": {"arguments": call.arguments}}
        self._called.add(call.number)
        return {"index": call.number, **whole_call(self._exchange, call)}


class WholeCompletion:
    """`stream: false`: one object at the end."""

    def __init__(self, send: Send, headers: Headers, exchange: Exchange) -> None:
        self._send = send
        self._headers = headers
        self._exchange = exchange
        self._pieces: list[Piece] = []

    async def start(self) -> None:
        """Nothing yet."""

    async def delta(self, piece: Piece) -> None:
        """Kept."""
        self._pieces.append(piece)

    async def keep_alive(self) -> None:
        """There is no way to say so in JSON."""

    async def status(self, state: str, count: int) -> None:
        """No brew of this door searches."""

    async def cited(self, sources: tuple[Source, ...], unsupported: tuple[Unsupported, ...]) -> None:
        """See `status`."""

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """All of it."""
        ended = {"logprobs": None, "finish_reason": reason(finish_reason)}
        choice = {"index": 0, "message": self._message(), **ended}
        answer = {
            **envelope(self._exchange, "chat.completion"),
            "choices": [choice],
            "usage": tokens(usage, self._exchange),
        }
        await send_json(self._send, 200, answer, self._headers)

    async def failed(self, error: AniateError) -> None:
        """The error's own status."""
        await send_json(self._send, *refusal(error), [*self._headers, *error_headers(error)])

    def _message(self) -> dict[str, Any]:
        text = "".join(piece.text for piece in self._pieces)
        calls = joined(call for piece in self._pieces for call in piece.tool_calls)
        if not calls:
            return {"role": "assistant", "content": text, "refusal": None}
        called = [whole_call(self._exchange, call) for call in calls]
        return {"role": "assistant", "content": text or None, "refusal": None, "tool_calls": called}


def envelope(exchange: Exchange, kind: str) -> dict[str, Any]:
    """What every answer and every chunk begins with. The request's id says when it was made (RFC 9562, version 7)."""
    created = (exchange.request_id.int >> 80) // 1000
    return {
        "id": f"chatcmpl-{exchange.request_id}", "object": kind, "created": created, "model": exchange.model.alias,
    }  # fmt: skip


def whole_call(exchange: Exchange, call: ToolCall) -> dict[str, Any]:
    """A call with an id of ours, by which the caller's next request may say what came of it."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": f"call_{exchange.request_id.hex}{call.number}", "type": "function", "function": function}


def tokens(usage: Usage, exchange: Exchange) -> dict[str, Any]:
    """What it took, in the protocol's words; what the provider had in its cache only if there was any."""
    told = {"prompt_tokens": usage.input_tokens, "completion_tokens": usage.output_tokens}
    cached = exchange.closed.cached_input_tokens if exchange.closed else 0
    details = {"prompt_tokens_details": {"cached_tokens": cached}} if cached else {}
    return {**told, "total_tokens": usage.input_tokens + usage.output_tokens, **details}


def reason(finish_reason: str) -> str:
    """How the answer ended, in one of the protocol's words."""
    return finish_reason if finish_reason in REASONS else "stop"


def data(content: dict[str, Any]) -> bytes:
    """One event without a name; JSON escapes every line break, so it is always one line."""
    return b"data: %b\n\n" % ascii_json(content)
