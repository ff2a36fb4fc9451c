"""A search, whole: the engine is asked, the best pages are fetched side by side and read, within bounds of time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace

import structlog

from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import SearchFailed
from aniate_server.plumbing.keys import key_of
from aniate_server.plumbing.metrics import SearchMetrics
from aniate_server.plumbing.settings import SearchEngine
from aniate_server.search.body import NotRead
from aniate_server.search.engines import Hit, searched_for
from aniate_server.search.fetch import Fetcher
from aniate_server.search.finder import Finder
from aniate_server.search.reach import Reach, Refused, Resolve, by_the_system
from aniate_server.search.readers import Readers

PAGES = 5
"""How many pages an answer draws on …"""
CANDIDATES = 10
"""… of how many, since some cannot be read."""
PAGE_S = 6.0
"""The longest that a page may take to come."""
ALL_S = 10.0
"""The longest for all of them: what came by then is taken."""
MOST_AT_ONCE = 40
"""Pages under way in one process, whoever they are for."""
RESOLVERS = 5 * MOST_AT_ONCE
"""Threads that look names up. A lookup cannot be stopped: with a silent name server it goes on for half a minute, when
its page is long given up. With fewer threads, names that nobody answers for would keep all others from being found."""
OUTCOMES: dict[type[Exception], str] = {Refused: "refused", NotRead: "unreadable", TimeoutError: "slow"}

Told = Callable[[str, int], Awaitable[None]]
"""Is told what is done now, and of how many pages."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Page:
    """A page that was read. `n` is what it is cited by; `date` is its own, or empty."""

    n: int
    title: str
    url: str
    date: str
    text: str


@dataclass(frozen=True)
class Limits:
    """How long is waited, in seconds."""

    page_s: float = PAGE_S
    all_s: float = ALL_S


class Search:
    """Searching, fetching and reading, over one search engine; needs a running event loop. It closes the readers."""

    def __init__(
        self,
        engine: SearchEngine,
        allowed: frozenset[tuple[str, int]],
        clock: Clock,
        metrics: SearchMetrics,
        readers: Readers,
        *,
        resolve: Resolve | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._threads = ThreadPoolExecutor(RESOLVERS, thread_name_prefix="resolve")
        self._finder = Finder(engine, key_of(engine, clock))
        self._fetcher = Fetcher(Reach(resolve or by_the_system(self._threads), allowed))
        self._readers = readers
        self._limits = limits or Limits()
        self._room = asyncio.Semaphore(MOST_AT_ONCE)
        self._metrics = metrics
        self._warming: asyncio.Task[None] | None = None

    async def pages(self, question: str, told: Told) -> tuple[Page, ...]:
        """The pages that may tell, numbered from 1; SearchFailed if there is none."""
        await told("searching", 0)
        self._warm()
        try:
            hits = await self._finder.find(searched_for(question), CANDIDATES)
        except SearchFailed:
            self._metrics.searches["failed",].inc()
            raise
        self._metrics.searches["found" if hits else "nothing",].inc()
        if not hits:
            raise SearchFailed("The search found no page for this question.", "Ask in other words.")
        await told("reading", min(PAGES, len(hits)))
        pages = await self._read(hits)
        if not pages:
            raise SearchFailed("None of the pages that the search found could be read.", "Ask in other words.")
        return pages

    def _warm(self) -> None:
        """While the engine searches, a process gets ready to read; who fails to is told by the first page."""
        if self._warming is None or self._warming.done():
            self._warming = asyncio.create_task(ignoring(self._readers.warm()))

    async def close(self) -> None:
        """Give up processes, threads and connections."""
        if self._warming is not None:
            self._warming.cancel()
            await asyncio.wait([self._warming])
        await self._finder.close()
        await self._readers.close()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _read(self, hits: list[Hit]) -> tuple[Page, ...]:
        """The first pages that can be read, in the order of the hits; each that fails gives its place to the next."""
        waiting = list(enumerate(hits))
        read: dict[int, Page] = {}

        async def one_after_another() -> None:
            while waiting and len(read) < PAGES:
                at, hit = waiting.pop(0)
                page = await self._one(hit)
                if page is not None and all(page.text != other.text for other in read.values()):
                    read[at] = page

        with suppress(TimeoutError):
            async with asyncio.timeout(self._limits.all_s), asyncio.TaskGroup() as group:
                for _ in range(PAGES):
                    group.create_task(one_after_another())
        best = sorted(read)[:PAGES]
        return tuple(replace(read[at], n=n) for n, at in enumerate(best, 1))

    async def _one(self, hit: Hit) -> Page | None:
        """A page, not numbered yet; None if it cannot be read."""
        try:
            async with self._room, asyncio.timeout(self._limits.page_s):
                fetched = await self._fetcher.fetch(hit.url)
            text = await self._readers.text(fetched)
            if not text.text.strip():
                raise NotRead("no text in it")
        except (Refused, NotRead, TimeoutError) as error:
            # The log is not told which page, since that tells what was asked.
            outcome = OUTCOMES[type(error)]
            log.info("page not read", outcome=outcome, reason=str(error))
            self._metrics.pages[outcome,].inc()
            return None
        self._metrics.pages["read",].inc()
        return Page(0, text.title or hit.title, fetched.url, text.date, text.text)


async def ignoring(attempt: Awaitable[None]) -> None:
    """Try it."""
    with suppress(NotRead):
        await attempt
