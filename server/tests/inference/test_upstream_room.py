"""An upstream's limit is kept before it says 429, by all processes together, and the wait for it is shared fairly."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from statistics import quantiles

import psycopg
import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, Tenant, TestDatabase
from server.tests.doubles.groq import KEY
from server.tests.doubles.groq_room import LimitedGroq
from server.tests.inference.gateway import Gateway, serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def groq() -> AsyncIterator[LimitedGroq]:
    """Its minute has one second: 20,000 tokens of it, and each question takes 500."""
    double = LimitedGroq(tokens_per_minute=20_000, window_s=1.0, prompt_tokens=400, completion_tokens=100)
    async with double.running():
        yield double


async def chats(gateway: Gateway, of: Tenant, count: int) -> list[int]:
    """The statuses of so many at once."""
    return [answer.status for answer in await asyncio.gather(*(gateway.chat(of.key) for _ in range(count)))]


async def exhaust(gateway: Gateway, groq: LimitedGroq, by: Tenant) -> None:
    """What is left is used up, and the server has heard of it."""
    await gateway.chat(by.key)
    groq.left = 600.0
    await gateway.chat(by.key)


async def test_who_wants_more_than_the_limit_waits_and_is_never_refused(
    gateway: Gateway, groq: LimitedGroq, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    began = time.monotonic()
    assert await chats(gateway, ada, 80) == [200] * 80
    assert groq.refused == 0
    assert time.monotonic() - began >= (80 * 500 - 20_000) / 20_000, "no faster than the limit"
    left = gateway.services.metrics.registry.get_sample_value(
        "aniate_queue_room_left",
        {"provider": "groq", "upstream_model": "openai/gpt-oss-20b", "measure": "tokens"},
    )
    assert left is not None


async def test_two_processes_share_the_room(
    gateway: Gateway, groq: LimitedGroq, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    async with AsyncExitStack() as stack:
        other_db = await Database.open(database.server_url, connections=5)
        stack.push_async_callback(other_db.close)
        other = await stack.enter_async_context(serving(other_db, database, Provider("groq", groq.base_url, KEY)))
        await other.chat(ada.key)
        await gateway.chat(ada.key)
        mine, others = await asyncio.gather(chats(gateway, ada, 60), chats(other, ada, 60))
    assert groq.refused == 0
    assert mine + others == [200] * 120


async def test_a_new_process_learns_from_the_others_before_it_asks(
    gateway: Gateway, groq: LimitedGroq, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    await exhaust(gateway, groq, ada)
    await gateway.chat(ada.key)
    async with serving(db, database, Provider("groq", groq.base_url, KEY)) as new:
        groq.left = 0.0
        assert (await new.chat(ada.key)).status == 200
    assert groq.refused == 0


async def test_without_the_database_each_process_goes_by_what_it_knows(
    gateway: Gateway, groq: LimitedGroq, database: TestDatabase, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    await exhaust(gateway, groq, ada)
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("lock table inference.rooms in access exclusive mode")
        assert await chats(gateway, ada, 30) == [200] * 30
    assert groq.refused == 0


async def test_a_refusal_holds_the_others_back_until_it_is_over(
    gateway: Gateway, groq: LimitedGroq, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    said = {"message": "Slow down.", "type": "tokens", "code": "rate_limit_exceeded"}
    groq.refuse = (429, said, {"retry-after": "0.4"})
    assert (await gateway.chat(ada.key, model="fast")).status == 503
    groq.refuse, began = None, time.monotonic()
    assert (await gateway.chat(ada.key, model="fast")).status == 200
    assert time.monotonic() - began >= 0.3
    assert len(groq.asked) == 2


async def waits(gateway: Gateway, people: list[Tenant], each: int) -> float:
    """The p95 of how long an answer takes for people who ask one thing after the other, in seconds."""

    async def ask(tenant: Tenant) -> list[float]:
        took = []
        for _ in range(each):
            began = time.monotonic()
            assert (await gateway.chat(tenant.key)).status == 200
            took.append(time.monotonic() - began)
        return took

    lists = await asyncio.gather(*(ask(person) for person in people))
    return quantiles([took for listed in lists for took in listed], n=20)[-1]


async def test_one_users_two_hundred_jobs_are_not_the_others_wait(
    gateway: Gateway, groq: LimitedGroq, tenant: MakeTenant
) -> None:
    """The p95 of the others stays under three times what they see alone, with the limit just as exhausted."""
    ada, *others = [await tenant(name, "enterprise") for name in ("ada", "bob", "cy", "dee", "eve")]
    groq.tokens_per_minute = 25_000
    await exhaust(gateway, groq, ada)
    alone = await waits(gateway, others, 8)
    burst = asyncio.create_task(chats(gateway, ada, 200))
    while gateway.services.queue.line("groq", "openai/gpt-oss-20b").fair.waiting < 150:  # noqa: ASYNC110 - no event
        await asyncio.sleep(0.01)
    beside = await waits(gateway, others, 8)
    assert not burst.done(), "the others were done long before"
    assert beside < 3 * alone
    assert await burst == [200] * 200
    assert groq.refused == 0
