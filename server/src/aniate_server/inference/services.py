"""What the stations work with: built once at start, handed down."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from aniate_server.accounts.identity import Identity, open_identity
from aniate_server.brews import catalogue
from aniate_server.brews.catalogue import Catalogue
from aniate_server.inference.cache import Cache
from aniate_server.inference.leak_guard import LeakGuard
from aniate_server.inference.model_router import ModelRouter
from aniate_server.inference.providers import ChatProvider, open_provider
from aniate_server.inference.queue import Queue
from aniate_server.inference.readiness import Readiness
from aniate_server.inference.token_count import TokenCounter
from aniate_server.plumbing.clock import Clock, SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.metrics import Metrics, SearchMetrics
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Provider, Settings
from aniate_server.search.pages import Search
from aniate_server.search.readers import Readers
from aniate_server.usage.usage_tracker import Meter


class Stopping:
    """Set once, when the process is asked to stop; every open stream hears of it."""

    def __init__(self) -> None:
        self._set = False
        self._listeners: set[Callable[[], None]] = set()

    def set(self) -> None:
        """Tell all open streams, now."""
        self._set = True
        for listener in list(self._listeners):
            listener()

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._set

    @contextmanager
    def tells(self, listener: Callable[[], None]) -> Iterator[None]:
        """Within this, `listener` is called when it is set, or at once if it was."""
        self._listeners.add(listener)
        try:
            if self._set:
                listener()
            yield
        finally:
            self._listeners.discard(listener)


@dataclass(frozen=True)
class Services:
    """All that a request needs. `holder` names this process in the open rows."""

    settings: Settings
    db: Database
    identity: Identity
    provider: ChatProvider
    """The main one, whose absence makes us not ready."""
    providers: Mapping[str, ChatProvider]
    """All, by the name that their models bear."""
    queue: Queue
    models: ModelRouter
    catalogue: Catalogue
    leak_guard: LeakGuard
    meter: Meter
    tokens: TokenCounter
    clock: Clock
    holder: UUID
    stopping: Stopping
    metrics: Metrics
    readiness: Readiness
    cache: Cache
    search: Search | None
    """None where the operator set none."""

    async def close(self) -> None:
        """Give up what `open_services` opened; the database is its owner's."""
        await self.cache.close()
        if self.search is not None:
            await self.search.close()
        self.queue.close()
        await self.readiness.close()
        for each in self.providers.values():
            await each.close()


async def open_services(
    settings: Settings, db: Database, provider: Provider, own_url: str, clock: Clock | None = None
) -> Services:
    """Services over an open database and a main provider that may yet be starting; needs a running event loop.

    `own_url` is the address that we listen on.
    """
    clock, metrics = clock or SystemClock(), Metrics()
    brews = catalogue.load()
    secret = Secret.of(settings)
    identity = await open_identity(db, secret, settings.addresses(own_url), clock, metrics.accounts)
    meter = Meter(db, metrics.chat)
    queue = Queue(settings, clock, metrics.queue, db)
    providers = {
        each.name: open_provider(each, settings, clock, metrics.chat, queue.listener(each.name))
        for each in (provider, *settings.beside)
    }
    look_at(metrics, db, meter)
    return Services(
        settings=settings,
        db=db,
        identity=identity,
        provider=providers[provider.name],
        providers=providers,
        queue=queue,
        models=ModelRouter(db, (provider, *settings.beside), clock),
        catalogue=brews,
        leak_guard=LeakGuard(brew.fixed for brew in brews.values()),
        meter=meter,
        tokens=TokenCounter(),
        clock=clock,
        holder=new_id(),
        stopping=Stopping(),
        metrics=metrics,
        readiness=Readiness(db, providers[provider.name], clock),
        cache=Cache(db, secret, metrics.chat, on=settings.answers_kept),
        search=open_search(settings, clock, metrics.search),
    )


def open_search(settings: Settings, clock: Clock, metrics: SearchMetrics) -> Search | None:
    """The search over the engine that is set, if one is."""
    if settings.search is None:
        return None
    readers = Readers(many=settings.search_readers)
    return Search(settings.search, settings.search_allow, clock, metrics, readers)


def look_at(metrics: Metrics, db: Database, meter: Meter) -> None:
    """What is read only when somebody looks."""
    metrics.chat.owed.set_function(lambda: meter.owed)
    metrics.database.in_use.set_function(lambda: db.connections.in_use)
    metrics.database.idle.set_function(lambda: db.connections.idle)
    metrics.database.waiting.set_function(lambda: db.connections.waiting)
