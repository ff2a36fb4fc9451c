"""What a provider says that it counted: late, twice, in the wrong place, absurd, or not at all.

The row has the provider's count, or it is flagged and within its reservation.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY
from server.tests.inference.gateway import Gateway, serving

pytestmark = pytest.mark.anyio

COLUMNS = (
    "state, outcome, estimated, input_tokens, output_tokens, cached_input_tokens, cost_micro_usd, reserved_micro_usd"
)

Event = dict[str, Any] | bytes | float
"""A chunk, bytes as they are, or seconds to wait."""
ESTIMATED_OUTPUT = 3
"""Of `Hello there.`"""


def chunk(text: str | None = None, ended: str | None = None, **more: object) -> dict[str, Any]:
    """One chunk with a choice."""
    delta = {} if text is None else {"content": text}
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": ended}], **more}


def counts(read: object, written: object) -> dict[str, Any]:
    """Usage."""
    return {"prompt_tokens": read, "completion_tokens": written}


def cached(read: object, written: object) -> dict[str, Any]:
    """Usage, some of it from a cache."""
    return {**counts(read, written), "prompt_tokens_details": {"cached_tokens": 32}}


def alone(read: object, written: object) -> dict[str, Any]:
    """Usage in a chunk of its own."""
    return {"choices": [], "usage": counts(read, written)}


SAID, ENDED, DONE = chunk("Hello there."), chunk(ended="stop"), b"data: [DONE]\n\n"

RIGHT: dict[str, Sequence[Event]] = {
    "with the end": [SAID, chunk(ended="stop", usage=counts(40, 9)), DONE],
    "after the end": [SAID, ENDED, alone(40, 9), DONE],
    "long after the end": [SAID, ENDED, 0.4, alone(40, 9), 0.2, DONE],
    "after the end, and nothing more": [SAID, ENDED, alone(40, 9)],
    "before the end": [SAID, alone(40, 9), ENDED, DONE],
    "where Groq puts it": [SAID, chunk(ended="stop", x_groq={"id": "req_1", "usage": counts(40, 9)}), DONE],
    "in both places": [SAID, chunk(ended="stop", x_groq={"usage": counts(40, 9)}), alone(40, 9), DONE],
    "null until the end": [chunk("Hello", usage=None), chunk(" there.", usage=None), ENDED, alone(40, 9), DONE],
    "growing with every chunk": [
        chunk("Hello", usage=counts(40, 1)), chunk(" there.", usage=counts(40, 4)), ENDED, alone(40, 9), DONE,
    ],
    "twice, and the last one counts": [SAID, chunk(ended="stop", usage=counts(41, 2)), alone(40, 9), DONE],
}  # fmt: skip

FLAGGED: dict[str, Sequence[Event]] = {
    "never": [SAID, ENDED, DONE],
    "null": [SAID, chunk(ended="stop", usage=None), DONE],
    "empty": [SAID, chunk(ended="stop", usage={}, x_groq={"usage": None}), DONE],
    "after all is said": [SAID, ENDED, DONE, alone(40, 9)],
    "in the middle of what breaks off": [chunk("Hello", usage=counts(40, 1)), chunk(" there.")],
    "cached, in the middle of what breaks off": [chunk("Hello", usage=cached(40, 1)), chunk(" there.")],
    "cached, and more than was reserved of what it read": [SAID, chunk(ended="stop", usage=cached(5_000_000, 9)), DONE],
    "negative": [SAID, ENDED, alone(-1, 9), DONE],
    "a fraction": [SAID, ENDED, alone(40, 9.5), DONE],
    "text": [SAID, ENDED, alone("40", 9), DONE],
    "true": [SAID, ENDED, alone(True, 9), DONE],
    "half": [SAID, ENDED, {"choices": [], "usage": {"prompt_tokens": 40}}, DONE],
    "a list": [SAID, ENDED, {"choices": [], "usage": [40, 9]}, DONE],
    "more than there are": [SAID, ENDED, alone(10**30, 9), DONE],
    "more than was reserved of what it read": [SAID, ENDED, alone(5_000_000, 9), DONE],
    "more than was reserved of what it wrote": [SAID, ENDED, alone(40, 90_000_000), DONE],
    "1e400": [
        SAID,
        ENDED,
        b'data: {"choices": [], "usage": {"prompt_tokens": 1e400, "completion_tokens": 9}}\n\n',
        DONE,
    ],
}

WRITTEN = {
    "cached, and more than was reserved of what it read": 9,
    "more than was reserved of what it read": 9,
    "more than was reserved of what it wrote": 8_192,
}


class Scripted:
    """A provider that says just what stands in its script."""

    script: Sequence[Event] = ()

    async def completions(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"content-type": "text/event-stream"})
        await response.prepare(request)
        for event in self.script:
            if isinstance(event, float):
                await asyncio.sleep(event)
            else:
                await response.write(event if isinstance(event, bytes) else f"data: {json.dumps(event)}\n\n".encode())
        return response


@dataclass
class Till:
    """A gateway before that provider, and somebody who pays."""

    gateway: Gateway
    provider: Scripted
    key: str

    async def row_after(self, script: Sequence[Event]) -> tuple[list[str], dict[str, Any]]:
        """The events that the client got, and what the row says."""
        self.provider.script = script
        answer = await self.gateway.chat(self.key)
        assert answer.text == "Hello there.", script
        row = dict(zip(COLUMNS.split(", "), self.gateway.rows(COLUMNS)[-1], strict=True))
        costs, ledger = self.gateway.balance()
        assert costs == ledger and row["state"] == "closed", script
        if answer.names[-1] == "done":
            assert answer.data("usage") == {name: row[name] for name in answer.data("usage")}, script
        return answer.names, row


@pytest.fixture
async def till(db: Database, database: TestDatabase, tenant: MakeTenant) -> AsyncIterator[Till]:
    provider, app = Scripted(), web.Application()
    app.router.add_post("/v1/chat/completions", provider.completions)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        at = Provider("groq", f"http://127.0.0.1:{runner.addresses[0][1]}/v1", KEY)
        async with serving(db, database, at) as gateway:
            yield Till(gateway, provider, (await tenant(plan="enterprise")).key)
    finally:
        await runner.cleanup()


async def test_a_usage_that_comes_at_all_is_what_is_charged(till: Till) -> None:
    for when, script in RIGHT.items():
        names, row = await till.row_after(script)
        assert names == ["start", "delta", "usage", "done"], when
        assert (row["outcome"], row["estimated"], row["input_tokens"], row["output_tokens"]) == ("ok", False, 40, 9), (
            when
        )


async def test_a_usage_that_is_none_leaves_a_flagged_row_within_its_reservation(till: Till) -> None:
    for what, script in FLAGGED.items():
        _, row = await till.row_after(script)
        assert row["estimated"] and row["cached_input_tokens"] == 0, what
        assert 0 < row["cost_micro_usd"] <= row["reserved_micro_usd"], what
        assert row["outcome"] == ("failed" if "breaks off" in what else "ok"), what
        assert row["output_tokens"] == WRITTEN.get(what, ESTIMATED_OUTPUT), what
