"""Who reads an answer, as whoever answers sees it."""

from __future__ import annotations

from typing import Protocol

from aniate.wire import Source, Unsupported, Usage
from aniate_server.inference.providers import Piece


class Reader(Protocol):
    """Who reads the answer: a stream of events, or one whole answer."""

    async def start(self) -> None:
        """The model took the question."""
        ...

    async def delta(self, piece: Piece) -> None:
        """The next piece of the answer, with words or with parts of tool calls."""
        ...

    async def status(self, state: str, count: int) -> None:
        """What is done before the model is asked, and of how many pages."""
        ...

    async def cited(self, sources: tuple[Source, ...], unsupported: tuple[Unsupported, ...]) -> None:
        """The pages that the answer draws on, and which of its sentences they do not hold. Before `done`."""
        ...

    async def done(self, finish_reason: str, usage: Usage) -> None:
        """The answer is complete and settled. The reason is the provider's word for it."""
        ...
