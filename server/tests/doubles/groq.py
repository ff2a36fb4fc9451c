"""Groq's API over real HTTP on a real port: documented shapes, documented oddities, and misbehaviour on demand.

Sources: console.groq.com/docs (errors, rate-limits, reasoning, api-reference) and the types of the
`groq` library, which a test runs against this.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from server.tests.doubles.groq_faults import AT_ONCE, BEFORE, FAULTS, Refusal
from server.tests.doubles.groq_features import SAYS, Wish, deltas, misuse, structured, whole_calls, wished

KEY = "gsk_" + "d" * 52
MODELS = {"openai/gpt-oss-20b": 131072, "openai/gpt-oss-120b": 131072}
DECOMMISSIONED = {"llama-3.1-8b-instant", "llama-3.3-70b-versatile"}
MAX_COMPLETION_TOKENS = 65536
FINGERPRINT = "fp_double00"


@dataclass
class Asked:
    """One question, and what became of its answer."""

    body: dict[str, Any]
    headers: dict[str, str]
    finished: bool = False
    cancelled: bool = False
    """The asker went away before the end."""


@dataclass
class Groq:
    """What it says and how it misbehaves may be set at any time; `asked` remembers every question."""

    says: list[str] = field(default_factory=lambda: list(SAYS))
    reasons: list[str] = field(default_factory=lambda: ["We need", " to greet."])
    wishes: list[Wish] = field(default_factory=list)
    """The functions that it wants to have called, if it is given tools."""
    finish_reason: str = "stop"
    prompt_tokens: int = 20
    completion_tokens: int = 12
    prompt_details: Any = None
    """Whatever it says beside the count of the prompt, as `{"cached_tokens": 8}`; None if it says nothing."""
    pause_s: float = 0.0
    """Between two chunks."""
    first_pause_s: float = 0.0
    """Before anything at all."""
    key: str = KEY
    """The key that it takes."""
    refuse: Refusal | None = None
    """What every question is refused with."""
    first: list[Refusal | str] = field(default_factory=list)
    """What each of the next questions meets: a refusal or one of `BEFORE`; after them it is as else."""
    offers: dict[str, int] = field(default_factory=lambda: MODELS)
    """What it offers, and how much each reads, in tokens."""
    limited: set[str] = field(default_factory=set)
    """Models that answer nobody for now."""
    streams_schemas: bool = False
    """Whether it streams an answer that must be of a form, as OpenAI does."""
    decommissioned: set[str] = field(default_factory=lambda: DECOMMISSIONED)
    """Models that it had once."""
    fault: str = ""
    """One of `BEFORE`, `AT_ONCE` and, in the middle, `FAULTS`, or `html`, `redirect`, `no_usage`, `no_usage_chunk`
    (Groq's own stays), `no_done` (nothing after the last chunk), `torn` (all of it, but not the end of HTTP), `once`
    (every connection serves one question and is dropped at the next)."""
    tokens_per_minute: int = 250_000
    context_bytes: int = 1 << 30
    """What its model reads, in bytes of messages."""
    asked: list[Asked] = field(default_factory=list)
    served: set[asyncio.Transport] = field(default_factory=set)
    base_url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Groq]:
        """Listen on a free port of the loopback."""
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/openai/v1/chat/completions", self.completions)
        app.router.add_get("/openai/v1/models", self.models)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/openai/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def models(self, request: web.Request) -> web.Response:
        """`GET /models`."""
        if refusal := self.refusal_of_key(request):
            return refusal
        created = {"object": "model", "created": 1754408224, "owned_by": "OpenAI", "active": True}
        listed = [{"id": name, "context_window": size, **created} for name, size in self.offers.items()]
        return web.json_response({"object": "list", "data": listed})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        """`POST /chat/completions`."""
        if refusal := self.refusal_of_key(request):
            return refusal
        assert request.transport
        if self.fault == "once" and request.transport in self.served:
            request.transport.abort()
            return web.Response()
        self.served.add(request.transport)
        asked = Asked(await request.json(), dict(request.headers))
        self.asked.append(asked)
        try:
            await asyncio.sleep(self.first_pause_s)
            met = self.first.pop(0) if self.first else self.fault if self.fault in BEFORE else self.refuse
            if isinstance(met, str):
                await BEFORE[met](request)
                return web.Response()
            if refusal := refused(met, self.limits()) or self.refusal(asked.body):
                return refusal
            if not asked.body.get("stream"):
                answer: web.StreamResponse = web.json_response(self.whole(asked.body), headers=self.limits())
            else:
                answer = await self.streamed(request, asked.body)
        except (asyncio.CancelledError, ConnectionResetError):
            asked.cancelled = True
            raise
        asked.finished = True
        return answer

    def refusal_of_key(self, request: web.Request) -> web.Response | None:
        """401 for any key but ours."""
        if request.headers.get("authorization") == f"Bearer {self.key}":
            return None
        return error(401, "Invalid API Key", "invalid_request_error", "invalid_api_key")

    def refusal(self, body: dict[str, Any]) -> web.Response | None:
        """What Groq says to a question that it will not answer."""
        if self.fault == "redirect":
            return web.Response(status=307, headers={"location": self.base_url + "/models"})
        if self.fault == "html":
            return web.Response(text="<html>Just a moment…</html>", content_type="text/html")
        model = body.get("model", "")
        if model in self.decommissioned:
            said = f"The model `{model}` has been decommissioned and is no longer supported."
            return error(400, said, "invalid_request_error", "model_decommissioned")
        if model in self.limited:
            return error(429, f"Rate limit reached for model `{model}`", "tokens", "rate_limit_exceeded")
        if model not in self.offers:
            said = f"The model `{model}` does not exist or you do not have access to it."
            return error(404, said, "invalid_request_error", "model_not_found")
        if body.get("response_format") and body.get("stream") and not self.streams_schemas:
            said = "`response_format` does not support streaming"
            return error(400, said, "invalid_request_error", "invalid_request_error")
        if body.get("max_completion_tokens", 1) > MAX_COMPLETION_TOKENS:
            said = f"`max_completion_tokens` must be less than or equal to `{MAX_COMPLETION_TOKENS}`"
            return error(400, said, "invalid_request_error", "invalid_request_error")
        if said := misuse(body):
            return error(400, said, "invalid_request_error", "invalid_request_error")
        if len(json.dumps(body["messages"])) > self.context_bytes:
            said = "Please reduce the length of the messages or completion."
            return error(400, said, "invalid_request_error", "context_length_exceeded")
        if len(json.dumps(body["messages"])) // 4 > self.tokens_per_minute:
            said = f"Request too large for model `{model}` on tokens per minute (TPM)"
            return error(413, said, "tokens", "rate_limit_exceeded")
        return None

    def limits(self) -> dict[str, str]:
        """`requests` are a day's, `tokens` a minute's; times are Go's durations."""
        return {
            "x-ratelimit-limit-requests": "14400",
            "x-ratelimit-limit-tokens": str(self.tokens_per_minute),
            "x-ratelimit-remaining-requests": "14370",
            "x-ratelimit-remaining-tokens": str(self.tokens_per_minute - 3),
            "x-ratelimit-reset-requests": "2m59.56s",
            "x-ratelimit-reset-tokens": "7.66s",
        }

    def usage(self) -> dict[str, Any]:
        """As at the end of an answer; reasoning is a part of what is counted."""
        told = {} if self.prompt_details is None else {"prompt_tokens_details": self.prompt_details}
        return {
            **told,
            "queue_time": 0.0378,
            "prompt_tokens": self.prompt_tokens,
            "prompt_time": 0.000680715,
            "completion_tokens": self.completion_tokens,
            "completion_time": 0.463333333,
            "total_tokens": self.prompt_tokens + self.completion_tokens,
            "total_time": 0.464014048,
            "completion_tokens_details": {"reasoning_tokens": 5},
        }

    def whole(self, body: dict[str, Any]) -> dict[str, Any]:
        """An answer in one piece."""
        message: dict[str, Any] = {"role": "assistant", "content": "".join(structured(body, self.says))}
        if body.get("include_reasoning", True):
            message["reasoning"] = "".join(self.reasons)
        wishes = wished(body, self.wishes)
        if wishes:
            message = {"role": "assistant", "tool_calls": whole_calls(wishes)}
        ended = "tool_calls" if wishes else self.finish_reason
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": ended}
        usage = {"usage": self.usage(), "usage_breakdown": None, "service_tier": "on_demand"}
        return {**envelope(body, "chat.completion"), "choices": [choice], **usage, "x_groq": {"id": "req_01double"}}

    async def streamed(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        """An answer as a stream of chunks."""
        response = web.StreamResponse(headers={"content-type": "text/event-stream", **self.limits()})
        await response.prepare(request)
        for at, chunk in enumerate(self.chunks(body)):
            faults = AT_ONCE if at == 0 else FAULTS if at == 3 else {}
            if self.fault in faults:
                await faults[self.fault](request, response)
                return response
            await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            await asyncio.sleep(self.pause_s)
        if self.fault != "no_done":
            await response.write(b"data: [DONE]\n\n")
            if self.fault == "torn":
                await asyncio.sleep(0.01)
                assert request.transport
                request.transport.abort()
            await asyncio.sleep(0.002)  # the end of HTTP comes in a packet of its own
        return response

    def chunks(self, body: dict[str, Any]) -> list[dict[str, Any]]:
        """`x_groq` bears the id in the first chunk and the usage in the last one with a choice."""
        said: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        if body.get("include_reasoning", True):
            said += [{"reasoning": text, "channel": "analysis"} for text in self.reasons]
        wishes = wished(body, self.wishes)
        said += deltas(wishes) or [{"content": text} for text in structured(body, self.says)]
        ended = self.chunk(body, {}, "tool_calls" if wishes else self.finish_reason)
        listed = [*(self.chunk(body, delta, None) for delta in said), ended]
        listed[0]["x_groq"] = {"id": "req_01double"}
        listed[-1]["x_groq"] = {"id": "req_01double", **({} if self.fault == "no_usage" else {"usage": self.usage()})}
        if (body.get("stream_options") or {}).get("include_usage") and "no_usage" not in self.fault:
            listed.append({**envelope(body, "chat.completion.chunk"), "choices": [], "usage": self.usage()})
        return listed

    def chunk(self, body: dict[str, Any], delta: dict[str, Any], finish_reason: str | None) -> dict[str, Any]:
        """One chunk with one choice."""
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        return {**envelope(body, "chat.completion.chunk"), "choices": [choice]}


def envelope(body: dict[str, Any], kind: str) -> dict[str, Any]:
    """What every answer begins with."""
    head = {"id": "chatcmpl-double", "object": kind, "created": int(time.time())}
    return {**head, "model": body["model"], "system_fingerprint": FINGERPRINT}


def error(status: int, message: str, kind: str, code: str) -> web.Response:
    """Groq's error body."""
    return web.json_response({"error": {"message": message, "type": kind, "code": code}}, status=status)


def refused(with_: Refusal | None, limits: dict[str, str]) -> web.Response | None:
    """That refusal as an answer."""
    if with_ is None:
        return None
    status, said, headers = with_
    return web.json_response({"error": said}, status=status, headers={**limits, **headers})
