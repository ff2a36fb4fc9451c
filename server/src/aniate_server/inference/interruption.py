"""Breaking off a wait from outside, with a reason: the client went away, the server stops."""

from __future__ import annotations

import asyncio
from types import TracebackType


class ClientGone(Exception):
    """Nobody reads the answer any more."""


class Interruption:
    """`async with interruption:` raises, at the await where it is, what `interrupt` was given.

    Only inside the block: what follows it, settling above all, is not touched. It rests on
    `asyncio.timeout`, which tells its own cancellation from one that comes from elsewhere.
    """

    def __init__(self) -> None:
        self._reason: Exception | None = None
        self._scope: asyncio.Timeout | None = None

    def interrupt(self, reason: Exception) -> None:
        """Break off now, or as soon as the block is entered; the first reason counts."""
        if self._reason is None:
            self._reason = reason
            if self._scope is not None:
                self._scope.reschedule(0)

    async def __aenter__(self) -> None:
        self._scope = await asyncio.timeout(None if self._reason is None else 0).__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        scope, self._scope = self._scope, None
        assert scope is not None  # noqa: S101 - set by __aenter__
        try:
            await scope.__aexit__(kind, error, trace)
        except TimeoutError:
            if self._reason is None or not scope.expired():
                raise
            try:
                raise self._reason from None
            finally:
                self._reason = None  # it holds our frame, and that holds us
