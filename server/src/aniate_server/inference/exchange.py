"""One request on its way through the stations: what each learned, for those that follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from aniate_server.accounts.caller import Caller
from aniate_server.assistants.store import Assistant
from aniate_server.brews.catalogue import Catalogue, ServedBrew
from aniate_server.brews.compose import Composed
from aniate_server.inference.providers import Call, Counted, in_form
from aniate_server.inference.question import Question
from aniate_server.inference.store import Model
from aniate_server.limits.standing import Standing
from aniate_server.usage.store import Closed


@dataclass(slots=True)
class Exchange:
    """Fields without a default are set by the station that is named beside them; reading one before is a bug."""

    request_id: UUID
    authorization: str
    read_body: Callable[[], Awaitable[bytes]]
    question_in: Callable[[bytes, Catalogue], Question]
    """What a body means at the door that the request came in by."""
    began_at: float
    """This and the other moments are of the monotonic clock, in seconds."""

    caller: Caller = field(init=False)  # who
    request: Question = field(init=False)  # what_is_asked
    brew: ServedBrew = field(init=False)  # what_is_asked
    assistant: Assistant | None = field(init=False)  # which_assistant
    model: Model = field(init=False)  # which_model
    said: Composed = field(init=False)  # what_is_said
    standing: Standing = ()  # open_row

    sent: bool = False
    """The question was on its way to a provider."""
    accepted: bool = False
    """The provider took the question: from now on it costs something."""
    delivered_bytes: int = 0
    """UTF-8 bytes of the answer that we passed on."""
    texts: list[str] = field(default_factory=list)
    """What was delivered, kept where the answer must have a form."""
    complete: bool = False
    """The provider said how the answer ended."""
    finish_reason: str = "stop"
    counted: Counted | None = None
    provider_request_id: str = ""
    """What the provider calls it, if it says."""
    outcome: str = "refused"
    """Once the model is asked: ok, length, cancelled or failed."""
    failed_at: str = ""
    """What the provider failed at, as the metrics call it; empty if the client left, or if we have a bug."""
    closed: Closed | None = None
    """Its row, once that is settled."""
    body_s: float = 0.0
    """How long the client took to send the body."""
    asked_at: float | None = None
    first_token_at: float | None = None
    answer_s: float = 0.0
    """From the question to the end of the answer: the provider's time, and the client's who reads it."""

    @property
    def max_output_tokens(self) -> int:
        """What the answer may take: what was asked for, within what the model can do."""
        return min(self.request.max_output_tokens or self.model.max_output_tokens, self.model.max_output_tokens)

    @property
    def call(self) -> Call:
        """All that the model is given: the brew's form of an answer, or what the caller asks for."""
        return Call(
            self.model.upstream_model,
            self.said.messages,
            self.max_output_tokens,
            self.request.temperature,
            {**in_form(self.model.provider, self.brew.name, self.brew.form), **self.request.extra},
            request_id=str(self.request_id),
        )

    @property
    def notice(self) -> str:
        """What the user should know before the answer: about the model, and what did not fit."""
        return " ".join(filter(None, [self.said.notice, self.model.notice]))
