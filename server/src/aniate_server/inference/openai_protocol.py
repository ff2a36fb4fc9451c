"""Asks any provider that speaks the OpenAI chat protocol, and tells in our words what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Any

import msgspec
import structlog

from aniate_server.inference.openai_events import piece_in, piece_of
from aniate_server.inference.providers import Call, Dialect, OnHeaders, Piece
from aniate_server.inference.sse import Malformed, Scanner
from aniate_server.inference.upstream_connection import Answer, CannotConnect, ConnectTimeout, UpstreamBroken
from aniate_server.inference.upstream_errors import broke_off, from_status, of_kind, seconds
from aniate_server.inference.upstream_http import UpstreamHttp
from aniate_server.inference.waits import Waits, Watch
from aniate_server.plumbing.clock import Clock, SystemClock
from aniate_server.plumbing.errors import Unavailable, UpstreamFailed
from aniate_server.plumbing.keys import Key
from aniate_server.plumbing.logging import usable_id
from aniate_server.plumbing.settings import Provider

MAX_ERROR_BYTES = 64 * 1024
MAX_LIST_BYTES = 4 << 20
MAX_WHOLE_BYTES = 4 << 20
HEALTH_TIMEOUT_S = 5.0
LINGER_S = 0.05

log = structlog.get_logger()


class OpenAIProvider:
    """One provider behind one pool of connections. No redirects, no proxies, no retries."""

    def __init__(
        self,
        provider: Provider,
        dialect: Dialect,
        key: Key,
        waits: Waits,
        on_headers: OnHeaders | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.name = provider.name
        self._clock = clock or SystemClock()
        self._on_headers = on_headers
        self._dialect = dialect
        self._key = key
        self._waits = waits
        self._http = UpstreamHttp(provider.base_url, connect_s=waits.connect_s)

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """See `ChatProvider`."""
        body, watch = self._body(call), Watch(self._waits, self.name)
        try:
            async with await watch.wait(self._ask(body, call.request_id)) as answer:
                try:
                    if self._on_headers is not None:
                        self._on_headers(call.upstream_model, answer.status, answer.headers)
                    await self._demand(answer, "text/event-stream" if body["stream"] else "application/json", watch)
                    yield Piece("", request_id=id_of(answer))
                    with watch.over(answer):
                        async for piece in (pieces if body["stream"] else whole)(answer, watch):
                            yield piece
                    await to_the_end(answer)
                finally:
                    answer.close()  # an unread rest must not keep the model busy
        except Malformed as nonsense:
            raise self._failed("malformed", "sent something that is no answer", nonsense) from nonsense
        except ConnectTimeout as slow:
            raise self._unreachable(slow, f" within {self._waits.connect_s:g} seconds") from slow
        except CannotConnect as refused:
            raise self._unreachable(refused) from refused
        except UpstreamBroken as broken:
            raise self._failed("broke_off", "broke off", broken) from broken

    async def healthy(self) -> bool:
        """Whether it answers at all; that it refuses us counts as an answer, for it is no reason to restart."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S), await self._models() as answer:
                return answer.status < 500
        except (UpstreamBroken, TimeoutError):
            return False

    async def listed(self) -> set[str]:
        """See `ChatProvider`. A model that is listed and not active is not offered."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S), await self._models() as answer:
                if answer.status != 200:
                    raise from_status(self.name, answer.status, self._wait_of(answer), b"")
                body = json.loads(await answer.read(MAX_LIST_BYTES))
                return {str(each["id"]) for each in body["data"] if each.get("active", True)}
        except (UpstreamBroken, TimeoutError) as error:
            raise self._unreachable(error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as nonsense:
            raise self._failed("malformed", "sent something that is no list of models", nonsense) from nonsense

    async def _models(self) -> Answer:
        return await self._http.request("GET", "/models", bearing(self._key.now()))

    async def close(self) -> None:
        """Give up the connections."""
        await self._http.close()

    async def _ask(self, body: dict[str, Any], request_id: str) -> Answer:
        """Send the question; once more if the key is refused and there is another one by now."""
        named = {"x-request-id": request_id} if request_id else {}
        key = self._key.now()
        answer = await self._post(body, {**named, **bearing(key)})
        if answer.status == 401 and self._key.other_than(key):
            answer.close()
            return await self._post(body, {**named, **bearing(self._key.now())})
        return answer

    async def _post(self, body: dict[str, Any], headers: dict[str, str]) -> Answer:
        headers["content-type"] = "application/json"
        return await self._http.request("POST", "/chat/completions", headers, msgspec.json.encode(body))

    def _body(self, call: Call) -> dict[str, Any]:
        body = {
            "model": call.upstream_model,
            "messages": call.messages,
            "temperature": call.temperature,
            self._dialect.max_tokens_field: call.max_output_tokens,
            "stream": True,
            **(self._dialect.extra or {}),
            **call.extra,
            **((self._dialect.form or {}) if "response_format" in call.extra else {}),
        }
        if call.temperature is None:
            del body["temperature"]
        return {**body, "stream_options": {"include_usage": True}} if body["stream"] else body

    async def _demand(self, answer: Answer, content_type: str, watch: Watch) -> None:
        """Raise what anything but an answer of that kind means."""
        if answer.status != 200:
            body = await watch.wait(answer.read(MAX_ERROR_BYTES))
            raise from_status(self.name, answer.status, self._wait_of(answer), body, id_of(answer) or "")
        if answer.content_type != content_type:
            raise Malformed(answer.content_type)

    def _wait_of(self, answer: Answer) -> int | None:
        return seconds(answer.headers.get("retry-after", ""), self._clock.now())

    def _failed(self, kind: str, what: str, cause: BaseException) -> UpstreamFailed:
        log.warning("provider failed", provider=self.name, reason=what, cause=type(cause).__name__)
        return of_kind(kind, UpstreamFailed(f"The model's provider {what}."))

    def _unreachable(self, cause: BaseException, when: str = "") -> Unavailable:
        log.warning("provider unreachable", provider=self.name, cause=type(cause).__name__)
        return of_kind("unreachable", Unavailable(f"The model cannot be reached{when}."))


def bearing(key: str) -> dict[str, str]:
    """The header that says who we are, if there is a key."""
    return {"authorization": f"Bearer {key}"} if key else {}


def id_of(answer: Answer) -> str | None:
    """What the provider calls the request, if a header says so."""
    return usable_id(answer.headers.get("x-request-id", "")) or None


async def pieces(content: Answer, watch: Watch) -> AsyncGenerator[Piece, None]:
    """The pieces of one answer, at most one a chunk; raises UpstreamFailed if it ends before it is complete."""
    scanner, complete = Scanner(), False
    while True:
        chunk = await watch.read(content)
        events = scanner.feed(chunk) if chunk else scanner.end()
        done = b"[DONE]" in events
        if done:
            del events[events.index(b"[DONE]") :]
        if events:
            piece = piece_in(events)
            complete |= piece.finish_reason is not None
            watch.heard(content, word=complete or bool(piece.text or piece.tool_calls))
            yield piece
        if done or (complete and not chunk):
            return
        if not chunk:
            raise broke_off()


async def whole(content: Answer, watch: Watch) -> AsyncGenerator[Piece, None]:
    """An answer that comes as one object, as one piece; raises UpstreamFailed if it does not say how it ended."""
    data = bytearray()
    while chunk := await watch.read(content):
        data += chunk
        if len(data) > MAX_WHOLE_BYTES:
            raise Malformed
    piece = piece_of(bytes(data))
    if piece.finish_reason is None:
        raise broke_off()
    yield piece


async def to_the_end(content: Answer) -> None:
    """Read what little follows the last event: only then the connection serves the next question."""
    if content.ended:
        return
    with suppress(TimeoutError, UpstreamBroken):  # the answer is whole all the same
        async with asyncio.timeout(LINGER_S):
            while await content.readany():
                pass
