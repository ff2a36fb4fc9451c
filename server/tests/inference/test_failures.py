"""`POST /v1/chat` when something breaks: one clear error, and every row closed."""

from __future__ import annotations

import asyncio
import time

import aiohttp
import psycopg
import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import NOWHERE, Gateway, serving

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("cut", "The model's provider broke off."),
        ("no_end", "The model's provider broke off in the middle of the answer."),
        ("error_event", "The model's provider broke off in the middle of the answer."),
        ("malformed", "The model's provider sent something that is no answer."),
        ("not_json", "The model's provider sent something that is no answer."),
        ("stall", "The model's provider said nothing for 1 seconds."),
    ],
)
async def test_a_fault_in_the_middle_ends_the_stream_with_one_error(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, fault: str, message: str
) -> None:
    groq.fault, groq.reasons, groq.pause_s = fault, [], 0.1
    answer = await gateway.chat((await tenant("ada")).key)
    assert answer.status == 200
    assert answer.names == ["start", "delta", "error"]
    assert answer.error == {"code": "upstream_failed", "message": message, "hint": "Try again."}
    # The beginning was delivered, so it is charged, as an estimate.
    assert gateway.rows("state, outcome, estimated, output_tokens") == [("closed", "failed", True, 2)]
    costs, ledger = gateway.balance()
    assert costs == ledger > 0


@pytest.mark.parametrize("fault", ["html", "redirect"])
async def test_an_answer_that_is_no_stream_is_refused_and_costs_nothing(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, fault: str
) -> None:
    groq.fault = fault
    answer = await gateway.chat((await tenant("ada")).key)
    assert (answer.status, answer.error["code"]) == (502, "upstream_failed")
    assert gateway.rows("state, outcome, cost_micro_usd") == [("closed", "failed", 0)]
    assert gateway.balance() == (0, 0)


REFUSALS = [
    (400, "model_decommissioned", 502, "upstream_failed"),
    (400, "context_length_exceeded", 413, "too_large"),
    (400, "invalid_request_error", 502, "upstream_failed"),
    (401, "invalid_api_key", 503, "unavailable"),
    (403, "forbidden", 503, "unavailable"),
    (404, "model_not_found", 502, "upstream_failed"),
    (413, "request_too_large", 413, "too_large"),
    (422, "unprocessable", 502, "upstream_failed"),
    (429, "rate_limit_exceeded", 503, "unavailable"),
    (498, "capacity_exceeded", 503, "unavailable"),
    (500, "internal_server_error", 502, "upstream_failed"),
    (503, "service_unavailable", 503, "unavailable"),
]


@pytest.mark.parametrize(("status", "code", "ours", "our_code"), REFUSALS)
async def test_each_refusal_of_the_provider_means_one_error_of_ours(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, status: int, code: str, ours: int, our_code: str
) -> None:
    groq.refuse = (status, {"message": "org_secret", "type": "x", "code": code}, {"retry-after": "6.2"})
    answer = await gateway.chat((await tenant("ada")).key)
    assert (answer.status, answer.error["code"]) == (ours, our_code)
    assert b"org_secret" not in answer.raw
    assert answer.headers.get("retry-after") == ("7" if status in (429, 498, 503) else None)
    assert gateway.rows("state, outcome, cost_micro_usd") == [("closed", "failed", 0)]


async def test_a_provider_that_is_not_there_is_unavailable(
    db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    async with serving(db, database, Provider("groq", NOWHERE, KEY)) as gateway:
        began = time.monotonic()
        answer = await gateway.chat((await tenant("ada")).key, stream=False)
        assert (answer.status, answer.error["message"]) == (503, "The model cannot be reached.")
        assert time.monotonic() - began < 2
        assert gateway.rows() == [("closed", "failed")]


async def test_a_client_that_goes_away_ends_the_answer_upstream_and_is_charged_for_what_it_got(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says, groq.pause_s = ["word "] * 1000, 0.02
    async with gateway.asking((await tenant("ada")).key) as answer:
        while b"word" not in await answer.content.readany():
            pass
        left = time.monotonic()
        answer.close()
    assert await gateway.settled() == [("closed", "cancelled")]
    assert time.monotonic() - left < 1
    assert groq.asked[0].cancelled
    [(output_tokens, estimated)] = gateway.rows("output_tokens, estimated")
    assert 0 < output_tokens < 500
    assert estimated
    costs, ledger = gateway.balance()
    assert costs == ledger > 0


async def test_a_client_that_goes_away_before_the_first_word_ends_the_question_too(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.first_pause_s = 5
    asking = asyncio.create_task(gateway.chat((await tenant("ada")).key))
    while not groq.asked:  # noqa: ASYNC110 - as plain as it gets
        await asyncio.sleep(0.01)
    asking.cancel()
    assert await gateway.settled() == [("closed", "cancelled")]
    assert groq.asked[0].cancelled
    assert gateway.rows("estimated") == [(True,)]  # the provider may have counted the question
    assert gateway.balance() == (0, 0)


async def test_a_server_that_stops_says_so_and_settles(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    groq.says, groq.pause_s = ["word "] * 1000, 0.02
    async with gateway.asking((await tenant("ada")).key) as answer:
        await answer.content.readuntil(b"word")
        stopping = asyncio.create_task(gateway.stop())
        rest = await answer.read()
    await stopping
    assert b'event: error\ndata: {"code": "unavailable", "message": "The server is shutting down."' in rest
    assert gateway.rows() == [("closed", "failed")]
    assert groq.asked[0].cancelled


async def test_settling_survives_the_cancellation_of_the_request(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    """uvicorn cancels what is still running when its patience ends."""
    groq.says, groq.pause_s = ["word "] * 1000, 0.02
    async with gateway.asking((await tenant("ada")).key) as answer:
        await answer.content.readuntil(b"word")
        [request] = [task for task in asyncio.all_tasks() if "run_asgi" in repr(task)]
        request.cancel()
        with pytest.raises(aiohttp.ClientPayloadError):
            await answer.content.read()
    assert gateway.rows() == [("closed", "failed")]


async def test_a_database_that_goes_away_ends_the_answer_and_the_debt_is_settled_later(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, database: TestDatabase
) -> None:
    groq.says, groq.pause_s = ["word "] * 20, 0.05
    key = (await tenant("ada")).key
    with psycopg.connect(database.superuser_url, autocommit=True, dbname="postgres") as connection:
        async with gateway.asking(key) as answer:
            await answer.content.readuntil(b"word")
            connection.execute(f"alter database {database.name} allow_connections false")
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [database.name]
            )
            rest = await answer.content.read()
        connection.execute(f"alter database {database.name} allow_connections true")
    said = "The database cannot be reached, so this answer could not be recorded."
    assert f'event: error\ndata: {{"code": "unavailable", "message": "{said}"'.encode() in rest
    assert b"event: done" not in rest
    assert gateway.rows() == [("open", None)]
    assert await gateway.services.meter.settle_owed() == 1
    assert gateway.rows("state, outcome, input_tokens, output_tokens") == [("closed", "ok", 20, 12)]
    assert gateway.balance() == (6, 6)


async def test_without_a_database_nothing_is_asked(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, db: Database
) -> None:
    key = (await tenant("ada")).key
    await db.close()
    answer = await gateway.chat(key)
    assert (answer.status, answer.error["code"]) == (503, "unavailable")
    assert not groq.asked


async def test_many_at_once_some_leaving_some_failing_all_settle(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada", "enterprise"), await tenant("bob", "enterprise")
    groq.says, groq.pause_s = ["word "] * 10, 0.01

    async def one(number: int) -> None:
        key = (ada, bob)[number % 2].key
        asking = asyncio.create_task(gateway.chat(key, stream=number % 3 != 0))
        if number % 4 == 0:
            await asyncio.sleep(number / 400)
            asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)

    await asyncio.gather(*(one(number) for number in range(24)))
    for _ in range(300):
        rows = gateway.rows()
        if all(state == "closed" for state, _ in rows):
            break
        await asyncio.sleep(0.05)
    assert {state for state, _ in rows} == {"closed"}
    assert [outcome for _, outcome in rows].count("ok") >= 18
    costs, ledger = gateway.balance()
    assert costs == ledger


async def test_an_answer_that_is_whole_needs_no_proper_end_of_http(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.fault = "torn"
    answer = await gateway.chat((await tenant("ada")).key)
    assert (answer.text, answer.names[-1]) == ("Hello from Groq.", "done")
    assert gateway.rows("outcome, estimated") == [("ok", False)]
