"""A door: how one address is spoken to. What lies behind, all doors share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from starlette.types import Send

from aniate_server.brews.catalogue import Catalogue
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.question import Question
from aniate_server.inference.reader import Reader
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.http import Headers


class HttpReader(Reader, Protocol):
    """A reader that can also be told that it takes long, and that it failed."""

    async def keep_alive(self) -> None:
        """Nothing came for a while."""
        ...

    async def failed(self, error: AniateError) -> None:
        """There will be no end."""
        ...


@dataclass(frozen=True)
class Door:
    """What differs between the addresses that ask a model."""

    path: str
    question_in: Callable[[bytes, Catalogue], Question]
    """What a body asks for; BadRequest or NotFound."""
    reader: Callable[[Exchange, Send, Headers], HttpReader]
    """The form of the answer that was asked for."""
    refusal: Callable[[AniateError], tuple[int, object]]
    """Status and body of an error."""
