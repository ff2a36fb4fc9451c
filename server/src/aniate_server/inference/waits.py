"""How long a provider is waited for: to connect, for the first word, between two words, for the whole answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

from aniate_server.inference.upstream_errors import of_kind
from aniate_server.plumbing.errors import UpstreamFailed
from aniate_server.plumbing.settings import Settings

GLANCE_S = 0.05
T = TypeVar("T")

log = structlog.get_logger()


class StreamReader(Protocol):
    """As aiohttp's."""

    async def readany(self) -> bytes:
        """What came, empty at the end."""
        ...

    def set_exception(self, exc: BaseException, exc_cause: BaseException = ...) -> None:
        """Who reads, now or later, gets that."""
        ...


@dataclass(frozen=True)
class Waits:
    """The longest ones, in seconds."""

    connect_s: float
    first_token_s: float
    silence_s: float
    answer_s: float

    @classmethod
    def of(cls, settings: Settings) -> Waits:
        """As they are set."""
        return cls(
            settings.upstream_connect_s,
            settings.upstream_first_token_s,
            settings.upstream_silence_s,
            settings.upstream_answer_s,
        )


class Watch:
    """The waits of one answer, from the question on. UpstreamFailed says which of them was too long.

    Events that bring no word yet (a model that tells how far it has read, or that thinks) are signs of life: the
    wait begins anew with each. Mere bytes (the comments that keep a connection warm) are not.
    """

    def __init__(self, waits: Waits, provider: str) -> None:
        self._waits = waits
        self._provider = provider
        self._loop = asyncio.get_running_loop()
        self._spoke = False
        self._reading = False
        self._alive_at = self._loop.time()
        self._ends_at = self._alive_at + waits.answer_s
        self._timer: asyncio.TimerHandle | None = None

    async def wait(self, what: Awaitable[T]) -> T:
        """Its result, if it comes in time."""
        try:
            async with asyncio.timeout_at(self._due_at()) as patience:
                return await what
        except TimeoutError:
            if not patience.expired():
                raise
            raise self._too_long() from None

    @contextmanager
    def over(self, content: StreamReader) -> Iterator[None]:
        """Within this, `read` of that content waits no longer than it may: one timer for all reads is the cheapest."""
        self._look(content)
        try:
            yield
        finally:
            if self._timer is not None:
                self._timer.cancel()

    async def read(self, content: StreamReader) -> bytes:
        """What came, empty at the end. An answer without pauses is never waited for, and ends in time all the same."""
        if self._loop.time() >= self._ends_at:
            raise self._too_long()
        self._reading = True
        try:
            return await content.readany()
        finally:
            self._reading = False

    def heard(self, content: StreamReader, *, word: bool) -> None:
        """An event came, with a word in it or not."""
        self._alive_at = self._loop.time()
        if word and not self._spoke:
            self._spoke = True
            if self._timer is not None:  # set for a longer wait
                self._timer.cancel()
                self._look(content)

    def _look(self, content: StreamReader) -> None:
        """Fail the read that waits too long. While nobody reads (our client is slow), the provider is not to blame."""
        now, due_at = self._loop.time(), self._due_at()
        if now >= due_at and self._reading:
            content.set_exception(self._too_long())
        else:
            self._timer = self._loop.call_at(max(due_at, now + GLANCE_S), self._look, content)

    def _due_at(self) -> float:
        patience_s = self._waits.silence_s if self._spoke else self._waits.first_token_s
        return min(self._alive_at + patience_s, self._ends_at)

    def _too_long(self) -> UpstreamFailed:
        waits = self._waits
        kind, told = "silent", f"did not begin to answer within {waits.first_token_s:g} seconds"
        if self._due_at() == self._ends_at:
            kind, told = "endless", f"did not come to an end within {waits.answer_s:g} seconds"
        elif self._spoke:
            told = f"said nothing for {waits.silence_s:g} seconds"
        log.warning("provider failed", provider=self._provider, reason=told)
        return of_kind(kind, UpstreamFailed(f"The model's provider {told}."))
