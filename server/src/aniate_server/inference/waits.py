"""How long a provider is waited for: to connect, for the first word, between two words, for the whole answer."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import TypeVar

import structlog

from aniate_server.inference.upstream_errors import of_kind
from aniate_server.plumbing.errors import UpstreamFailed
from aniate_server.plumbing.settings import Settings

T = TypeVar("T")

log = structlog.get_logger()


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
        self._now = asyncio.get_running_loop().time
        self._spoke = False
        self._alive_at = self._now()
        self._ends_at = self._alive_at + waits.answer_s

    def heard(self, *, word: bool) -> None:
        """An event came, with a word in it or not."""
        self._alive_at = self._now()
        self._spoke |= word

    async def wait(self, what: Awaitable[T]) -> T:
        """Its result, if it comes in time."""
        due_at = self._alive_at + (self._waits.silence_s if self._spoke else self._waits.first_token_s)
        try:
            async with asyncio.timeout_at(min(due_at, self._ends_at)) as patience:
                return await what
        except TimeoutError:
            if not patience.expired():
                raise
            raise self._too_long(due_at) from None

    def demand_time(self) -> None:
        """Raise if the whole takes too long: an answer without pauses is never waited for."""
        if self._now() >= self._ends_at:
            raise self._too_long(float("inf"))

    def _too_long(self, due_at: float) -> UpstreamFailed:
        waits = self._waits
        kind, told = "silent", f"did not begin to answer within {waits.first_token_s:g} seconds"
        if due_at > self._ends_at:
            kind, told = "endless", f"did not come to an end within {waits.answer_s:g} seconds"
        elif self._spoke:
            told = f"said nothing for {waits.silence_s:g} seconds"
        log.warning("provider failed", provider=self._provider, reason=told)
        return of_kind(kind, UpstreamFailed(f"The model's provider {told}."))
