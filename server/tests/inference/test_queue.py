"""The line before a model, through the door: who waits, who is refused, and that nobody's burst is others' wait."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from aniate_server.inference.line import Took, Wish
from aniate_server.inference.queue import Queue
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving

pytestmark = pytest.mark.anyio
MODEL = "openai/gpt-oss-20b"
Serving = Callable[..., AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def narrow(groq: Groq, db: Database, database: TestDatabase) -> Serving:
    """A server that has its model answer one request at a time, or as is said."""
    groq.first_pause_s = 0.3

    @asynccontextmanager
    async def serve(**settings: Any) -> AsyncIterator[Gateway]:
        provider = Provider("groq", groq.base_url, KEY)
        async with serving(db, database, provider, **{"upstream_slots": 1, **settings}) as gateway:
            gateway.services.queue.listener("groq")(MODEL, 200, {})  # it has been heard of
            yield gateway

    return serve


async def until(true: Callable[[], object]) -> None:
    """Soon."""
    for _ in range(200):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def waiting(gateway: Gateway) -> int:
    return gateway.services.queue.line("groq", MODEL).fair.waiting


def running(gateway: Gateway) -> int:
    return gateway.services.queue.line("groq", MODEL).running


def number(gateway: Gateway, name: str, **labels: str) -> float | None:
    return gateway.services.metrics.registry.get_sample_value(name, labels)


async def test_who_finds_all_slots_taken_waits_for_one(narrow: Serving, groq: Groq, tenant: MakeTenant) -> None:
    ada = await tenant()
    async with narrow() as gateway:
        asked = [asyncio.create_task(gateway.chat(ada.key)) for _ in range(3)]
        await until(lambda: waiting(gateway) == 2)
        assert number(gateway, "aniate_queue_waiting") == 2
        assert len(groq.asked) == 1
        assert [(await each).status for each in asked] == [200] * 3
        assert len(groq.asked) == 3
        assert (waiting(gateway), running(gateway)) == (0, 0)
        assert number(gateway, "aniate_queue_wait_seconds_count") == 2


@pytest.mark.parametrize(
    ("settings", "reason", "said"),
    [
        ({"queue_places": 1}, "full", "Too many requests are waiting for this model."),
        ({"queue_places_each": 1}, "full_for_user", "Too many of your requests are waiting for this model."),
    ],
)
async def test_a_full_line_refuses_before_anything_is_written(
    narrow: Serving, tenant: MakeTenant, settings: dict[str, int], reason: str, said: str
) -> None:
    ada = await tenant()
    async with narrow(**settings) as gateway:
        asked = [asyncio.create_task(gateway.chat(ada.key)) for _ in range(2)]
        await until(lambda: waiting(gateway) == 1)
        refused = await gateway.chat(ada.key, model="fast")
        assert (refused.status, refused.error["message"]) == (503, said)
        assert refused.headers["retry-after"] == "5"
        assert [(await each).status for each in asked] == [200, 200]
        assert len(gateway.rows()) == 2
        assert number(gateway, "aniate_queue_refused_total", reason=reason) == 1


async def test_another_users_full_part_of_the_line_is_nobody_elses(narrow: Serving, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    async with narrow(queue_places_each=1) as gateway:
        asked = [asyncio.create_task(gateway.chat(ada.key)) for _ in range(2)]
        await until(lambda: waiting(gateway) == 1)
        assert (await gateway.chat(bob.key)).status == 200
        await asyncio.gather(*asked)


@pytest.mark.parametrize("stream", [True, False])
async def test_who_waits_too_long_is_refused_and_charged_nothing(
    narrow: Serving, groq: Groq, tenant: MakeTenant, stream: bool
) -> None:
    ada = await tenant()
    async with narrow(queue_patience_s=0.1) as gateway:
        first = asyncio.create_task(gateway.chat(ada.key))
        await until(lambda: running(gateway) == 1)
        refused = await gateway.chat(ada.key, stream=stream, model="fast")  # a model of which there is no cheaper one
        assert refused.status == 503
        assert refused.headers["retry-after"] == "5"
        said = "This request waited 0.1 seconds for the model, and it was not its turn."
        assert refused.error == {"code": "unavailable", "message": said, "hint": "Try again in a moment."}
        assert (await first).status == 200
        assert gateway.rows("outcome, cost_micro_usd > 0") == [("ok", True), ("failed", False)]
        assert len(groq.asked) == 1
        assert number(gateway, "aniate_queue_refused_total", reason="deadline") == 1
        assert number(gateway, "aniate_chat_upstream_errors_total", provider="groq", kind="busy") is None


async def test_a_client_that_goes_away_leaves_the_line_at_once(narrow: Serving, groq: Groq, tenant: MakeTenant) -> None:
    ada = await tenant()
    async with narrow() as gateway:
        first = asyncio.create_task(gateway.chat(ada.key))
        await until(lambda: running(gateway) == 1)
        gone = asyncio.create_task(gateway.chat(ada.key))
        await until(lambda: waiting(gateway) == 1)
        gone.cancel()
        await until(lambda: waiting(gateway) == 0)
        assert not first.done()
        assert (await first).status == 200
        assert sorted(await gateway.settled(2)) == [("closed", "cancelled"), ("closed", "ok")]
        assert len(groq.asked) == 1


async def test_who_waits_is_told_when_the_server_stops(narrow: Serving, groq: Groq, tenant: MakeTenant) -> None:
    ada = await tenant()
    async with narrow() as gateway:
        asked = [asyncio.create_task(gateway.chat(ada.key)) for _ in range(2)]
        await until(lambda: waiting(gateway) == 1)
        await gateway.stop()
        answers = [await each for each in asked]
        assert [answer.error["message"] for answer in answers] == ["The server is shutting down."] * 2
        assert await gateway.settled(2) == [("closed", "failed")] * 2


async def test_a_stream_that_waits_is_told_where(narrow: Serving, groq: Groq, tenant: MakeTenant) -> None:
    ada, groq.first_pause_s = await tenant(), 0.4
    async with narrow() as gateway:
        first = asyncio.create_task(gateway.chat(ada.key))
        await until(lambda: running(gateway) == 1)
        answer = await gateway.chat(ada.key)
        assert set(answer.names[:2]) == {"start", "status"}
        assert answer.data("status") == {"state": "waiting", "position": 1}
        assert answer.text == "Hello from Groq."
        await first


class EmptyDatabase:
    """It knows of no room, and counts who asks."""

    asked = 0

    async def one(self, *_: object) -> dict[str, Any]:
        self.asked += 1
        return {"wait_s": 0.0, "tokens_left": None}


@pytest.fixture
def empty() -> Any:
    return EmptyDatabase()


@pytest.fixture
async def queue(empty: Any) -> AsyncIterator[Queue]:
    settings = Settings(Path("/nowhere"), Path("/nowhere"))
    opened = Queue(settings, SystemClock(), Metrics().queue, empty)
    yield opened
    opened.close()


def wish() -> Wish:
    return Wish("groq", MODEL, "ada", "free", 10, 10, lambda: Took(10, 10, asked=True))


async def test_where_there_is_plenty_of_room_nobody_is_asked(queue: Queue, empty: EmptyDatabase) -> None:
    hear = queue.listener("groq")
    plenty = {"x-ratelimit-limit-tokens": "6000", "x-ratelimit-remaining-tokens": "5900"}
    async with queue.turn(wish()):
        assert empty.asked == 1, "others may know of a limit before the first answer"
    for headers in ({}, plenty):
        hear(MODEL, 200, headers)
        for _ in range(5):
            async with queue.turn(wish()):
                assert queue.line("groq", MODEL).running == 1
    assert empty.asked == 1
    hear(MODEL, 200, {**plenty, "x-ratelimit-remaining-tokens": "1000"})
    async with queue.turn(wish()):
        assert empty.asked > 1


async def test_few_go_at_once_to_a_model_of_which_nothing_was_heard(queue: Queue) -> None:
    line, let_go = queue.line("groq", MODEL), asyncio.Event()

    async def ask() -> None:
        async with queue.turn(wish()):
            await let_go.wait()

    asked = [asyncio.create_task(ask()) for _ in range(20)]
    await until(lambda: line.running == 4)
    assert line.fair.waiting == 16
    queue.listener("groq")(MODEL, 200, {})
    await until(lambda: line.running == 20)
    let_go.set()
    await asyncio.gather(*asked)
    assert line.running == 0


async def test_after_a_refusal_without_figures_fewer_go_at_once_and_more_again(queue: Queue) -> None:
    line, hear = queue.line("groq", MODEL), queue.listener("groq")
    hear(MODEL, 200, {})
    turns = [queue.turn(wish()) for _ in range(12)]
    for turn in turns[:8]:
        await turn.__aenter__()
    hear(MODEL, 429, {"retry-after": "0.05"})
    late = [asyncio.create_task(turn.__aenter__()) for turn in turns[8:]]
    for turn in turns[:8]:
        line.end(turn, Took(0, 0, asked=False))
    await until(lambda: line.running == 4)
    await asyncio.gather(*late)
    line.end(turns[8], Took(1, 1, asked=True))
    assert line._open_slots == 5


async def test_a_room_that_stays_shut_beyond_patience_refuses_at_once(queue: Queue) -> None:
    shut = {"x-ratelimit-limit-requests": "10", "x-ratelimit-remaining-requests": "0"}
    queue.listener("groq")(MODEL, 429, {**shut, "x-ratelimit-reset-requests": "24h0m0s"})
    with pytest.raises(Exception, match="takes no more requests for a while") as refused:
        queue.line("groq", MODEL).refuse_if_full("ada")
    assert getattr(refused.value, "retry_after_s", 0) == pytest.approx(8640, abs=2)
