"""One request on its way through the stations: what each learned, for those that follow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import UUID

from aniate_server.accounts.caller import Caller
from aniate_server.assistants.store import Assistant
from aniate_server.brews.catalogue import Catalogue, ServedBrew
from aniate_server.brews.compose import Composed
from aniate_server.inference.choice import PassedBy, detour
from aniate_server.inference.flights import Ticket
from aniate_server.inference.providers import Call, Counted, in_form
from aniate_server.inference.question import Question
from aniate_server.inference.store import Model
from aniate_server.limits.standing import Standing
from aniate_server.search.pages import Page
from aniate_server.usage.store import Closed


def nowhere() -> int:
    """It waits in no line."""
    return 0


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
    cache_control: str = ""
    """What the request's header of that name says."""
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    """What the answer's head tells beside its form; stations add to it until it leaves."""
    passed: int = 0
    """How many stations it has passed."""

    named: str = field(init=False)
    """Its id, as it stands in headers and lines."""
    caller: Caller = field(init=False)  # who
    request: Question = field(init=False)  # what_is_asked
    brew: ServedBrew = field(init=False)  # what_is_asked
    assistant: Assistant | None = field(init=False)  # which_assistant
    model: Model = field(init=False)  # which_model, and what it falls back on
    fallbacks: tuple[Model, ...] = ()  # which_model
    """Who may be asked if it fails, in this order."""
    route: str = ""  # which_model
    """Why this model, in words for programs."""
    passed_by: tuple[PassedBy, ...] = ()  # which_model
    """Who is meant by what was asked for, and those after it, if they do not answer."""
    ticket: Ticket | None = None  # seen_before
    """Its part in being asked only once; None where each question is asked."""
    said: Composed = field(init=False)  # what_is_said
    pages: tuple[Page, ...] = ()  # look_up
    """What the answer draws on, for brews that search."""
    standing: Standing = ()  # open_row

    asked_bytes: int = 0  # what_is_asked
    """Of the body."""
    said_less: bool = False
    """The words were cut for a model that found them too many."""
    position: Callable[[], int] = nowhere
    """Where it waits in the line to its model, counted from 1; 0 if it does not."""
    sent: bool = False
    """The question was on its way to a provider."""
    doubt: bool = False
    """A provider that failed may have counted something of it all the same."""
    accepted: bool = False
    """The provider took the question: from now on it costs something."""
    delivered_bytes: int = 0
    """UTF-8 bytes of the answer that we passed on."""
    texts: list[str] = field(default_factory=list)
    """What was delivered: all of it where the answer must have a form or may be given again, else what
    `token_count` may have to count."""
    complete: bool = False
    """The provider said how the answer ended."""
    finish_reason: str = "stop"
    counted: Counted | None = None
    provider_request_id: str = ""
    """What the provider calls it, if it says."""
    outcome: str = "refused"
    """Once the model is asked: ok, length, cancelled or failed; cached if it needn't be."""
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

    def __post_init__(self) -> None:
        self.named = str(self.request_id)

    @property
    def follows(self) -> bool:
        """Whether the answer comes from elsewhere than from the model, if all goes well."""
        return self.ticket is not None and not self.ticket.ours

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
            request_id=self.named,
        )

    @property
    def detour(self) -> str:
        """Why another model answers than the one that is meant, in a sentence, or nothing."""
        return detour(self.passed_by, self.model)

    @property
    def notice(self) -> str:
        """What the user should know before the answer: about the model, and what did not fit."""
        first = self.ticket.notice if self.ticket is not None and self.follows else self.said.notice
        return " ".join(filter(None, [self.detour, first, self.model.notice]))
