"""Which model answers, through the door: two providers on two ports; one row, at the price of who answered."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import openai
import pytest

from aniate_server.inference import line
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, Tenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.groq_faults import refusal
from server.tests.inference.gateway import KEEP_ALIVE_S, NOWHERE, Gateway, serving
from server.tests.inference.openai_client import client_with
from server.tests.limits.test_limits import allow, meters, sql
from server.tests.monitoring.numbers import by, numbers

pytestmark = pytest.mark.anyio

SMALL, LARGE, HUGE = "openai/gpt-oss-20b", "openai/gpt-oss-120b", "gpt-4.1"
ROW = "model, provider, upstream_model, outcome, input_tokens, output_tokens, cost_micro_usd, route"
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}


@pytest.fixture
async def other() -> AsyncIterator[Groq]:
    """The frontier provider's double: the protocol is the same."""
    async with Groq(offers={HUGE: 1_047_576}, tokens_per_minute=1_000_000).running() as double:
        yield double


@pytest.fixture
async def gateway(groq: Groq, other: Groq, db: Database, database: TestDatabase) -> AsyncIterator[Gateway]:
    beside = (Provider("openai", other.base_url, KEY),)
    async with serving(db, database, Provider("groq", groq.base_url, KEY), beside=beside) as running:
        yield running


@pytest.fixture
async def payer(tenant: MakeTenant) -> Tenant:
    return await tenant("ada", "enterprise")


def asked(double: Groq) -> list[str]:
    """The models that the double was asked, in their order."""
    return [each.body["model"] for each in double.asked]


def cost(input_price: float, output_price: float) -> int:
    """Of 20 tokens read and 12 written, in micro-USD; prices are micro-USD a token."""
    return -int(-(20 * input_price + 12 * output_price) // 1)


async def test_a_limited_model_is_replaced_by_the_next_one_on_the_same_row(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited = {SMALL}
    answer = await gateway.chat(payer.key, "Hello.")
    assert answer.status == 200 and answer.text == "Hello from Groq."
    assert answer.data("start")["model"] == "smart"
    assert answer.data("start")["notice"] == "fast is busy, so smart answers."
    assert answer.data("usage")["cost_micro_usd"] == cost(0.15, 0.6)
    route = "plan:enterprise size:ok busy:fast"
    assert gateway.rows(ROW) == [("smart", "groq", LARGE, "ok", 20, 12, cost(0.15, 0.6), route)]
    assert asked(groq) == [SMALL, LARGE] and not other.asked
    assert gateway.balance() == (cost(0.15, 0.6),) * 2
    assert all(meter["reserved_micro_usd"] == meter["streams"] == 0 for meter in meters(gateway))
    assert all(meter["tokens_day"] == 32 for meter in meters(gateway))
    found = await numbers(gateway)
    assert by(found, "aniate_chat_fallbacks_total", "from", "to", "kind") == {("fast", "smart", "busy"): 1}
    assert by(found, "aniate_chat_requests_total", "model", "outcome") == {("smart", "ok"): 1}


async def test_a_provider_that_is_limited_is_replaced_by_the_one_beside_it(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited = {SMALL, LARGE}
    answer = await gateway.chat(payer.key)
    assert answer.data("start")["model"] == "frontier"
    assert answer.data("start")["notice"] == "fast is busy and smart is busy, so frontier answers."
    assert asked(other) == [HUGE] and other.asked[0].body["max_completion_tokens"] == 8192
    [row] = gateway.rows(ROW)
    assert row[:3] == ("frontier", "openai", HUGE)
    assert row[-2:] == (cost(2, 8), "plan:enterprise size:ok busy:fast busy:smart")


async def test_a_model_that_said_when_it_takes_more_is_passed_by_until_then(
    gateway: Gateway, groq: Groq, payer: Tenant
) -> None:
    """Not only for who was refused: nobody stands half a minute before one model while the next one is idle."""
    groq.first = [refusal(429, "rate_limit_exceeded", retry_after="30")]
    async with asyncio.timeout(5):
        for _ in range(2):
            answer = await gateway.chat(payer.key)
            assert answer.data("start")["notice"] == "fast is busy, so smart answers."
    assert asked(groq) == [SMALL, LARGE, LARGE]


async def test_where_no_other_may_answer_that_model_is_waited_for(
    gateway: Gateway, groq: Groq, payer: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(line, "SOON_S", 0.2)
    allow(gateway, "credit_month", 3_000)
    queue, clock = gateway.services.queue, gateway.services.clock
    queue.line("groq", SMALL).room.mine.close(0.6, clock.monotonic())
    answer = await gateway.chat(payer.key)
    assert (answer.status, answer.data("start")["model"]) == (200, "fast")
    assert asked(groq) == [SMALL]


async def test_when_nobody_is_left_the_first_error_is_told(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited = {SMALL}
    other.refuse = (500, {"message": "", "type": "internal_server_error", "code": "internal"}, {})
    groq.decommissioned = {LARGE}
    answer = await gateway.chat(payer.key)
    assert (answer.status, answer.error["message"]) == (503, "The model's provider is busy.")
    assert asked(groq) == [SMALL, LARGE] and asked(other) == [HUGE]
    assert gateway.rows("state, outcome, cost_micro_usd, model") == [("closed", "failed", 0, "frontier")]
    assert all(meter["reserved_micro_usd"] == meter["tokens_day"] == 0 for meter in meters(gateway))


async def test_what_one_of_the_chain_may_have_counted_is_an_estimate_whatever_is_told(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    """The first is busy, which is told; the last took the question and said nothing."""
    groq.limited = {SMALL, LARGE}
    other.fault = "hang"
    answer = await gateway.chat(payer.key)
    assert answer.error["message"] == "The model's provider is busy."
    assert gateway.rows("outcome, cost_micro_usd, estimated, model") == [("failed", 0, True, "frontier")]


async def test_a_free_plan_is_not_moved_to_what_it_does_not_have(
    gateway: Gateway, groq: Groq, other: Groq, tenant: MakeTenant
) -> None:
    groq.limited = {SMALL, LARGE}
    bob = await tenant("bob")
    assert (await gateway.chat(bob.key)).status == 503
    assert asked(groq) == [SMALL, LARGE] and not other.asked
    refused = await gateway.chat(bob.key, model="frontier")
    assert (refused.status, refused.error) == (
        403,
        {
            "code": "needs_a_plan",
            "message": "The model frontier is for the plan pro or enterprise; yours is free.",
            "hint": "For more: ant upgrade",
        },
    )
    assert len(gateway.rows()) == 1, "who is refused leaves no row"


async def test_a_model_that_is_gone_is_passed_by_afterwards(gateway: Gateway, groq: Groq, payer: Tenant) -> None:
    groq.decommissioned = {SMALL}
    first, second = [await gateway.chat(payer.key) for _ in range(2)]
    assert asked(groq) == [SMALL, LARGE, LARGE]
    assert first.data("start")["notice"] == second.data("start")["notice"] == "fast is gone, so smart answers."
    routes = [route for (route,) in gateway.rows("route")]
    assert routes == ["plan:enterprise size:ok model_gone:fast"] * 2


async def test_after_the_first_byte_no_other_model_is_asked(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited, groq.fault, groq.reasons, groq.pause_s = {SMALL}, "cut", [], 0.05
    answer = await gateway.chat(payer.key)
    assert answer.names == ["start", "delta", "error"]
    assert answer.error["message"] == "The model's provider broke off.", "of who answered, not of who was busy"
    assert asked(groq) == [SMALL, LARGE] and not other.asked
    assert [row[:2] for row in gateway.rows("model, outcome")] == [("smart", "failed")]


async def test_a_named_model_is_replaced_by_a_cheaper_one_alone(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited = {LARGE}
    answer = await gateway.chat(payer.key, model="smart")
    assert answer.data("start")["model"] == "fast"
    assert answer.data("start")["notice"] == "smart is busy, so fast answers."
    assert gateway.rows("model, cost_micro_usd, route") == [("fast", cost(0.075, 0.3), "asked busy:smart")]
    groq.limited = {SMALL}
    assert (await gateway.chat(payer.key, model="fast")).status == 503
    other.limited = {HUGE}
    assert (await gateway.chat(payer.key, model="frontier")).data("start")["model"] == "smart"
    assert asked(groq) == [LARGE, SMALL, SMALL, LARGE] and asked(other) == [HUGE]


async def test_what_is_too_long_for_the_usual_model_goes_to_one_that_can_read_it(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    log = [{"kind": "file", "name": "app.log", "text": "abc def " * 70_000}]
    answer = await gateway.chat(payer.key, context=log)
    assert answer.data("start")["notice"] == "This is more than fast can read, so frontier answers."
    assert not groq.asked and len(str(other.asked[0].body["messages"])) > 560_000
    assert gateway.rows("model, route") == [("frontier", "plan:enterprise size:large")]


async def test_what_its_model_finds_too_long_goes_to_a_larger_one_or_is_cut(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant, tenant: MakeTenant
) -> None:
    groq.context_bytes = 8_000
    text = [{"kind": "file", "name": "app.log", "text": "abc def " * 1_100}]
    answer = await gateway.chat(payer.key, context=text)
    assert answer.data("start")["notice"] == "fast cannot read so much, so frontier answers."
    assert (asked(groq), asked(other)) == ([SMALL], [HUGE])
    assert gateway.rows("route") == [("plan:enterprise size:ok too_long:fast",)]
    bob = await tenant("bob")
    assert (await gateway.chat(bob.key, context=text)).status == 413, "asked once more, with half of 131,072 tokens"
    assert asked(other) == [HUGE]


async def test_a_model_that_would_cost_more_than_the_credit_left_is_not_asked(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited = {SMALL, LARGE}
    allow(gateway, "credit_month", 20_000)
    answer = await gateway.chat(payer.key)
    assert (answer.status, answer.error["message"]) == (503, "The model's provider is busy.")
    assert not other.asked
    assert gateway.rows("model, state, cost_micro_usd") == [("smart", "closed", 0)]
    assert all(meter["reserved_micro_usd"] == 0 for meter in meters(gateway))


async def test_a_provider_that_is_not_there_is_left_at_once(
    other: Groq, db: Database, database: TestDatabase, payer: Tenant
) -> None:
    beside = (Provider("openai", other.base_url, KEY),)
    async with serving(db, database, Provider("groq", NOWHERE, KEY), beside=beside) as gateway:
        answer = await gateway.chat(payer.key)
        assert answer.data("start")["notice"] == "fast cannot be reached, so frontier answers."
        assert gateway.rows("route") == [("plan:enterprise size:ok unreachable:fast",)], "not by way of smart"
        async with gateway.http.get(f"{gateway.url}/readyz") as ready:
            assert (await ready.json())["provider"] == "away", "it is the main one that is looked at"


async def test_brew_and_difficulty_choose_for_who_pays(gateway: Gateway, payer: Tenant, tenant: MakeTenant) -> None:
    bob = await tenant("bob")
    trace = [{"kind": "stdin", "name": "stdin", "text": 'Traceback (most recent call last):\n  File "a.py"'}]
    for key in (payer.key, bob.key):
        await gateway.chat(key, brew="maker")
        await gateway.chat(key, "Mend this:\n```\nx = 1\n```", context=trace)
        await gateway.chat(key, "Why?", context=trace)
    assert gateway.rows("model, route") == [
        ("smart", "brew:maker plan:enterprise size:ok"),
        ("smart", "hard plan:enterprise size:ok"),
        ("fast", "plan:enterprise size:ok"),
        *[("fast", "plan:free size:ok")] * 3,
    ]


async def test_the_openai_door_asks_only_who_can_and_lists_what_the_plan_has(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant, tenant: MakeTenant
) -> None:
    sql(gateway, "update inference.models set features = '{json_schema}' where alias in ('fast', 'smart')")
    question: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello."}], "tools": [TOOL]}
    async with client_with(gateway, payer.key) as client:
        answer = await client.chat.completions.create(model="default", **question)
        assert answer.model == "frontier" and not groq.asked
        with pytest.raises(openai.BadRequestError) as refused:
            await client.chat.completions.create(model="smart", **question)
        assert refused.value.param == "tools" and "smart takes no tools" in refused.value.message
        assert [each.id for each in (await client.models.list()).data] == ["default", "fast", "smart", "frontier"]
    async with client_with(gateway, (await tenant("bob")).key) as client:
        assert [each.id for each in (await client.models.list()).data] == ["default", "fast", "smart"]
        for ask in (client.models.retrieve("frontier"), client.chat.completions.create(model="frontier", **question)):
            with pytest.raises(openai.PermissionDeniedError) as forbidden:
                await ask
            assert (forbidden.value.code, forbidden.value.param) == ("needs_a_plan", "model")


async def test_an_answer_of_a_form_is_had_from_the_next_one_in_its_own_dialect(
    gateway: Gateway, groq: Groq, other: Groq, payer: Tenant
) -> None:
    groq.limited, other.streams_schemas = {SMALL, LARGE}, True
    answer = await gateway.chat(payer.key, brew="commit")
    assert answer.names == ["start", "delta", "usage", "done"] and set(json.loads(answer.text)) == {"subject", "body"}
    assert [each.body["stream"] for each in (*groq.asked, *other.asked)] == [False, False, True]
    assert all(each.body["response_format"]["type"] == "json_schema" for each in (*groq.asked, *other.asked))


async def test_the_start_waits_for_who_answers_however_long_it_takes(
    gateway: Gateway, groq: Groq, payer: Tenant
) -> None:
    groq.limited, groq.first_pause_s = {SMALL}, KEEP_ALIVE_S + 0.1
    answer = await gateway.chat(payer.key)
    assert answer.raw.startswith(b": keep-alive") and answer.names == ["start", "delta", "usage", "done"]
    assert answer.data("start")["model"] == "smart"


async def test_a_client_that_leaves_while_the_question_goes_over_leaves_nothing_open(
    gateway: Gateway, groq: Groq, payer: Tenant
) -> None:
    groq.limited = {SMALL}
    groq.first_pause_s = 0.2
    asking = asyncio.create_task(gateway.chat(payer.key))
    while len(groq.asked) < 2:  # noqa: ASYNC110 - as plain as it gets
        await asyncio.sleep(0.01)
    asking.cancel()
    assert await gateway.settled() == [("closed", "cancelled")]
    assert gateway.rows("model, cost_micro_usd") == [("smart", 0)]
    assert all(meter["reserved_micro_usd"] == meter["streams"] == 0 for meter in meters(gateway))


async def test_a_frontier_without_any_model_of_today_breaks_nothing(gateway: Gateway, payer: Tenant) -> None:
    sql(gateway, "update inference.models set retired_on = current_date where provider = 'openai'")
    assert (await gateway.chat(payer.key)).status == 200
    assert (await gateway.chat(payer.key, model="frontier")).error["hint"] == "There are: default, fast, smart"
