"""What each fault of a provider becomes: one clear error, one closed row, and no more questions than are of use."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from multidict import CIMultiDict

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.groq_faults import (
    AT_ONCE,
    BEFORE,
    BROKEN,
    FAULTS,
    NO_FLEX,
    OVERLOADED,
    RATE_LIMITED,
    TOO_LARGE,
    refusal,
)
from server.tests.inference.gateway import NOWHERE, Gateway, serving

pytestmark = pytest.mark.anyio


@dataclass
class Case:
    """A fault, and what becomes of it. A status of 200 means that the error came in the stream."""

    double: dict[str, Any]
    status: int
    code: str
    told: str
    asked: int = 1
    charged: bool = False
    retry_after: str | None = None


BUSY = "The model's provider is busy."
BROKE_OFF = "The model's provider broke off in the middle of the answer."
NONSENSE = "The model's provider sent something that is no answer."
GONE = "The model's provider does not have this model any more."
TOO_LONG = "The request is longer than the model can read."
NO_BEGINNING = "The model's provider did not begin to answer within 0.5 seconds."
CASES = {
    "busy": Case({"refuse": RATE_LIMITED}, 503, "unavailable", BUSY, asked=3),
    "busy for 7 s": Case(
        {"refuse": refusal(429, "rate_limit_exceeded", retry_after="7")}, 503, "unavailable", BUSY, retry_after="7"
    ),
    "no flex capacity": Case({"refuse": NO_FLEX}, 503, "unavailable", BUSY, asked=3),
    "broken": Case({"refuse": BROKEN}, 502, "upstream_failed", "The model's provider failed.", asked=3),
    "overloaded": Case({"refuse": OVERLOADED}, 503, "unavailable", BUSY, asked=3),
    "too large": Case({"refuse": TOO_LARGE}, 413, "too_large", TOO_LONG),
    "decommissioned": Case({"refuse": refusal(400, "model_decommissioned")}, 502, "upstream_failed", GONE),
    "drop": Case({"fault": "drop"}, 502, "upstream_failed", "The model's provider broke off.", asked=3),
    "hang": Case({"fault": "hang"}, 200, "upstream_failed", NO_BEGINNING),
    "slow": Case({"first_pause_s": 9}, 200, "upstream_failed", NO_BEGINNING),
    "mute": Case({"fault": "mute"}, 200, "upstream_failed", NO_BEGINNING),
    "comments": Case({"fault": "comments"}, 200, "upstream_failed", NO_BEGINNING),
    "thinking": Case(
        {"fault": "thinking"}, 200, "upstream_failed", "The model's provider did not come to an end within 1 seconds."
    ),
    "endless": Case(
        {"fault": "endless"},
        200,
        "upstream_failed",
        "The model's provider did not come to an end within 1 seconds.",
        charged=True,
    ),
    "cut": Case({"fault": "cut"}, 200, "upstream_failed", "The model's provider broke off.", charged=True),
    "no_end": Case({"fault": "no_end"}, 200, "upstream_failed", BROKE_OFF, charged=True),
    "error_event": Case({"fault": "error_event"}, 200, "upstream_failed", BROKE_OFF, charged=True),
    "malformed": Case({"fault": "malformed"}, 200, "upstream_failed", NONSENSE, charged=True),
    "not_json": Case({"fault": "not_json"}, 200, "upstream_failed", NONSENSE, charged=True),
    "stall": Case(
        {"fault": "stall"}, 200, "upstream_failed", "The model's provider said nothing for 0.4 seconds.", charged=True
    ),
}


def test_every_fault_of_the_double_is_in_the_table() -> None:
    assert {*BEFORE, *AT_ONCE, *FAULTS} <= set(CASES)


def sole(url: str) -> Provider:
    """A provider of one model, so that no other can be asked in its place."""
    return Provider("custom", url, KEY, model="openai/gpt-oss-20b")


@pytest.fixture
async def trying(groq: Groq, db: Database, database: TestDatabase) -> AsyncIterator[Gateway]:
    """A server that asks up to three times, for less than a second."""
    async with serving(db, database, sole(groq.base_url), upstream_tries=3, upstream_retry_s=0.9) as running:
        yield running


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_what_each_fault_becomes(
    db: Database, database: TestDatabase, groq: Groq, tenant: MakeTenant, case: Case
) -> None:
    groq.reasons, groq.pause_s = [], 0.01
    for name, value in case.double.items():
        setattr(groq, name, value)
    waits: dict[str, Any] = {"upstream_first_token_s": 0.5, "upstream_silence_s": 0.4, "upstream_answer_s": 1.0}
    tries: dict[str, Any] = {"upstream_tries": 3, "upstream_retry_s": 0.9}
    async with serving(db, database, sole(groq.base_url), **waits, **tries) as gateway:
        answer = await gateway.chat((await tenant("ada", "enterprise")).key)
        assert (answer.status, answer.error["code"], answer.error["message"]) == (case.status, case.code, case.told)
        assert answer.names.count("error") == (case.status == 200)
        assert answer.headers.get("retry-after") == case.retry_after
        assert b"org_secret" not in answer.raw
        assert len(groq.asked) == case.asked
        [(state, outcome, estimated, tokens)] = gateway.rows("state, outcome, estimated, output_tokens")
        assert (state, outcome, tokens > 0) == ("closed", "failed", case.charged)
        assert estimated or not case.charged


async def test_a_wait_that_is_told_as_a_date_is_obeyed_and_passed_on(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    until = format_datetime(datetime.now(UTC) + timedelta(seconds=3), usegmt=True)
    groq.refuse = refusal(429, "rate_limit_exceeded", retry_after=until)
    ada, began = (await tenant("ada")).key, time.monotonic()
    answer = await gateway.chat(ada, model="fast")
    assert (answer.status, answer.error["message"], len(groq.asked)) == (503, BUSY, 1)
    assert answer.headers["retry-after"] in {"2", "3"}
    groq.refuse = None
    assert (await gateway.chat(ada, model="fast")).status == 200
    assert time.monotonic() - began >= 1.9, "nobody else went before then, either"


async def test_a_provider_that_refuses_connections_is_asked_three_times(
    db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    async with serving(db, database, sole(NOWHERE), upstream_tries=3) as gateway:
        answer = await gateway.chat((await tenant("ada")).key)
        assert (answer.status, answer.error["message"]) == (503, "The model cannot be reached.")
        assert asked_again(gateway, "unreachable") == 2
        assert gateway.rows("state, outcome, cost_micro_usd") == [("closed", "failed", 0)]


def asked_again(gateway: Gateway, kind: str) -> float | None:
    """How many further tries the metrics count."""
    labels = {"provider": "custom", "kind": kind}
    return gateway.services.metrics.registry.get_sample_value("aniate_chat_asked_again_total", labels)


@pytest.mark.parametrize("first", [RATE_LIMITED, NO_FLEX, BROKEN, OVERLOADED, "drop"], ids=str)
async def test_what_passes_is_not_noticed(trying: Gateway, groq: Groq, tenant: MakeTenant, first: Any) -> None:
    groq.first = [first]
    answer = await trying.chat((await tenant("ada")).key)
    assert answer.text == "Hello from Groq."
    assert trying.rows("outcome, input_tokens, output_tokens, estimated") == [("ok", 20, 12, False)]
    told = [CIMultiDict(asked.headers)["x-request-id"] for asked in groq.asked]
    assert told == [answer.headers["x-request-id"]] * 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
async def test_what_another_try_cannot_mend_is_asked_once(
    trying: Gateway, groq: Groq, tenant: MakeTenant, status: int
) -> None:
    groq.first = [refusal(status, "any")]
    answer = await trying.chat((await tenant("ada")).key)
    assert answer.status != 200
    assert len(groq.asked) == 1


async def test_usage_comes_from_groqs_own_field_where_the_protocols_is_missing(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.fault = "no_usage_chunk"
    await gateway.chat((await tenant("ada")).key)
    assert gateway.rows("outcome, input_tokens, output_tokens, estimated") == [("ok", 20, 12, False)]


async def test_an_answer_without_usage_is_estimated_and_flagged(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.fault = "no_usage"
    await gateway.chat((await tenant("ada")).key)
    [(outcome, output_tokens, estimated)] = gateway.rows("outcome, output_tokens, estimated")
    assert (outcome, output_tokens, estimated) == ("ok", 5, True)


async def test_a_client_that_leaves_between_two_tries_ends_the_trying(
    db: Database, database: TestDatabase, groq: Groq, tenant: MakeTenant
) -> None:
    groq.refuse = refusal(429, "rate_limit_exceeded", retry_after="5")
    async with serving(db, database, sole(groq.base_url), upstream_tries=3, upstream_retry_s=10.0) as gateway:
        asking = asyncio.create_task(gateway.chat((await tenant("ada")).key))
        while not asked_again(gateway, "busy"):  # noqa: ASYNC110 - as plain as it gets
            await asyncio.sleep(0.01)
        asking.cancel()
        assert await gateway.settled() == [("closed", "cancelled")]
        assert len(groq.asked) == 1
        assert gateway.balance() == (0, 0)


@pytest.mark.parametrize("fault", ["mute", "thinking", "endless"])
async def test_a_client_that_leaves_closes_the_connection_upstream_whatever_that_does(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, fault: str
) -> None:
    groq.fault = fault
    asking = asyncio.create_task(gateway.chat((await tenant("ada")).key))
    while not groq.asked:  # noqa: ASYNC110 - as plain as it gets
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    asking.cancel()
    assert await gateway.settled() == [("closed", "cancelled")]
    async with asyncio.timeout(2):
        while not groq.asked[0].cancelled:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
