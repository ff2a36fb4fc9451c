"""Whom we ask: what every provider offers, and which adapter serves which setting."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from aniate_server.brews.form import Schema
from aniate_server.inference.waits import Waits
from aniate_server.plumbing.clock import Clock, SystemClock
from aniate_server.plumbing.metrics import ChatMetrics, Metrics
from aniate_server.plumbing.settings import Provider, Settings


@dataclass(frozen=True)
class Call:
    """One question to a model, under the upstream's own name for it."""

    upstream_model: str
    messages: list[dict[str, Any]]
    max_output_tokens: int
    temperature: float | None
    """None for a model that takes none: then it is as the model has it."""
    extra: Mapping[str, Any] = field(default_factory=dict)
    """What else is asked of it, in the protocol's own words: a schema for the answer, tools, where to stop."""
    request_id: str = ""
    """What we call the request, for the provider's log."""


class Counted(NamedTuple):
    """Tokens as the provider counted them."""

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    """Of the input tokens: those that it had in its cache, and sells at another price."""
    odd_cache: bool = False
    """It said something of its cache that cannot be, so none is counted."""


class ToolCall(NamedTuple):
    """A part of the model's wish to have a function called; parts of one wish bear the same number."""

    number: int
    name: str
    arguments: str


class Piece(NamedTuple):
    """What came: some text, perhaps empty, and near the end how it ended and what it took."""

    text: str
    finish_reason: str | None = None
    counted: Counted | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    request_id: str | None = None
    """What the provider calls it."""

    @property
    def bytes(self) -> int:
        """Of UTF-8, in all that the model said in it."""
        spoken = len(self.text.encode())
        return spoken + sum(len((call.name + call.arguments).encode()) for call in self.tool_calls)


class ChatProvider(Protocol):
    """Where models are asked."""

    @property
    def name(self) -> str:
        """As in `inference.models`."""
        ...

    def stream(self, call: Call) -> AsyncGenerator[Piece, None]:
        """Ask. The first piece, without text, says that the provider took the question.

        Closing the generator breaks off upstream at once. Raises UpstreamFailed, Unavailable or TooLarge.
        """
        ...

    async def healthy(self) -> bool:
        """Whether it answers at all."""
        ...

    async def listed(self) -> set[str]:
        """Its own names of the models that it offers now; UpstreamFailed or Unavailable if it does not tell."""
        ...

    async def close(self) -> None:
        """Give up its connections."""
        ...


class Around:
    """For what stands around a provider and changes only how it is asked."""

    def __init__(self, provider: ChatProvider) -> None:
        self._provider = provider

    @property
    def name(self) -> str:
        """See `ChatProvider`."""
        return self._provider.name

    async def healthy(self) -> bool:
        """See `ChatProvider`."""
        return await self._provider.healthy()

    async def listed(self) -> set[str]:
        """See `ChatProvider`."""
        return await self._provider.listed()

    async def close(self) -> None:
        """See `ChatProvider`."""
        await self._provider.close()


OnHeaders = Callable[[str, int, Mapping[str, str]], None]
"""Hears of every answer, refusals too: the upstream's name of the model, the status, the headers."""


@dataclass(frozen=True)
class Dialect:
    """Where one provider differs from the others that speak the OpenAI protocol."""

    max_tokens_field: str = "max_tokens"
    extra: Mapping[str, Any] | None = None
    form: Mapping[str, Any] | None = None
    """What goes with a demand for a form of the answer, whoever makes it; None for a provider that may refuse ours."""


DIALECTS = {
    # Groq refuses a schema in a stream: console.groq.com/docs/structured-outputs
    "groq": Dialect(max_tokens_field="max_completion_tokens", form={"stream": False}),
    # platform.openai.com/docs/api-reference/chat: max_tokens is out of date, a schema may be streamed
    "openai": Dialect(max_tokens_field="max_completion_tokens", form={}),
    # return_progress: bytes while it reads, so that a cancel is noticed between batches.
    # repeat_penalty: small models fall into loops without.
    "local": Dialect(extra={"return_progress": True, "cache_prompt": True, "repeat_penalty": 1.1}, form={}),
}


def dialect_of(name: str) -> Dialect:
    """How that provider speaks."""
    return DIALECTS.get(name, Dialect())


def in_form(provider: str, brew: str, schema: Schema | None) -> dict[str, Any]:
    """For `Call.extra`: an answer of that form and no other, where the provider can be held to it."""
    if schema is None or dialect_of(provider).form is None:
        return {}
    wish = {"type": "json_schema", "json_schema": {"name": brew, "strict": True, "schema": schema}}
    return {"response_format": wish}


def open_provider(
    provider: Provider,
    settings: Settings,
    clock: Clock | None = None,
    metrics: ChatMetrics | None = None,
    on_headers: OnHeaders | None = None,
) -> ChatProvider:
    """The adapter for a setting, which asks again and leaves alone what fails; needs a running event loop."""
    from aniate_server.inference.breaker import Breaking, Patience
    from aniate_server.inference.openai_protocol import OpenAIProvider
    from aniate_server.inference.retries import Bounds, Retrying
    from aniate_server.inference.temperature import Tempering
    from aniate_server.plumbing.keys import key_of

    clock, metrics = clock or SystemClock(), metrics or Metrics().chat
    dialect, key = dialect_of(provider.name), key_of(provider, clock)
    asked = OpenAIProvider(provider, dialect, key, Waits.of(settings), on_headers, clock)
    breaking = Breaking(
        Tempering(asked), Patience(settings.upstream_failures, settings.upstream_rest_s), clock, metrics
    )
    bounds = Bounds(settings.upstream_tries, settings.upstream_retry_s, settings.upstream_wait_s)
    return Retrying(breaking, bounds, clock, metrics)
