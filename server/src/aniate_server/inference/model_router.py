"""Which model answers: the public alias of a request turned into today's row of the provider."""

from __future__ import annotations

from aniate_server.inference import store
from aniate_server.inference.store import Model
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded import model_process
from aniate_server.plumbing.errors import NotFound, Unavailable
from aniate_server.plumbing.settings import Provider

DEFAULT = "default"
FRESH_S = 30.0
"""So long may a change of the rows take to be seen here."""
CUSTOM_CONTEXT_TOKENS, CUSTOM_MAX_OUTPUT_TOKENS = 8192, 2048
"""What any model that people run behind an address of their own can do."""


class ModelRouter:
    """The models of one provider, read again from time to time."""

    def __init__(self, db: Database, provider: Provider, clock: Clock) -> None:
        self._db = db
        self._provider = provider
        self._clock = clock
        self._models: list[Model] = [custom(provider)] if provider.model else []
        self._stale_at = float("inf") if provider.model else float("-inf")

    async def choose(self, alias: str) -> Model:
        """The model of that alias; raises NotFound that lists the aliases."""
        return pick(await self.models(), alias)

    async def models(self) -> list[Model]:
        """Today's models of the provider; Unavailable if it has none."""
        if self._clock.monotonic() >= self._stale_at:
            self._models = await store.models(self._db, self._provider.name)
            self._stale_at = self._clock.monotonic() + FRESH_S
        if not self._models:
            raise no_model(self._provider)
        return self._models


def no_model(provider: Provider) -> Unavailable:
    """There is a provider, and nothing of it to ask."""
    return Unavailable(f"No model is set for the provider {provider.name}.", "Set one: ANIATE_PROVIDER_MODEL")


def pick(models: list[Model], alias: str) -> Model:
    """The model of that alias; raises NotFound that lists the aliases."""
    for model in models:
        if model.alias == alias or (alias == DEFAULT and model.is_default):
            return model
    names = ", ".join([DEFAULT, *(model.alias for model in models)])
    raise NotFound(f"There is no model {alias!r}.", f"There are: {names}")


def custom(provider: Provider) -> Model:
    """The one row of a provider that has none in the database: its own affair, so it costs nothing here."""
    return Model(
        provider=provider.name,
        upstream_model=provider.model,
        alias=provider.name,
        input_price=0,
        output_price=0,
        context_tokens=CUSTOM_CONTEXT_TOKENS,
        max_output_tokens=CUSTOM_MAX_OUTPUT_TOKENS,
        notice="",
        is_default=True,
    )


LOCAL = Model(
    provider="local",
    upstream_model=model_process.ALIAS,
    alias="local",
    input_price=0,
    output_price=0,
    context_tokens=model_process.CONTEXT_TOKENS,
    max_output_tokens=768,
    notice="offline demo model: small, often wrong; check what it says",
    is_default=True,
)
"""The local model's row, for who has no database at hand."""
