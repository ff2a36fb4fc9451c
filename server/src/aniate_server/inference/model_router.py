"""Which models there are now: today's rows of the providers that are set, but for those that a provider disowned."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from aniate_server.inference import choice, store
from aniate_server.inference.choice import Route, Wish
from aniate_server.inference.store import Model
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded import model_process
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.settings import Provider

FRESH_S = 30.0
"""So long may a change of the rows take to be seen here."""
GONE_S = 300.0
"""So long a model is left alone that its provider does not have."""
MOST_GONE = 64
FEATURES = frozenset({"tools", "json_schema"})

log = structlog.get_logger()


class ModelRouter:
    """The models of some providers, the main one first, read again from time to time."""

    def __init__(self, db: Database, providers: Sequence[Provider], clock: Clock) -> None:
        self._db = db
        self._providers = providers
        self._clock = clock
        self._models: list[Model] = []
        self._stale_at = float("-inf")
        self._gone: dict[Model, float] = {}
        """Until when each is left alone, in the order of that."""

    async def choose(self, wish: Wish) -> Route:
        """The model, who may take its place, and why; see `choice.choose` for the errors."""
        return choice.choose(wish, await self.models(), self._gone_now())

    async def demand(self, alias: str, plan: str) -> None:
        """NotFound or NeedsAPlan, as at a question, if nobody of that plan could ask the model of that alias."""
        choice.pick(await self.models(), alias, plan)

    async def models(self) -> list[Model]:
        """Today's models, the main provider's first; Unavailable if that has none."""
        if self._clock.monotonic() >= self._stale_at:
            self._models = [model for each in self._providers for model in await self._rows(each)]
            self._stale_at = self._clock.monotonic() + FRESH_S
        main = self._providers[0]
        if not self._models or self._models[0].provider != main.name:
            raise no_model(main)
        return self._models

    def disown(self, model: Model) -> None:
        """Its provider does not have it: for some minutes it is not asked first, if there is another."""
        if model not in self._gone_now():
            log.warning("model gone", provider=model.provider, model=model.upstream_model, for_s=GONE_S)
        self._gone.pop(model, None)
        if len(self._gone) >= MOST_GONE:
            del self._gone[next(iter(self._gone))]
        self._gone[model] = self._clock.monotonic() + GONE_S

    def _gone_now(self) -> frozenset[Model]:
        now = self._clock.monotonic()
        if any(until <= now for until in self._gone.values()):
            self._gone = {model: until for model, until in self._gone.items() if until > now}
        return frozenset(self._gone)

    async def _rows(self, provider: Provider) -> list[Model]:
        return [custom(provider)] if provider.model else await store.models(self._db, provider.name)


def no_model(provider: Provider) -> Unavailable:
    """There is a provider, and nothing of it to ask."""
    return Unavailable(f"No model is set for the provider {provider.name}.", "Set one: ANIATE_PROVIDER_MODEL")


def custom(provider: Provider) -> Model:
    """The one row of a provider that has none in the database: its own affair, so it costs nothing here."""
    return Model(
        provider=provider.name,
        upstream_model=provider.model,
        alias=provider.name,
        input_price=0,
        output_price=0,
        context_tokens=provider.context_tokens,
        max_output_tokens=provider.max_output_tokens,
        notice="",
        is_default=True,
        features=FEATURES,
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
    features=FEATURES,
)
"""The local model's row, for who has no database at hand."""
