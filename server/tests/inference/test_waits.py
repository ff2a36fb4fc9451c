"""How long a provider is waited for, and what is taken for life and what for silence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aniate_server.inference.providers import Call, ChatProvider, open_provider
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.doubles.groq import KEY, Groq

pytestmark = pytest.mark.anyio

CALL = Call("openai/gpt-oss-20b", [{"role": "user", "content": "Hello"}], 9, 0.0)
Asking = Callable[..., AbstractAsyncContextManager[ChatProvider]]


@pytest.fixture
def asking(groq: Groq) -> Asking:
    @asynccontextmanager
    async def opened(url: str = groq.base_url, **waits: Any) -> AsyncIterator[ChatProvider]:
        settings = Settings(Path("/nowhere"), Path("/nowhere"), upstream_tries=1, **waits)
        provider = open_provider(Provider("groq", url, KEY), settings)
        yield provider
        await provider.close()

    return opened


async def test_a_reader_who_is_slow_does_not_make_the_provider_silent(asking: Asking, groq: Groq) -> None:
    groq.says, groq.reasons, groq.pause_s = ["word "] * 20, [], 0.02
    said = ""
    async with asking(upstream_silence_s=0.2) as provider, aclosing(provider.stream(CALL)) as pieces:
        async for piece in pieces:
            if piece.text and not said:
                await asyncio.sleep(0.7)
            said += piece.text
    assert said == "word " * 20


async def test_a_model_that_thinks_longer_than_the_first_word_may_take_is_waited_for(
    asking: Asking, groq: Groq
) -> None:
    groq.reasons, groq.pause_s = ["Hm."] * 12, 0.05
    async with asking(upstream_first_token_s=0.3) as provider, aclosing(provider.stream(CALL)) as pieces:
        assert "".join([piece.text async for piece in pieces]) == "Hello from Groq."


async def test_after_the_first_word_the_shorter_wait_holds(asking: Asking, groq: Groq) -> None:
    groq.reasons, groq.fault = [], "stall"
    began = asyncio.get_running_loop().time()
    async with asking(upstream_first_token_s=9.0, upstream_silence_s=0.3) as provider:
        with pytest.raises(Exception, match=r"said nothing for 0.3 seconds"):
            [piece async for piece in provider.stream(CALL)]
    assert asyncio.get_running_loop().time() - began < 5


async def test_a_provider_that_does_not_take_the_connection_is_told_as_such(asking: Asking) -> None:
    with socket.socket() as listener, socket.socket() as first, socket.socket() as second:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for taken in (first, second):  # nobody accepts, so that no third comes in
            taken.setblocking(False)
            taken.connect_ex(listener.getsockname())
        async with asking(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", upstream_connect_s=0.2) as provider:
            with pytest.raises(Unavailable, match=r"^The model cannot be reached within 0.2 seconds\.$"):
                await anext(provider.stream(CALL))
