"""One request on its way through the stations: what each learned, for those that follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from aniate.wire import ChatRequest
from aniate_server.accounts.caller import Caller
from aniate_server.assistants.store import Assistant
from aniate_server.brews.catalogue import ServedBrew
from aniate_server.brews.compose import Composed
from aniate_server.inference.providers import Counted
from aniate_server.inference.store import Model


@dataclass(slots=True)
class Exchange:
    """Fields without a default are set by the station that is named beside them; reading one before is a bug."""

    request_id: UUID
    authorization: str
    read_body: Callable[[], Awaitable[bytes]]

    caller: Caller = field(init=False)  # who
    request: ChatRequest = field(init=False)  # what_is_asked
    brew: ServedBrew = field(init=False)  # what_is_asked
    assistant: Assistant | None = field(init=False)  # which_assistant
    model: Model = field(init=False)  # which_model
    said: Composed = field(init=False)  # what_is_said

    accepted: bool = False
    """The provider took the question: from now on it costs something."""
    delivered_bytes: int = 0
    """UTF-8 bytes of the answer that we passed on."""
    texts: list[str] = field(default_factory=list)
    """What was delivered, kept where the answer must have a form."""
    finish_reason: str = "stop"
    counted: Counted | None = None

    @property
    def notice(self) -> str:
        """What the user should know before the answer: about the model, and what did not fit."""
        return " ".join(filter(None, [self.said.notice, self.model.notice]))
