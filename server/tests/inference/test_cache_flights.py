"""What is being answered is not asked twice: many wait for one, and none waits for nothing."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database
from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.cached import FREE, HEADER, ask, at_rest, kept, outcomes, sql, until
from server.tests.inference.gateway import Events, Gateway
from server.tests.monitoring.numbers import by, numbers

pytestmark = pytest.mark.anyio
SHARED = "The same question was answered just now; nothing is charged."
Asking = asyncio.Task[Events]


def slow(groq: Groq) -> None:
    """Its answers take five seconds now."""
    groq.says, groq.pause_s = ["word "] * 100, 0.05


def quick(groq: Groq) -> None:
    """Its next answers come at once."""
    groq.says, groq.pause_s = ["a good ", "answer"], 0


async def streams(gateway: Gateway, count: int) -> None:
    """Wait until so many requests are under way: they ask, or they wait for another."""
    for _ in range(200):
        if by(await numbers(gateway), "aniate_chat_open_streams").get((), 0) == count:
            return
        await asyncio.sleep(0.01)
    raise AssertionError("not so many")


async def waiting(gateway: Gateway, key: str, count: int, **fields: Any) -> list[Asking]:
    """So many who ask the same; they are there when this returns."""
    asking = [asyncio.create_task(ask(gateway, key, **fields)) for _ in range(count)]
    await streams(gateway, count + 1)
    return asking


async def test_a_hundred_at_once_are_one_question_to_the_model(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant()).key
    groq.first_pause_s = 0.3
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(100)))
    assert len(groq.asked) == 1
    assert {answer.text for answer in answers} == {"Hello from Groq."}
    assert all(answer.names == ["start", "delta", "usage", "done"] for answer in answers)
    charged = [answer for answer in answers if answer.data("usage") != FREE]
    assert [answer.headers[HEADER] for answer in charged] == ["miss"]
    told = {answer.data("start")["notice"] for answer in answers}
    assert told <= {"", SHARED}
    assert gateway.rows() == [("closed", "ok")]
    assert gateway.balance() == (6, 6)
    assert await outcomes(gateway) == {"miss": 1, "shared": 99}


async def test_a_hundred_at_once_after_it_was_kept_are_none(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant()).key
    await ask(gateway, key)
    await at_rest(gateway)
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(100)))
    assert {answer.headers[HEADER] for answer in answers} == {"hit"}
    assert len(groq.asked) == 1


async def test_others_who_ask_the_same_at_once_do_not_wait_for_it(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    groq.first_pause_s = 0.2
    await asyncio.gather(*(ask(gateway, key) for key in [ada.key, bob.key] * 10))
    assert len(groq.asked) == 2
    assert sorted(gateway.rows("user_id")) == sorted([(ada.user_id,), (bob.user_id,)])


async def test_members_of_one_workspace_do_not_wait_for_each_other(
    gateway: Gateway, groq: Groq, db: Database, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await store.add_member(db, ada.workspace_id, bob.user_id, "member")
    _, key = await store.create_key(db, ada.workspace_id, bob.user_id, "test")
    groq.first_pause_s = 0.2
    await asyncio.gather(*(ask(gateway, each) for each in [ada.key, key] * 5))
    assert len(groq.asked) == 2
    assert sorted(gateway.rows("workspace_id, user_id")) == sorted(
        (ada.workspace_id, each.user_id) for each in (ada, bob)
    )


async def test_who_may_no_longer_ask_when_the_answer_comes_does_not_get_it(
    gateway: Gateway, groq: Groq, db: Database, tenant: MakeTenant
) -> None:
    ada = await tenant()
    key_id, key = await store.create_key(db, ada.workspace_id, ada.user_id, "test")
    groq.says, groq.pause_s = ["word "] * 10, 0.05
    first = asyncio.create_task(ask(gateway, ada.key))
    await streams(gateway, 1)
    [follower] = await waiting(gateway, key, 1, stream=False)
    await store.revoke_key(db, key_id)
    assert (await follower).status == 401
    assert (await first).status == 200


async def test_when_the_first_leaves_the_next_asks_and_the_others_wait_for_it(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant()).key
    slow(groq)
    async with gateway.asking(key, "Why?", cache_control=None) as first:
        await first.content.readany()
        followers = await waiting(gateway, key, 20)
        quick(groq)
    answers = await asyncio.wait_for(asyncio.gather(*followers), 3)
    assert {answer.text for answer in answers} == {"a good answer"}
    assert len(groq.asked) == 2
    assert await outcomes(gateway) == {"miss": 2, "shared": 19}
    assert [answer.data("usage") == FREE for answer in answers].count(False) == 1
    assert gateway.rows() == [("closed", "cancelled"), ("closed", "ok")]
    await at_rest(gateway)
    assert kept(gateway) == 1


async def test_who_waits_and_leaves_is_gone_at_once_and_disturbs_nobody(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant()).key
    groq.says, groq.pause_s = ["word "] * 10, 0.05
    first = asyncio.create_task(ask(gateway, key))
    await streams(gateway, 1)
    [leaves, stays] = await waiting(gateway, key, 2)
    leaves.cancel()
    await streams(gateway, 2)
    assert not first.done()
    assert (await first).text == (await stays).text == "word " * 10
    assert len(groq.asked) == 1


async def test_when_the_first_fails_the_next_asks(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant()).key
    groq.first_pause_s, groq.fault = 0.3, "cut"
    asking = [asyncio.create_task(ask(gateway, key)) for _ in range(5)]
    await until(lambda: gateway.rows() == [("closed", "failed"), ("open", None)])
    groq.fault = ""
    answers = await asyncio.gather(*asking)
    assert sorted(answer.names[-1] for answer in answers) == ["done"] * 4 + ["error"]
    assert gateway.rows() == [("closed", "failed"), ("closed", "ok")]


async def test_where_the_model_fails_and_fails_it_is_not_asked_by_each_in_turn(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant()).key
    groq.first_pause_s, groq.fault = 0.1, "cut"
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(30)))
    assert {answer.error["code"] for answer in answers} == {"upstream_failed"}
    assert gateway.rows() == [("closed", "failed")] * 2
    groq.fault = ""
    assert (await ask(gateway, key)).text == "Hello from Groq."


async def test_who_becomes_the_first_is_held_to_the_limits(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant(plan="enterprise")).key
    sql(gateway, "insert into limits.allowances values ('enterprise', 'workspace', 'requests_day', 1)")
    slow(groq)
    async with gateway.asking(key, "Why?", cache_control=None) as first:
        await first.content.readany()
        followers = await waiting(gateway, key, 5, stream=False)
    answers = await asyncio.wait_for(asyncio.gather(*followers), 3)
    assert {(answer.status, answer.error["code"]) for answer in answers} == {(429, "limit_reached")}
    assert len(groq.asked) == 1


async def test_who_becomes_the_first_is_told_what_is_left(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant()).key
    slow(groq)
    async with gateway.asking(key, "Why?", cache_control=None) as first:
        await first.content.readany()
        [follower] = await waiting(gateway, key, 1, stream=False)
        quick(groq)
    answer = await follower
    assert "ratelimit" in answer.headers
    assert answer.headers[HEADER] == "miss"


async def test_while_somebody_waits_the_connection_is_kept_alive(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant()).key
    groq.first_pause_s = 0.8
    answers = await asyncio.gather(ask(gateway, key), ask(gateway, key))
    [waited] = [answer for answer in answers if answer.data("usage") == FREE]
    assert b": keep-alive\n\n" in waited.raw
    assert waited.data("start")["notice"] == SHARED
    assert waited.text == "Hello from Groq."
    assert waited.names == ["start", "delta", "usage", "done"]


async def test_an_answer_that_reached_the_limit_is_shared_and_not_kept(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant()).key
    groq.first_pause_s, groq.finish_reason = 0.2, "length"
    answers = await asyncio.gather(*(ask(gateway, key) for _ in range(5)))
    assert {answer.data("done")["finish_reason"] for answer in answers} == {"length"}
    assert (len(groq.asked), kept(gateway)) == (1, 0)
    await ask(gateway, key)
    assert len(groq.asked) == 2


async def test_who_asks_anew_waits_for_nobody(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant()).key
    groq.first_pause_s = 0.2
    first = asyncio.create_task(ask(gateway, key))
    await until(lambda: len(groq.asked) == 1)
    answers = await asyncio.gather(*(ask(gateway, key, cache_control=wish) for wish in (None, "no-cache", "no-store")))
    assert [answer.data("usage") == FREE for answer in answers] == [True, False, False]
    assert [answer.headers.get(HEADER) for answer in answers[1:]] == ["miss", None]
    assert (await first).headers[HEADER] == "miss"
    assert len(groq.asked) == 3


async def test_a_server_that_stops_tells_those_who_wait(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant()).key
    slow(groq)
    first = asyncio.create_task(ask(gateway, key))
    await streams(gateway, 1)
    followers = await waiting(gateway, key, 3)
    await gateway.stop()
    answers = await asyncio.wait_for(asyncio.gather(first, *followers), 3)
    assert {answer.error["message"] for answer in answers} == {"The server is shutting down."}
    assert gateway.rows() == [("closed", "failed")]


async def test_many_who_ask_leave_and_fail_leave_nothing_behind(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    keys = [(await tenant(name, "enterprise")).key for name in ("ada", "bob")]
    groq.says, groq.pause_s = ["word "] * 5, 0.01
    chance, good = random.Random(7), list[str]()

    async def one(number: int) -> None:
        text, wish = chance.choice(["Why?", "How?", "When?"]), chance.choice([None, None, None, "no-cache"])
        await asyncio.sleep(number / 200)
        groq.fault = "cut" if number % 50 < 10 else ""
        asking = asyncio.create_task(ask(gateway, keys[number % 2], text, wish, stream=number % 3 != 0))
        if number % 4 == 0:
            await asyncio.sleep(chance.random() * 0.1)
            asking.cancel()
        for answer in await asyncio.gather(asking, return_exceptions=True):
            if isinstance(answer, Events) and answer.names[-1:] == ["done"]:
                good.append(answer.text)

    await asyncio.gather(*(one(number) for number in range(200)))
    await until(lambda: all(state == "closed" for state, _ in gateway.rows()))
    await at_rest(gateway)
    await streams(gateway, 0)
    costs, ledger = gateway.balance()
    assert costs == ledger > 0
    assert set(good) == {"word " * 5}
    assert 0 < len(gateway.rows()) < len(good)
