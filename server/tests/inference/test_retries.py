"""Asking once more: when, how often, and never after the first piece."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from datetime import UTC, datetime

import pytest

from aniate_server.inference.providers import Call, Piece
from aniate_server.inference.retries import Bounds, Retrying
from aniate_server.inference.upstream_errors import of_kind
from aniate_server.plumbing.errors import AniateError, Unavailable
from aniate_server.plumbing.metrics import Metrics

pytestmark = pytest.mark.anyio

CALL = Call("m", [], 1, 0.0)


class Timeline:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds


class Failing:
    """A provider that fails as often as it has errors, before or after its first piece."""

    name = "p"

    def __init__(self, errors: list[AniateError], *, taken: bool = False) -> None:
        self.errors = errors
        self.taken = taken
        self.asked = 0

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        self.asked += 1
        if self.taken:
            yield Piece("")
        if self.errors:
            raise self.errors.pop(0)
        yield Piece("well")

    async def healthy(self) -> bool:
        return True

    async def listed(self) -> set[str]:
        return set()

    async def close(self) -> None:
        pass


def busy(retry_after_s: int | None = None) -> AniateError:
    error = of_kind("busy", Unavailable("Busy."))
    error.retry_after_s = retry_after_s
    return error


async def said_by(provider: Failing, time: Timeline, *, total_s: float = 10, tries: int = 5) -> str:
    bounds = Bounds(tries, total_s, wait_s=1.0, longest_wait_s=4.0)
    asked = Retrying(provider, bounds, time, Metrics().chat, sleep=time.sleep, chance=lambda: 0.5)
    return "".join([piece.text async for piece in asked.stream(CALL)])


async def test_the_waits_grow_by_chance_up_to_a_longest() -> None:
    time = Timeline()
    assert await said_by(Failing([busy() for _ in range(4)]), time) == "well"
    assert time.slept == [0.5, 1.0, 2.0, 2.0]


async def test_what_the_provider_says_of_when_to_come_back_is_obeyed() -> None:
    time = Timeline()
    assert await said_by(Failing([busy(3)]), time) == "well"
    assert time.slept == [3.5]


async def test_who_is_told_to_come_back_later_than_we_wait_hears_so_at_once() -> None:
    time, provider = Timeline(), Failing([busy(11)])
    with pytest.raises(Unavailable) as told:
        await said_by(provider, time)
    assert (told.value.retry_after_s, time.slept, provider.asked) == (11, [], 1)


async def test_no_try_begins_after_the_bound() -> None:
    time, provider = Timeline(), Failing([busy() for _ in range(9)])
    with pytest.raises(Unavailable):
        await said_by(provider, time, total_s=3.4, tries=9)
    assert time.at <= 3.4
    assert provider.asked == 3


async def test_what_fails_after_the_first_piece_is_not_repeated() -> None:
    time, provider = Timeline(), Failing([busy()], taken=True)
    with pytest.raises(Unavailable):
        await said_by(provider, time)
    assert (provider.asked, time.slept) == (1, [])
