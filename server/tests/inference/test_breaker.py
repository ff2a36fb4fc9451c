"""A model that fails and fails is left alone, tried by one question, and trusted again; over HTTP, on our clock."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aniate_server.inference.providers import Call, ChatProvider, open_provider
from aniate_server.plumbing.errors import AniateError, Unavailable
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.groq_faults import BROKEN, OVERLOADED, RATE_LIMITED, refusal

pytestmark = pytest.mark.anyio

MODEL, OTHER = "openai/gpt-oss-20b", "openai/gpt-oss-120b"
REST_S = 15.0


class SetClock:
    """A clock that stands where it is set."""

    at = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def provider(groq: Groq, clock: SetClock, metrics: Metrics) -> AsyncIterator[ChatProvider]:
    """Left alone after three failures; each question is asked once."""
    waits: dict[str, Any] = {"upstream_first_token_s": 0.3, "upstream_silence_s": 0.3, "upstream_tries": 1}
    settings = Settings(Path("/nowhere"), Path("/nowhere"), upstream_failures=3, upstream_rest_s=REST_S, **waits)
    opened = open_provider(Provider("groq", groq.base_url, KEY), settings, clock, metrics.chat)
    yield opened
    await opened.close()


async def ask(provider: ChatProvider, model: str = MODEL) -> str:
    """The answer, or the kind of the failure."""
    call = Call(model, [{"role": "user", "content": "Hello"}], 9, 0.0)
    try:
        async with aclosing(provider.stream(call)) as pieces:
            return "".join([piece.text async for piece in pieces])
    except AniateError as error:
        return error.kind


def left_alone(metrics: Metrics) -> float | None:
    return metrics.registry.get_sample_value("aniate_chat_resting_models", {"provider": "groq"})


async def fail(provider: ChatProvider, groq: Groq) -> None:
    groq.refuse = BROKEN
    assert [await ask(provider) for _ in range(3)] == ["failed"] * 3


@pytest.mark.parametrize(
    ("double", "kind"),
    [
        ({"refuse": BROKEN}, "failed"),
        ({"refuse": OVERLOADED}, "busy"),
        ({"fault": "drop"}, "broke_off"),
        ({"fault": "cut"}, "broke_off"),
        ({"fault": "hang"}, "silent"),
        ({"fault": "stall"}, "silent"),
    ],
)
async def test_three_failures_in_a_row_and_the_provider_is_not_asked(
    provider: ChatProvider, groq: Groq, metrics: Metrics, double: dict[str, Any], kind: str
) -> None:
    for name, value in double.items():
        setattr(groq, name, value)
    assert [await ask(provider) for _ in range(5)] == [kind] * 3 + ["resting"] * 2
    assert len(groq.asked) == 3
    assert left_alone(metrics) == 1


async def test_who_meets_it_is_told_for_how_long(provider: ChatProvider, groq: Groq, clock: SetClock) -> None:
    await fail(provider, groq)
    clock.at += 3
    with pytest.raises(Unavailable) as told:
        await anext(provider.stream(Call(MODEL, [], 9, 0.0)))
    assert told.value.message == "The model fails at the moment and is left alone for 12 seconds."
    assert told.value.retry_after_s == 12


async def test_only_the_model_that_fails_is_left_alone(provider: ChatProvider, groq: Groq) -> None:
    await fail(provider, groq)
    groq.refuse = None
    assert await ask(provider, OTHER) == "Hello from Groq."
    assert await ask(provider) == "resting"


async def test_after_the_rest_one_question_tries_it_and_a_good_answer_ends_it(
    provider: ChatProvider, groq: Groq, clock: SetClock, metrics: Metrics
) -> None:
    await fail(provider, groq)
    groq.refuse, groq.first_pause_s = None, 0.1
    clock.at += REST_S
    answers = await asyncio.gather(*(ask(provider) for _ in range(4)))
    assert sorted(answers) == ["Hello from Groq.", "resting", "resting", "resting"]
    assert len(groq.asked) == 4
    assert left_alone(metrics) == 0
    await fail(provider, groq)  # it takes three again


async def test_after_the_rest_a_bad_answer_means_another_rest(
    provider: ChatProvider, groq: Groq, clock: SetClock
) -> None:
    await fail(provider, groq)
    clock.at += REST_S
    assert [await ask(provider) for _ in range(2)] == ["failed", "resting"]
    clock.at += REST_S - 1
    assert await ask(provider) == "resting"


async def test_a_trial_that_speaks_lets_others_ask_and_one_that_breaks_off_does_not(
    provider: ChatProvider, groq: Groq, clock: SetClock
) -> None:
    await fail(provider, groq)
    groq.refuse, groq.fault = None, "cut"
    clock.at += REST_S
    assert [await ask(provider) for _ in range(2)] == ["broke_off", "resting"]
    groq.fault, groq.says, groq.pause_s = "", ["word "] * 20, 0.02
    clock.at += REST_S
    async with aclosing(provider.stream(Call(MODEL, [{"role": "user", "content": "?"}], 9, 0.0))) as pieces:
        while not (await anext(pieces)).text:
            pass
        assert (await ask(provider)).startswith("word")


async def test_a_trial_whose_asker_leaves_leaves_the_trial_to_the_next(
    provider: ChatProvider, groq: Groq, clock: SetClock
) -> None:
    await fail(provider, groq)
    groq.refuse, groq.fault = None, "hang"
    clock.at += REST_S
    leaving = asyncio.create_task(ask(provider))
    while len(groq.asked) < 4:  # noqa: ASYNC110 - as plain as it gets
        await asyncio.sleep(0.01)
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    groq.fault = ""
    assert await ask(provider) == "Hello from Groq."


@pytest.mark.parametrize("refused", [RATE_LIMITED, refusal(413, "too_large"), refusal(400, "bad"), refusal(404, "x")])
async def test_what_is_no_failure_of_the_provider_ends_the_row(
    provider: ChatProvider, groq: Groq, refused: Any
) -> None:
    for _ in range(2):
        groq.first = [BROKEN, BROKEN, refused]
        assert "resting" not in [await ask(provider) for _ in range(3)]


async def test_failures_far_apart_are_no_row(provider: ChatProvider, groq: Groq, clock: SetClock) -> None:
    groq.refuse = BROKEN
    for later_s in (40, 40, 0, 0):
        assert await ask(provider) == "failed"
        clock.at += later_s
