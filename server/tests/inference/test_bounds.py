"""What a stranger, or a client that takes nothing, can make the server hold."""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator

import pytest
import uvicorn

from aniate_server.app import create_app
from aniate_server.inference import outlet
from aniate_server.inference.exchange import Exchange
from aniate_server.plumbing.http_protocol import BoundedProtocol
from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio


class Impatient(BoundedProtocol):
    """The same with a shorter patience."""

    head_s = 0.3


@pytest.fixture
async def port(gateway: Gateway) -> AsyncIterator[int]:
    """The whole app behind the bounded protocol."""
    app = create_app(gateway.services)
    server = uvicorn.Server(uvicorn.Config(app, port=0, http=Impatient, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn offers no more
        await asyncio.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    await serving


async def answer_to(port: int, *parts: bytes, pause_s: float = 0.0) -> bytes:
    """What comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    with contextlib.suppress(ConnectionError):
        for part in parts:
            writer.write(part)
            await writer.drain()
            await asyncio.sleep(pause_s)
    try:
        return await asyncio.wait_for(reader.read(), 5)
    except ConnectionError:
        return b""
    finally:
        writer.close()


HEAD = b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n"


async def test_a_head_that_has_no_end_is_cut_off(port: int) -> None:
    assert await answer_to(port, HEAD, *[b"x-a: " + b"a" * 8000 + b"\r\n"] * 40) == b""
    assert (await answer_to(port, HEAD, b"x-a: " + b"a" * 8000 + b"\r\n\r\n")).startswith(b"HTTP/1.1 200")


async def test_a_head_that_comes_too_slowly_is_cut_off(port: int) -> None:
    assert await answer_to(port, HEAD, pause_s=0.5) == b""
    assert await answer_to(port) == b""
    assert (await answer_to(port, HEAD, b"\r\n")).startswith(b"HTTP/1.1 200")


async def test_readiness_can_be_asked_again_and_again(gateway: Gateway) -> None:
    for _ in range(6):
        async with gateway.http.get(f"{gateway.url}/readyz") as answer:
            assert answer.status == 200


async def test_a_client_that_takes_nothing_is_taken_for_gone(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outlet, "UNREAD_S", 0.3)
    groq.says, groq.pause_s = ["word " * 20_000] * 400, 0.0
    async with gateway.asking((await tenant("ada")).key) as answer:
        assert answer.status == 200
        assert await gateway.settled() == [("closed", "cancelled")]


async def test_whatever_a_request_ends_with_its_words_are_given_up_at_once(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    """Without anybody who collects cycles: an error that held who caught it would hold all that was asked."""
    key = (await tenant(plan="enterprise")).key
    gc.collect()
    gc.disable()
    try:
        await gateway.chat(key)
        await gateway.chat(key, brew="nonesuch")
        await gateway.chat(key, context=[{}])
        for groq.fault in ("cut", "malformed", "html"):
            await gateway.chat(key)
        groq.fault, groq.says, groq.pause_s = "", ["word "] * 50, 0.02
        async with gateway.asking(key) as answer:
            await answer.content.readany()
        await gateway.settled(5)
        for _ in range(100):
            if not (kept := [each for each in gc.get_objects() if isinstance(each, Exchange)]):
                return
            await asyncio.sleep(0.02)
        raise AssertionError([each.outcome for each in kept])
    finally:
        gc.enable()
