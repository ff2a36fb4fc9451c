"""Whether something that we stand on answers: asked seldom, by one at a time, and never waited for long."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog

from aniate_server.plumbing.clock import Clock

PATIENCE_S = 1.5

log = structlog.get_logger()


class Probe:
    """One question, whose answer is good for `fresh_s`. Whoever asks meanwhile waits for the one who did."""

    def __init__(self, ask: Callable[[], Awaitable[bool]], clock: Clock, fresh_s: float) -> None:
        self._ask = ask
        self._clock = clock
        self._fresh_s = fresh_s
        self._stale_at = float("-inf")
        self._answer = False
        self._asking: asyncio.Task[None] | None = None

    async def answers(self) -> bool:
        """Whether it does; False, too, if that takes longer than PATIENCE_S."""
        if self._clock.monotonic() < self._stale_at:
            return self._answer
        if self._asking is None:
            self._asking = asyncio.create_task(self._find_out())
        done, _ = await asyncio.wait([self._asking], timeout=PATIENCE_S)
        return bool(done) and self._answer

    async def close(self) -> None:
        """Stop asking."""
        if self._asking is not None:
            self._asking.cancel()
            with suppress(asyncio.CancelledError):
                await self._asking

    async def _find_out(self) -> None:
        self._answer = False
        try:
            self._answer = await self._ask()
        except Exception as bug:
            log.error("bug", exc_info=bug)
        finally:
            self._stale_at = self._clock.monotonic() + self._fresh_s
            self._asking = None
