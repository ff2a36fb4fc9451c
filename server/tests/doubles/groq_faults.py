"""How a provider can fail: before it answers, in the middle of an answer, and by a refusal in Groq's words.

Sources: console.groq.com/docs/errors, and what was seen of others that speak the protocol.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable

from aiohttp import web

Refusal = tuple[int, dict[str, str], dict[str, str]]
"""Status, error object and headers."""
LONG_S = 30
"""Longer than any test waits."""


def refusal(status: int, code: str, **headers: str) -> Refusal:
    """A refusal, with `retry_after="7"` and the like as its headers."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, {"message": "No, says org_secret.", "type": "x", "code": code}, named


RATE_LIMITED = refusal(429, "rate_limit_exceeded")
NO_FLEX = refusal(498, "capacity_exceeded")
BROKEN = refusal(500, "internal_server_error")
OVERLOADED = refusal(503, "service_unavailable")
TOO_LARGE = refusal(413, "request_too_large")


async def drop(request: web.Request) -> None:
    """The connection breaks before there is an answer."""
    assert request.transport
    request.transport.abort()


async def hang(_: web.Request) -> None:
    """Not even a status comes."""
    await asyncio.sleep(LONG_S)


BEFORE: dict[str, Callable[[web.Request], Awaitable[None]]] = {"drop": drop, "hang": hang}
"""Faults that come instead of an answer."""


async def mute(_: web.Request, __: web.StreamResponse) -> None:
    """A status, and not a word."""
    await asyncio.sleep(LONG_S)


async def comments(request: web.Request, response: web.StreamResponse) -> None:
    """A status, and then what only keeps the connection warm."""
    for _ in range(LONG_S * 20):
        await response.write(b": still here\n\n")
        await asyncio.sleep(0.05)


async def thinking(request: web.Request, response: web.StreamResponse) -> None:
    """Reasoning without end."""
    for _ in range(LONG_S * 20):
        await response.write(event({"choices": [{"index": 0, "delta": {"reasoning": "Hm."}}]}))
        await asyncio.sleep(0.05)


AT_ONCE = {"mute": mute, "comments": comments, "thinking": thinking}
"""Faults in place of the first chunk."""


async def endless(request: web.Request, response: web.StreamResponse) -> None:
    """Words without end."""
    for _ in range(LONG_S * 20):
        await response.write(event({"choices": [{"index": 0, "delta": {"content": "word "}}]}))
        await asyncio.sleep(0.05)


def event(data: object) -> bytes:
    """One event of a stream."""
    return b"data: " + json.dumps(data).encode() + b"\n\n"


async def cut(request: web.Request, _: web.StreamResponse) -> None:
    """The connection breaks without a word."""
    assert request.transport
    request.transport.abort()


async def stall(_: web.Request, __: web.StreamResponse) -> None:
    """Nothing more comes."""
    await asyncio.sleep(LONG_S)


async def malformed(request: web.Request, response: web.StreamResponse) -> None:
    """An event that is JSON, but not of this world."""
    await response.write(b'data: {"choices": 7}\n\ndata: [DONE]\n\n')


async def not_json(request: web.Request, response: web.StreamResponse) -> None:
    """An event that is no JSON."""
    await response.write(b"data: <html>\n\n")


async def error_event(request: web.Request, response: web.StreamResponse) -> None:
    """Groq's way to say that something broke in the middle."""
    said = {"message": "Internal Server Error", "type": "internal_server_error", "code": "internal"}
    await response.write(event({"error": said}))


async def no_end(_: web.Request, __: web.StreamResponse) -> None:
    """A clean end of HTTP in the middle of the answer."""


FAULTS = {
    "endless": endless,
    "cut": cut,
    "stall": stall,
    "malformed": malformed,
    "not_json": not_json,
    "error_event": error_event,
    "no_end": no_end,
}
"""Faults in the middle of an answer."""
