"""A bound on a wait: what is done at once, what comes in time, what does not, and what is cancelled."""

from __future__ import annotations

import asyncio

import pytest

from aniate_server.plumbing.patience import within

pytestmark = pytest.mark.anyio


async def test_what_is_done_at_once_is_not_waited_for() -> None:
    async def known() -> int:
        return 7

    assert await within(0, known()) == 7


async def test_what_comes_in_time_is_handed_on_also_through_several_waits() -> None:
    async def slow() -> str:
        said = [await asyncio.sleep(0.001, word) for word in ("a", "b", "c")]
        return "".join(said)

    assert await within(5, slow()) == "abc"


async def test_an_error_is_the_workers_own_early_and_late() -> None:
    async def fails(after_s: float | None) -> None:
        if after_s is not None:
            await asyncio.sleep(after_s)
        raise KeyError("nothing")

    for after_s in (None, 0, 0.001):
        with pytest.raises(KeyError):
            await within(5, fails(after_s))


async def test_what_takes_too_long_is_cancelled_and_may_tidy_up() -> None:
    tidied = False

    async def endless() -> None:
        nonlocal tidied
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0)
            tidied = True

    with pytest.raises(TimeoutError):
        await within(0.01, endless())
    assert tidied


async def test_a_cancelled_caller_cancels_what_it_waits_for() -> None:
    met: list[str] = []

    async def endless() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            met.append("cancelled")
            raise

    async def caller() -> None:
        await within(60, endless())

    task = asyncio.create_task(caller())
    await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert met == ["cancelled"]
