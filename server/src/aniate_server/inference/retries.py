"""Asking once more: only what failed before the provider took the question, and only for a while."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass

from aniate_server.inference.providers import Around, Call, ChatProvider, Piece
from aniate_server.inference.upstream_errors import SURELY_NOTHING
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.metrics import ChatMetrics

WORTH_A_TRY = {"unreachable", "busy", "broke_off"}
PASSING = {408, 500, 502, 504}
"""Statuses of a provider that may be well again in a moment."""


@dataclass(frozen=True)
class Bounds:
    """How often, how long, and how the waits grow: each is by chance between nothing and twice as much as before."""

    tries: int
    total_s: float
    """No try begins later than that after the first."""
    wait_s: float
    """The longest one before the second try."""
    longest_wait_s: float = 4.0


class Retrying(Around):
    """A provider that is asked again when it did not take the question.

    Its first piece says that it took it: what fails later is never repeated, for somebody may have read it.
    """

    def __init__(
        self,
        provider: ChatProvider,
        bounds: Bounds,
        clock: Clock,
        metrics: ChatMetrics,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        super().__init__(provider)
        self._bounds = bounds
        self._clock = clock
        self._metrics = metrics
        self._sleep = sleep
        self._chance = chance

    async def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """See `ChatProvider`."""
        tried, taken, maybe_counted = 0, False, False
        ends_at = self._clock.monotonic() + self._bounds.total_s
        while True:
            tried += 1
            try:
                async with aclosing(self._provider.stream(call)) as pieces:
                    async for piece in pieces:
                        taken = True
                        yield piece
                return
            except AniateError as error:
                error.maybe_counted = maybe_counted
                maybe_counted = maybe_counted or error.kind not in SURELY_NOTHING
                wait_s = None if taken or tried >= self._bounds.tries else self._wait_s(error, tried)
                if wait_s is None or self._clock.monotonic() + wait_s > ends_at:
                    raise
                self._metrics.asked_again[self.name, error.kind].inc()
            await self._sleep(wait_s)

    def _wait_s(self, error: AniateError, tried: int) -> float | None:
        """How long to wait before the next try, by chance, so that not all come at once; None if there is no use."""
        if error.kind not in WORTH_A_TRY and not (error.kind == "failed" and error.upstream_status in PASSING):
            return None
        bounds, chance = self._bounds, self._chance()
        if error.retry_after_s is not None:
            return error.retry_after_s + chance * bounds.wait_s
        return chance * min(bounds.longest_wait_s, bounds.wait_s * 2.0 ** (tried - 1))
