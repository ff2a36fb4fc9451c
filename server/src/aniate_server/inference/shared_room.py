"""The room for one model, shared by all processes: in memory while there is plenty, else by the database.

A database that cannot be reached is no failure: then each process goes by what it knows alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from typing import TypeVar

import structlog

from aniate_server.inference import store
from aniate_server.inference.room import DAY_S, MINUTE_S, Room, closed_for_s, seen_in
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.metrics import QueueMetrics

T = TypeVar("T")

ASK_S = 0.5
"""So long may the database take to say whether there is room."""
ALONE_S = 5.0
"""So long it is not asked again after it did not answer."""
TELL_EVERY_S = 0.05
"""What answers tell is passed on that often, not each for itself."""

log = structlog.get_logger()


class SharedRoom:
    """What this process knows of the room, and its way to what all know. `name` is provider and upstream model."""

    def __init__(self, name: tuple[str, str], db: Database, clock: Clock, metrics: QueueMetrics) -> None:
        self.mine = Room()
        self._name = name
        self._db = db
        self._clock = clock
        self._metrics = metrics
        self._alone_until = 0.0
        self._heard = False
        """Whether any answer came yet; before, others may know what we do not."""
        self._known = 0.0
        """How much of what was spent here the others know."""
        self._apart = True
        """This process decided alone: of what it took, the upstream alone tells the others."""
        self._news = False
        self._telling: asyncio.Task[None] | None = None

    def take_at_once(self, tokens: float) -> bool:
        """Take it if there is plenty; asks nobody."""
        now = self._clock.monotonic()
        if not self._is_mine(now) or (self.mine.limited and self.mine.wait_s(tokens, now) > 0):
            return False
        self.mine.take(tokens, now)
        return True

    async def take(self, tokens: float) -> float:
        """Take it: 0, or in how many seconds it may be worth trying again."""
        now = self._clock.monotonic()
        wait_s = self.mine.wait_s(tokens, now)
        if wait_s <= 0 and not self._is_mine(now):
            wait_s = await self._take_of_all(tokens)
        if wait_s <= 0:
            self.mine.take(tokens, self._clock.monotonic())
        return wait_s

    def end(self, taken: float, took: float, asked: bool) -> None:
        """Who took so much needed so much; `asked` is False if the provider did not take it."""
        self.mine.end(taken, took, asked, self._clock.monotonic())
        self._heard |= asked
        if not self._apart and taken != took:
            self._tell()

    def learn(self, status: int, headers: Mapping[str, str]) -> bool:
        """What an answer tells; whether it told any limit."""
        self._heard |= status < 400
        told = seen_in(headers, DAY_S if self._name[0] == "groq" else MINUTE_S)
        if not told and status != 429:
            return False
        now = self._clock.monotonic()
        self.mine.learn(told, now)
        if status == 429:
            self.mine.close(closed_for_s(headers, told, self._clock.now()), now)
        for measure, bucket in self.mine.buckets.items():
            self._metrics.room_left[(*self._name, measure)].set(bucket.left)
        if not self.mine.plenty(now):
            self._news = True
            self._tell()
        return bool(told)

    def next_in_s(self) -> float:
        """In how many seconds the smallest request could go."""
        return self.mine.wait_s(0, self._clock.monotonic()) if self.mine.limited else 0.0

    def close(self) -> None:
        """Stop what runs in the background."""
        if self._telling is not None:
            self._telling.cancel()

    def _is_mine(self, now: float) -> bool:
        """Whether this process may decide alone."""
        mine = now < self._alone_until or (self._heard and self.mine.plenty(now))
        self._apart |= mine
        return mine

    async def _take_of_all(self, tokens: float) -> float:
        """The same of what all processes share; 0 also if that cannot be known."""
        if self._news:
            self._news = False
            await self._told()
        if self._apart:
            self._apart, self._known = False, self.mine.spent - self.mine.out["tokens"]
        wait_s, left = await self._asked(tokens, 1)
        self.mine.heard(left, self._clock.monotonic())
        self._apart |= left is None  # nobody has told of a limit, so this was not written down either
        if wait_s <= 0:
            self._known += tokens
        return wait_s

    async def _asked(self, tokens: float, requests: int) -> tuple[float, float | None]:
        """What the database says: the wait, and what was left before; nothing of both if it does not answer."""
        returned, self._known = self._known - self.mine.spent, self.mine.spent
        asking = store.take_room(self._db, *self._name, tokens, requests, returned)
        return await self._in_time(asking) or (0.0, None)

    def _tell(self) -> None:
        """Have it passed on, soon."""
        alone = self._clock.monotonic() < self._alone_until
        if not alone and (self._telling is None or self._telling.done()):
            self._telling = asyncio.create_task(self._tell_all())

    async def _tell_all(self) -> None:
        """Tell the database what was learned and given back, until there is no more to tell."""
        while self._news or not (self._apart or self._known == self.mine.spent):
            if self._news:
                self._news = False
                await self._told()
            if not self._apart:
                await self._asked(0, 0)
            await asyncio.sleep(TELL_EVERY_S)

    async def _told(self) -> None:
        closed_s = self.mine.closed_s(self._clock.monotonic())
        for measure, bucket in list(self.mine.buckets.items()):
            await self._in_time(store.learn_room(self._db, *self._name, measure, bucket, closed_s))

    async def _in_time(self, asking: Awaitable[T]) -> T | None:
        """What the database answers; None if it does not, and then it is left alone for a while."""
        try:
            async with asyncio.timeout(ASK_S):
                return await asking
        except (Unavailable, TimeoutError):
            log.warning("room not shared", provider=self._name[0])
        except Exception as bug:
            log.error("bug", exc_info=bug)
        self._alone_until, self._apart = self._clock.monotonic() + ALONE_S, True
        return None
