"""A provider that counts: what it was asked, what it delivered, and what it would charge, by our own request ids.

How it answers a question stands in the question, as `soak:KIND:WORDS`, so that a run can be planned beforehand.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

PLANNED = re.compile(r"soak:(\w+):(\d+)")
WORD = " word"
"""One token; by a fourth of its bytes, a little more."""
PAUSE_S = {"plain": 0.002, "slow": 0.1, "leave": 0.05}
"""Between two words."""

THINKING_S = 0.6
"""Before the first word, where the client will not wait for it."""


@dataclass
class Counted:
    """One request as the provider counts it. An answer that broke counts for what was written of it."""

    model: str
    input_tokens: int = 0
    output_tokens: int = 0
    asked: int = 1
    whole: bool = False
    """The usage was told."""


@dataclass
class Upstream:
    """Speaks OpenAI's protocol; `counted` has every request that it took."""

    counted: dict[str, Counted] = field(default_factory=dict)
    base_url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Upstream]:
        """Listen on a free port of the loopback."""
        app = web.Application(client_max_size=16 << 20)
        app.router.add_post("/v1/chat/completions", self.completions)
        app.router.add_get("/v1/models", self.models)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, backlog=1024).start()
        self.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
        try:
            yield self
        finally:
            await runner.cleanup()

    async def models(self, _: web.Request) -> web.Response:
        """`GET /models`: it is there."""
        return web.json_response({"object": "list", "data": []})

    async def completions(self, request: web.Request) -> web.StreamResponse:
        """`POST /chat/completions`, as it was planned."""
        body = await request.json()
        kind, words = planned(body)
        if kind == "refuse":
            said = {"message": "over capacity", "type": "internal_server_error", "code": "internal"}
            return web.json_response({"error": said}, status=500)
        counted = self.count(request.headers.get("x-request-id", ""), body)
        await asyncio.sleep(THINKING_S if kind == "hasty" else 0)
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        with suppress(ConnectionResetError):  # who asked is gone
            await self.stream(request, response, counted, kind, words)
        return response

    async def stream(
        self, request: web.Request, response: web.StreamResponse, counted: Counted, kind: str, words: int
    ) -> None:
        """Word after word, each counted when it is written."""
        await response.prepare(request)
        for number in range(words):
            await response.write(event({"choices": [{"index": 0, "delta": {"content": WORD}, "finish_reason": None}]}))
            counted.output_tokens += 1
            await asyncio.sleep(PAUSE_S.get(kind, PAUSE_S["plain"]))
            if kind == "cut" and number == words // 2:
                assert request.transport
                request.transport.abort()
                return
        usage = {"prompt_tokens": counted.input_tokens, "completion_tokens": counted.output_tokens}
        told = {} if kind == "silent" else {"usage": usage}
        await response.write(event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}], **told}))
        counted.whole = kind != "silent"
        await response.write(b"data: [DONE]\n\n")

    def count(self, request_id: str, body: dict[str, Any]) -> Counted:
        """It took the question; whether the same one came before, is seen afterwards."""
        said = sum(len(message["content"].encode()) for message in body["messages"])
        if known := self.counted.get(request_id):
            known.asked += 1
            return known
        counted = self.counted[request_id] = Counted(body["model"], said // 5 + 7)
        return counted


def planned(body: dict[str, Any]) -> tuple[str, int]:
    """How to answer, and in how many words."""
    found = PLANNED.findall(body["messages"][-1]["content"])
    return (found[-1][0], int(found[-1][1])) if found else ("plain", 8)


def event(data: dict[str, Any]) -> bytes:
    """One event."""
    return b"data: " + json.dumps({"id": "x", "object": "chat.completion.chunk", **data}).encode() + b"\n\n"
