"""Asks any provider that speaks the OpenAI chat protocol, and tells in our words what came of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, suppress
from types import SimpleNamespace
from typing import Any

import aiohttp
import structlog

from aniate_server.inference.keys import Key
from aniate_server.inference.providers import Call, Counted, Dialect, OnHeaders, Piece
from aniate_server.inference.sse import Malformed, Scanner
from aniate_server.inference.tool_calls import clean, joined, tool_calls_in
from aniate_server.inference.upstream_errors import broke_off, from_event, from_status, of_kind
from aniate_server.inference.waits import Waits, Watch
from aniate_server.plumbing.errors import Unavailable, UpstreamFailed
from aniate_server.plumbing.logging import usable_id
from aniate_server.plumbing.settings import Provider

MAX_ERROR_BYTES = 64 * 1024
MAX_LIST_BYTES = 4 << 20
MAX_WHOLE_BYTES = 4 << 20
HEALTH_TIMEOUT_S = 5.0
LINGER_S = 0.05
MAX_TOKENS = 100_000_000

log = structlog.get_logger()


class OpenAIProvider:
    """One provider behind one pool of connections. No redirects, no proxies, no retries."""

    def __init__(
        self, provider: Provider, dialect: Dialect, key: Key, waits: Waits, on_headers: OnHeaders | None = None
    ) -> None:
        self.name = provider.name
        self._on_headers = on_headers
        self._url = f"{provider.base_url}/chat/completions"
        self._models_url = f"{provider.base_url}/models"
        self._dialect = dialect
        self._key = key
        self._waits = waits
        self._session = aiohttp.ClientSession(
            headers={"accept-encoding": "identity"},
            timeout=aiohttp.ClientTimeout(total=None, connect=waits.connect_s, sock_connect=waits.connect_s),
            connector=aiohttp.TCPConnector(limit=0),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            trace_configs=[remember_reuse()],
        )

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
                    with watch.over(answer.content):
                        async for piece in (pieces if body["stream"] else whole)(answer.content, watch):
                            yield piece
                    await to_the_end(answer.content)
                finally:
                    answer.close()  # an unread rest must not keep the model busy
        except Malformed as nonsense:
            raise self._failed("malformed", "sent something that is no answer", nonsense) from nonsense
        except aiohttp.ConnectionTimeoutError as slow:
            raise self._unreachable(slow, f" within {self._waits.connect_s:g} seconds") from slow
        except aiohttp.ClientConnectorError as refused:
            raise self._unreachable(refused) from refused
        except (aiohttp.ClientError, OSError) as broken:
            raise self._failed("broke_off", "broke off", broken) from broken

    async def healthy(self) -> bool:
        """Whether it answers at all; that it refuses us counts as an answer, for it is no reason to restart."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S), self._models() as answer:
                return answer.status < 500
        except (aiohttp.ClientError, OSError):
            return False

    async def listed(self) -> set[str]:
        """See `ChatProvider`. A model that is listed and not active is not offered."""
        try:
            async with asyncio.timeout(HEALTH_TIMEOUT_S), self._models() as answer:
                if answer.status != 200:
                    raise from_status(self.name, answer.status, answer.headers.get("retry-after", ""), b"")
                body = json.loads(await answer.content.read(MAX_LIST_BYTES))
                return {str(each["id"]) for each in body["data"] if each.get("active", True)}
        except (aiohttp.ClientError, OSError) as error:
            raise self._unreachable(error) from error
        except (ValueError, KeyError, TypeError, AttributeError) as nonsense:
            raise self._failed("malformed", "sent something that is no list of models", nonsense) from nonsense

    def _models(self) -> AbstractAsyncContextManager[aiohttp.ClientResponse]:
        return self._session.get(self._models_url, headers=bearing(self._key.now()), allow_redirects=False)

    async def close(self) -> None:
        """Give up the connections."""
        await self._session.close()

    async def _ask(self, body: dict[str, Any], request_id: str) -> aiohttp.ClientResponse:
        """Send the question; once more if the key is refused and there is another one by now."""
        named = {"x-request-id": request_id} if request_id else {}
        key = self._key.now()
        answer = await self._post(body, {**named, **bearing(key)})
        if answer.status == 401 and self._key.other_than(key):
            answer.close()
            return await self._post(body, {**named, **bearing(self._key.now())})
        return answer

    async def _post(self, body: dict[str, Any], headers: dict[str, str]) -> aiohttp.ClientResponse:
        """Send the question. A connection that the other side closed while it lay in the pool is no failure."""
        while True:
            reused: list[bool] = []
            try:
                return await self._session.post(
                    self._url, json=body, headers=headers, allow_redirects=False, trace_request_ctx=reused
                )
            except (aiohttp.ServerDisconnectedError, aiohttp.ClientOSError, aiohttp.ClientConnectionResetError):
                if not reused:  # else it is out of the pool now, and the next one may be fresh
                    raise

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
        return {**body, "stream_options": {"include_usage": True}} if body["stream"] else body

    async def _demand(self, answer: aiohttp.ClientResponse, content_type: str, watch: Watch) -> None:
        """Raise what anything but an answer of that kind means."""
        if answer.status != 200:
            body = await watch.wait(answer.content.read(MAX_ERROR_BYTES))
            raise from_status(
                self.name, answer.status, answer.headers.get("retry-after", ""), body, id_of(answer) or ""
            )
        if answer.content_type != content_type:
            raise Malformed(answer.content_type)

    def _failed(self, kind: str, what: str, cause: BaseException) -> UpstreamFailed:
        log.warning("provider failed", provider=self.name, reason=what, cause=type(cause).__name__)
        return of_kind(kind, UpstreamFailed(f"The model's provider {what}."))

    def _unreachable(self, cause: BaseException, when: str = "") -> Unavailable:
        log.warning("provider unreachable", provider=self.name, cause=type(cause).__name__)
        return of_kind("unreachable", Unavailable(f"The model cannot be reached{when}."))


def bearing(key: str) -> dict[str, str]:
    """The header that says who we are, if there is a key."""
    return {"authorization": f"Bearer {key}"} if key else {}


def id_of(answer: aiohttp.ClientResponse) -> str | None:
    """What the provider calls the request, if a header says so."""
    return usable_id(answer.headers.get("x-request-id", "")) or None


def remember_reuse() -> aiohttp.TraceConfig:
    """Notes in the list that is given as a request's context that it went over a connection from the pool."""

    async def reused(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
        if context.trace_request_ctx is not None:  # `healthy` gives none
            context.trace_request_ctx.append(True)

    tracing = aiohttp.TraceConfig()
    tracing.on_connection_reuseconn.append(reused)
    return tracing


async def pieces(content: aiohttp.StreamReader, watch: Watch) -> AsyncGenerator[Piece, None]:
    """The pieces of one answer, at most one a chunk; raises UpstreamFailed if it ends before it is complete."""
    scanner, complete = Scanner(), False
    while True:
        chunk = await watch.read(content)
        events = scanner.feed(chunk) if chunk else scanner.end()
        done = b"[DONE]" in events
        came = [piece_of(data) for data in (events[: events.index(b"[DONE]")] if done else events)]
        if came:
            piece = came[0] if len(came) == 1 else merged(came)
            complete |= piece.finish_reason is not None
            watch.heard(content, word=complete or bool(piece.text or piece.tool_calls))
            yield piece
        if done or (complete and not chunk):
            return
        if not chunk:
            raise broke_off()


async def whole(content: aiohttp.StreamReader, watch: Watch) -> AsyncGenerator[Piece, None]:
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


def merged(came: list[Piece]) -> Piece:
    """Several pieces as one."""
    endings = [piece.finish_reason for piece in came if piece.finish_reason]
    counts = [piece.counted for piece in came if piece.counted]
    ids = [piece.request_id for piece in came if piece.request_id]
    return Piece(
        "".join(piece.text for piece in came),
        endings[-1] if endings else None,
        counts[-1] if counts else None,
        joined(call for piece in came for call in piece.tool_calls),
        ids[0] if ids else None,
    )


async def to_the_end(content: aiohttp.StreamReader) -> None:
    """Read what little follows the last event: only then the connection serves the next question."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LINGER_S):
            while await content.readany():
                pass


def piece_of(data: bytes) -> Piece:
    """Our piece from one upstream event, or from a whole answer; its model name and fingerprint stay behind.

    Its id is for the log.
    """
    try:
        chunk = json.loads(data)
        if chunk.get("error"):
            raise from_event(chunk["error"])
        counted = counted_in(chunk)
        choices = chunk.get("choices")
        if not choices:
            return Piece("", None, counted)
        choice = choices[0]
        said = choice.get("delta") or choice.get("message") or {}
        return Piece(
            clean(said.get("content") or ""),
            choice.get("finish_reason"),
            counted,
            tool_calls_in(said),
            groq_id(chunk),
        )
    except (ValueError, AttributeError, TypeError, KeyError, IndexError, RecursionError) as nonsense:
        raise Malformed from nonsense


def counted_in(chunk: dict[str, Any]) -> Counted | None:
    """What the provider counted, where the protocol puts it or where Groq puts it; nonsense is as good as nothing."""
    usage = chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage")
    if not usage:
        return None
    try:
        return Counted(count(usage["prompt_tokens"]), count(usage["completion_tokens"]))
    except (ValueError, TypeError, KeyError):  # the answer is good all the same
        log.warning("provider told a usage that is none")
        return None


def groq_id(chunk: dict[str, Any]) -> str | None:
    """What Groq calls the request, as it says in the first and the last event."""
    named = chunk.get("x_groq")
    return usable_id(str(named.get("id") or "")) or None if named else None


def count(value: object) -> int:
    """A number of tokens; what is none must not reach the ledger."""
    if type(value) is not int or not 0 <= value <= MAX_TOKENS:
        raise ValueError(value)
    return value
