"""A bound on a wait that mostly isn't one: what is done at once costs no timer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Generator
from types import coroutine
from typing import Any, TypeVar, cast

T = TypeVar("T")


async def within(seconds: float, work: Awaitable[T]) -> T:
    """The result of `work`; TimeoutError if it has to wait, and that for longer."""
    steps = work.__await__()
    try:
        waits_for = steps.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    async with asyncio.timeout(seconds):
        return await go_on(steps, waits_for)


@coroutine
def go_on(steps: Generator[Any, Any, T], waits_for: Any) -> Generator[Any, Any, T]:  # Any: between task and future
    """What remains of `steps`, which waits already."""
    try:
        while True:
            try:
                came = yield waits_for
            except BaseException as thrown:  # noqa: BLE001, PERF203 - it is handed in, whatever it is
                waits_for = steps.throw(thrown)
            else:
                waits_for = steps.send(came)
    except StopIteration as done:
        return cast("T", done.value)
