"""Limits through the door: what is allowed is admitted and no more; who is refused learns which, and until when."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest

from aniate_server.limits.standing import LimitReached
from server.tests.data.cluster import MakeTenant, Tenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio


def sql(gateway: Gateway, statement: str, *values: object) -> list[tuple[Any, ...]]:
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        done = connection.execute(statement.encode(), values)
        return done.fetchall() if done.description else []


def allow(gateway: Gateway, measure: str, amount: int, scope: str = "workspace") -> None:
    """The plan enterprise, which is not limited, is limited in this alone."""
    sql(gateway, "insert into limits.allowances values ('enterprise', %s, %s, %s)", scope, measure, amount)


def meters(gateway: Gateway) -> list[dict[str, Any]]:
    """As they stand now."""
    with psycopg.connect(gateway.database_url, row_factory=psycopg.rows.dict_row) as connection:
        return connection.execute(
            "select now.* from limits.meters m cross join lateral ledger.turned(m, now()) now order by scope"
        ).fetchall()


async def same_minute(gateway: Gateway) -> None:
    """Not so near to the end of a minute that the test meets the next one."""
    [(left,)] = sql(gateway, "select 60 - extract(second from now())::float")
    if left < 10:
        await asyncio.sleep(left + 0.1)


async def test_requests_a_minute_are_admitted_up_to_the_limit_and_told(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    await same_minute(gateway)
    allow(gateway, "requests_minute", 3)
    answers = [await gateway.chat(ada.key) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["x-ratelimit-remaining-requests"] for answer in answers] == ["2", "1", "0", "0"]
    refused = answers[3]
    seconds = int(refused.headers["retry-after"])
    assert 0 < seconds <= 60
    assert refused.error == {
        "code": "limit_reached",
        "message": f"The plan enterprise allows 3 requests a minute; they are used up for another {seconds} s.",
        "hint": "For more: ant upgrade",
    }
    assert refused.headers["ratelimit-policy"] == '"requests_minute";q=3;w=60'
    assert refused.headers["ratelimit"] == f'"requests_minute";r=0;t={seconds}'
    assert len(gateway.rows()) == 3, "who is refused leaves no row"


async def test_the_next_minute_begins_anew(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    allow(gateway, "requests_minute", 1)
    assert (await gateway.chat(ada.key)).status == 200
    sql(gateway, "update limits.meters set minute = minute - interval '1 minute'")
    assert (await gateway.chat(ada.key)).status == 200


async def test_tokens_are_reserved_at_the_most_and_given_back_exactly(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    await same_minute(gateway)
    answer = await gateway.chat(ada.key)
    usage = answer.data("usage")
    took = usage["input_tokens"] + usage["output_tokens"]
    for meter in meters(gateway):
        assert (meter["tokens_minute"], meter["tokens_day"]) == (took, took)
        assert (meter["spent_micro_usd"], meter["reserved_micro_usd"], meter["streams"]) == (
            usage["cost_micro_usd"],
            0,
            0,
        )
    assert [meter["scope"] for meter in meters(gateway)] == ["key", "user", "workspace"]


async def test_a_request_that_is_larger_than_the_limit_is_told_so(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    allow(gateway, "tokens_minute", 100)
    refused = await gateway.chat(ada.key)
    assert refused.status == 429
    assert refused.error["message"].startswith("The plan enterprise allows 100 tokens a minute; this request may take ")


async def test_streams_are_held_until_they_end(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    allow(gateway, "streams", 2)
    groq.says, groq.pause_s = ["word "] * 10, 0.1
    running = [asyncio.create_task(gateway.chat(ada.key)) for _ in range(2)]
    while len(gateway.rows()) < 2:  # noqa: ASYNC110 - the rows are in a database
        await asyncio.sleep(0.02)
    refused = await gateway.chat(ada.key)
    assert (refused.status, refused.headers["retry-after"]) == (429, "2")
    assert refused.error["message"] == "The plan enterprise allows 2 answers at the same time; so many are running."
    assert [answer.status for answer in await asyncio.gather(*running)] == [200, 200]
    assert (await gateway.chat(ada.key)).status == 200


async def test_a_stream_that_its_client_leaves_frees_its_place(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    allow(gateway, "streams", 1)
    groq.says, groq.pause_s = ["word "] * 50, 0.1
    async with gateway.asking(ada.key) as answer:
        await answer.content.readany()
    await gateway.settled()
    groq.says, groq.pause_s = ["word"], 0
    assert (await gateway.chat(ada.key)).status == 200


async def test_credit_for_ten_admits_exactly_ten_of_two_hundred(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    await gateway.chat(ada.key)
    [(most, cost)] = sql(gateway, "select reserved_micro_usd, cost_micro_usd from aniate.usage")
    allow(gateway, "credit_month", cost + 10 * most)
    groq.says, groq.pause_s = ["word "] * 5, 0.5
    answers = await asyncio.gather(*(gateway.chat(ada.key) for _ in range(200)))
    assert sorted(answer.status for answer in answers) == [200] * 10 + [402] * 190
    refused = next(answer for answer in answers if answer.status == 402)
    assert "a credit of $" in refused.error["message"] and refused.error["hint"] == "For more: ant upgrade"
    assert int(refused.headers["retry-after"]) > 0
    assert gateway.balance()[0] == gateway.balance()[1]


@pytest.mark.parametrize(
    ("measure", "allowed", "used", "asked", "sentence"),
    [
        ("tokens_day", 9_000, 5_754, 8_501, "9,000 tokens a day; of them 3,246 are left for another 9 hours, and this"),
        ("credit_month", 1_000, 1_000, 2_500, "a credit of $0.0010 a month; it is used up for another 9 hours."),
        ("requests_minute", 1, 1, 1, "1 request a minute; it is used up for another 9 hours."),
        ("streams", 1, 1, 1, "1 answer at the same time; so many are running."),
    ],
)
def test_what_is_told_of_a_limit_is_true_to_the_last_of_it(
    measure: str, allowed: int, used: int, asked: int, sentence: str
) -> None:
    facts = {"scope": "workspace", "plan": "pro", "resets_in_s": 32_000}
    reached = LimitReached({**facts, "measure": measure, "allowed": allowed, "used": used, "asked": asked})
    assert reached.message.startswith(f"The plan pro allows {sentence}")


async def test_each_key_and_each_member_has_limits_of_its_own(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    other = await another_key(gateway, ada)
    await same_minute(gateway)
    allow(gateway, "requests_minute", 2, "key")
    allow(gateway, "requests_minute", 3, "user")
    keys = [ada.key, ada.key, ada.key, other, other]
    answers = [await gateway.chat(key) for key in keys]
    assert [answer.status for answer in answers] == [200, 200, 429, 200, 429]
    assert "2 requests a minute to each key" in answers[2].error["message"]
    assert "3 requests a minute to each member" in answers[4].error["message"]


async def another_key(gateway: Gateway, who: Tenant) -> str:
    from aniate_server.accounts import store

    return (await store.create_key(gateway.services.db, who.workspace_id, who.user_id, "other"))[1]


async def test_a_change_of_plan_holds_at_once(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant(plan="enterprise")
    allow(gateway, "requests_day", 0)
    assert (await gateway.chat(ada.key)).status == 429
    sql(gateway, "update aniate.workspaces set plan = 'pro'")
    assert (await gateway.chat(ada.key)).status == 200


async def test_the_plans_limit_the_whole_workspace(gateway: Gateway, tenant: MakeTenant) -> None:
    answer = await gateway.chat((await tenant()).key)
    policy = answer.headers["ratelimit-policy"]
    assert (
        '"requests_minute";q=60;w=60' in policy and '"streams";q=8' in policy and '"credit_month";q=1000000' in policy
    )
    assert answer.headers["x-ratelimit-limit-tokens"] == "600000"


async def test_an_answer_of_yesterday_changes_nothing_of_today(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada = await tenant(plan="enterprise")
    groq.says, groq.pause_s = ["word "] * 5, 0.1
    running = asyncio.create_task(gateway.chat(ada.key))
    while not gateway.rows():  # noqa: ASYNC110 - the rows are in a database
        await asyncio.sleep(0.02)
    sql(gateway, "update limits.meters set minute = minute - interval '1 day', day = day - interval '1 day'")
    sql(gateway, "update aniate.usage set metered_minute = metered_minute - interval '1 day'")
    assert (await running).status == 200
    for meter in meters(gateway):
        assert (meter["tokens_minute"], meter["tokens_day"], meter["requests_day"]) == (0, 0, 0)
        assert (meter["reserved_micro_usd"], meter["streams"]) == (0, 0) and meter["spent_micro_usd"] > 0


async def test_usage_is_told_by_day_model_and_brew_with_what_is_left(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant(plan="enterprise"), await tenant("bob")
    allow(gateway, "requests_day", 10)
    for model in ("fast", "smart", "smart"):
        await gateway.chat(ada.key, model=model)
    await gateway.chat(bob.key)
    headers = {"authorization": f"Bearer {ada.key}"}
    async with gateway.http.get(f"{gateway.url}/v1/usage", headers=headers) as answer:
        told = await answer.json()
    assert [(row["model"], row["brew"], row["requests"]) for row in told["usage"]] == [
        ("smart", "ask", 2),
        ("fast", "ask", 1),
    ]
    assert (
        sum(row["cost_micro_usd"] for row in told["usage"])
        == sql(
            gateway, "select sum(cost_micro_usd)::bigint from aniate.usage where workspace_id = %s", ada.workspace_id
        )[0][0]
    )
    [limit] = told["limits"]
    assert (limit["scope"], limit["measure"], limit["allowed"], limit["left"]) == ("workspace", "requests_day", 10, 7)
    assert 0 < limit["resets_in_s"] <= 86400
    async with gateway.http.get(f"{gateway.url}/v1/usage?days=0", headers=headers) as answer:
        assert answer.status == 400
