"""What a body asks for, whichever door it came in by: all that the stations need to know of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aniate.wire import ContextPiece
from aniate_server.brews.catalogue import ServedBrew
from aniate_server.brews.compose import Character, Composed

Words = Callable[[int, Character | None], Composed]


@dataclass(frozen=True)
class Question:
    """A body that was understood."""

    brew: ServedBrew
    model: str
    """The public alias."""
    stream: bool
    temperature: float
    words: Words
    """What is said within so many tokens; TooLong if that cannot be. The character is the assistant's."""
    assistant: str | None = None
    one_shot: Any = None  # Any: JSON
    """All that the caller says, where the same words may be given the same answer again; None where they may not."""
    max_output_tokens: int | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    """See `Call`."""
    include_usage: bool = False
    """Whether a stream shall tell what it took, at doors where that is only told on demand."""
    asked: str = ""
    """The user's own last words, for brews that search by them."""
    with_pages: Callable[[tuple[ContextPiece, ...]], Words] | None = None
    """What is said with these pages beside all else; None at doors whose brews do not search."""
    is_hard: bool = False
    """As far as one sees from outside, see `difficulty`."""

    @property
    def needs(self) -> frozenset[str]:
        """The features that the model must have."""
        needs = {"tools"} if "tools" in self.extra else set()
        if self.extra.get("response_format", {}).get("type") == "json_schema":
            needs.add("json_schema")
        return frozenset(needs)
