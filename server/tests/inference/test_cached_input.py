"""What the provider had in its cache is charged at the price of that, at both doors, and told at OpenAI's."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from structlog.testing import capture_logs

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, Tenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving
from server.tests.inference.openai_client import client_with

pytestmark = pytest.mark.anyio

LONG = "Say hello. " * 2_000
ROW = "model, input_tokens, output_tokens, cached_input_tokens, cached_price, cost_micro_usd, estimated"
FULL = 304
"""4,000 tokens read at 0.075 micro-USD and 12 written at 0.3, rounded up."""
CACHED = 189
"""The same, 3,072 of what was read at 0.0375."""
SMALL = "openai/gpt-oss-20b"


@pytest.fixture
async def groq() -> AsyncIterator[Groq]:
    double = Groq(prompt_tokens=4_000, prompt_details={"cached_tokens": 3_072, "audio_tokens": 0})
    async with double.running():
        yield double


@pytest.fixture
async def ada(tenant: MakeTenant) -> Tenant:
    return await tenant("ada", "enterprise")


async def ask(gateway: Gateway, key: str, path: str, stream: bool) -> None:
    """The question at that door, read to its end."""
    body = {"model": "fast", "messages": [{"role": "user", "content": LONG}], "stream": stream}
    headers = {"authorization": f"Bearer {key}", "cache-control": "no-store"}
    async with gateway.http.post(f"{gateway.url}/v1/{path}", json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        await answer.read()


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("path", ["chat", "chat/completions"])
async def test_cached_tokens_are_charged_at_their_price_and_others_in_full(
    gateway: Gateway, groq: Groq, ada: Tenant, path: str, stream: bool
) -> None:
    """Told where the protocol has it, where Groq alone has it, and not at all."""
    for fault, details, row in (
        ("", groq.prompt_details, (3_072, 37_500, CACHED)),
        ("no_usage_chunk", groq.prompt_details, (3_072, 37_500, CACHED)),
        ("", {"cached_tokens": 4_000}, (4_000, 37_500, 154)),
        ("", {"cached_tokens": 0}, (0, 37_500, FULL)),
        ("", None, (0, 37_500, FULL)),
    ):
        groq.fault, groq.prompt_details = fault, details
        await ask(gateway, ada.key, path, stream)
        assert gateway.rows(ROW)[-1] == ("fast", 4_000, 12, *row, False), details
    costs, ledger = gateway.balance()
    assert costs == ledger == 2 * CACHED + 154 + 2 * FULL


COUNTS: tuple[object, ...] = (-1, 4_001, 10**30, "3072", 3072.0, True, [3_072], {})
NONSENSE: tuple[object, ...] = ("3072", 3_072, [3_072], *({"cached_tokens": each} for each in COUNTS))
NOTHING: tuple[object, ...] = (None, {}, {"cached_tokens": None}, {"audio_tokens": 3_072})


async def test_nonsense_about_the_cache_is_charged_in_full_and_told_once_without_what_it_says(
    gateway: Gateway, groq: Groq, ada: Tenant
) -> None:
    for details in (*NONSENSE, *NOTHING):
        groq.prompt_details = details
        with capture_logs() as logged:
            assert (await gateway.chat(ada.key, LONG)).data("usage")["cost_micro_usd"] == FULL, details
        told = [each for each in logged if each["event"] == "provider told a cache that is none"]
        assert len(told) == (details in NONSENSE), details
        assert all(set(each) <= {"event", "log_level", "request_id", "model"} for each in told)
    assert {row[1:] for row in gateway.rows(ROW)} == {(4_000, 12, 0, 37_500, FULL, False)}


async def test_a_model_without_a_price_for_it_charges_in_full(
    groq: Groq, db: Database, database: TestDatabase, ada: Tenant
) -> None:
    with psycopg.connect(database.superuser_url) as superuser:
        superuser.execute("update inference.models set cached_input_price = null")
    async with serving(db, database, Provider("groq", groq.base_url, KEY)) as gateway:
        await gateway.chat(ada.key, LONG)
        assert gateway.rows(ROW) == [("fast", 4_000, 12, 3_072, None, FULL, False)]


async def test_the_price_is_that_of_the_model_that_answered(gateway: Gateway, groq: Groq, ada: Tenant) -> None:
    groq.limited = {SMALL}
    answer = await gateway.chat(ada.key, LONG)
    assert answer.data("usage") == {
        "input_tokens": 4_000,
        "output_tokens": 12,
        "cost_micro_usd": 377,
        "estimated": False,
    }
    assert gateway.rows(ROW) == [("smart", 4_000, 12, 3_072, 75_000, 377, False)]


async def test_the_reservation_is_of_the_full_price_and_given_back(gateway: Gateway, groq: Groq, ada: Tenant) -> None:
    await gateway.chat(ada.key, LONG)
    told = groq.asked[0].body["max_completion_tokens"]
    [(micro_usd, tokens)] = gateway.rows("reserved_micro_usd, reserved_tokens")
    assert micro_usd == -(-((tokens - told) * 75_000 + told * 300_000) // 1_000_000)
    with psycopg.connect(gateway.database_url) as connection:
        meters = connection.execute("select reserved_micro_usd, spent_micro_usd from limits.meters").fetchall()
    assert meters == [(0, CACHED)] * 3


async def test_openais_client_is_told_how_much_was_cached(gateway: Gateway, groq: Groq, ada: Tenant) -> None:
    asked: Any = {"model": "fast", "messages": [{"role": "user", "content": LONG}]}
    streamed: Any = {**asked, "stream": True, "stream_options": {"include_usage": True}}
    async with client_with(gateway, ada.key) as client:
        whole = await client.chat.completions.create(**asked)
        chunks = [chunk async for chunk in await client.chat.completions.create(**streamed)]
        for usage in (whole.usage, chunks[-1].usage):
            assert (usage.prompt_tokens, usage.total_tokens) == (4_000, 4_012)
            assert usage.prompt_tokens_details.cached_tokens == 3_072
            assert usage.prompt_tokens_details.audio_tokens is None
        groq.prompt_details = {"cached_tokens": 0}
        whole = await client.chat.completions.create(**asked)
        assert whole.usage.prompt_tokens_details is None
