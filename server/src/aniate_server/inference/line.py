"""The line before one model: who may ask now, and who waits, behind whom, and for how long at most."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Hashable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple

import structlog

from aniate_server.inference.fair_line import FairLine, Place, cost
from aniate_server.inference.shared_room import SharedRoom
from aniate_server.inference.upstream_errors import of_kind
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.metrics import QueueMetrics
from aniate_server.plumbing.settings import Settings

FIRST_CALLS = 4
"""So many go at once to a model of which nothing was heard yet."""
WEIGHTS = {"free": 1.0, "pro": 2.0, "enterprise": 4.0}
"""How many times a free user's share a plan gives, where there is not enough for all."""
EXPECTED_OUTPUT_TOKENS = 512
"""No more is set aside for an answer: few are longer, and what it took is known at its end."""
LOOK_AGAIN_S = 0.1
"""How long it may go unnoticed that another process gave back room."""
SOON_S = 5.0
"""So long one waits for room at a model while another may answer at once."""
RETRY_FULL_S = 5
"""When a place may have come free in a full line."""

log = structlog.get_logger()


class NoRoomSoon(Unavailable):
    """There will be room in a while, and another model may have some now."""


class Took(NamedTuple):
    """What a request took of the model; `asked` is False if the provider did not take it."""

    input_tokens: int
    output_tokens: int
    asked: bool


class Wish(NamedTuple):
    """Who wants a turn, and about how much it will take; `took` tells it when the turn is over."""

    provider: str
    upstream_model: str
    who: Hashable
    plan: str
    input_tokens: int
    output_tokens: int
    took: Callable[[], Took]
    others: bool = False
    """Another model may answer in its place."""


class Turn:
    """A turn, waited for at the entry of the block and held in it."""

    __slots__ = ("_line", "future", "granted", "place", "tokens", "wish")

    def __init__(self, line: Line, wish: Wish) -> None:
        self._line = line
        self.wish = wish
        self.tokens = wish.input_tokens + min(wish.output_tokens, EXPECTED_OUTPUT_TOKENS)
        self.place: Place[Turn] | None = None
        self.future: asyncio.Future[None] | None = None
        self.granted = False

    @property
    def cost(self) -> float:
        """What it will probably take, as fairness counts."""
        return cost(self.wish.input_tokens, min(self.wish.output_tokens, EXPECTED_OUTPUT_TOKENS))

    def position(self) -> int:
        """Its place in the line, counted from 1; 0 if it does not wait."""
        return 0 if self.future is None or self.granted else self._line.position(self)

    async def __aenter__(self) -> None:
        await self._line.enter(self)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.end(self, self.wish.took())
        self.place = None  # it holds us


class Line:
    """All that wait for one model, and how many it answers."""

    def __init__(self, room: SharedRoom, slots: int, settings: Settings, clock: Clock, metrics: QueueMetrics) -> None:
        self.room = room
        self.fair: FairLine[Turn] = FairLine()
        self.running = 0
        self._slots = slots
        self._open_slots = min(slots, FIRST_CALLS)
        self._throttled = False
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._changed = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None

    async def enter(self, turn: Turn) -> None:
        """Wait for the turn; Unavailable if that would be too long, or NoRoomSoon.

        Who is cancelled leaves nothing behind.
        """
        weight = WEIGHTS.get(turn.wish.plan, 1.0)
        if not self.fair.waiting and self.running < self._open_slots and self.room.take_at_once(turn.tokens):
            turn.place = self.fair.pass_by(turn.wish.who, weight, turn.cost, turn)
            self.running += 1
            return
        self.refuse_if_full(turn.wish.who)
        if turn.wish.others and (wait_s := self.room.next_in_s()) > SOON_S:
            raise busy(NoRoomSoon("The model's provider takes no more requests for a while."), wait_s)
        turn.future = asyncio.get_running_loop().create_future()
        turn.place = self.fair.join(turn.wish.who, weight, turn.cost, turn)
        self._look()
        began = self._clock.monotonic()
        try:
            with self._metrics.waiting.track_inprogress():
                await self._wait(turn, turn.place, turn.future)
        finally:
            self._metrics.wait.observe(self._clock.monotonic() - began)

    async def _wait(self, turn: Turn, place: Place[Turn], future: asyncio.Future[None]) -> None:
        """Until it is granted; else out of the line at once, or back with the turn if that came meanwhile."""
        try:
            async with asyncio.timeout(self._settings.queue_patience_s):
                await future
        except BaseException as gone:
            if turn.granted:
                self.end(turn, Took(0, 0, asked=False))
            self.fair.leave(place)
            self._changed.set()
            if isinstance(gone, TimeoutError):
                waited_s = self._settings.queue_patience_s
                said = f"This request waited {waited_s:g} seconds for the model, and it was not its turn."
                raise self._refused("deadline", said, RETRY_FULL_S) from None
            raise

    def end(self, turn: Turn, took: Took) -> None:
        """The turn is over."""
        assert turn.place is not None  # noqa: S101 - set by enter
        self.running -= 1
        self.fair.end(turn.place, cost(took.input_tokens, took.output_tokens))
        self.room.end(turn.tokens, took.input_tokens + took.output_tokens, took.asked)
        if took.asked:
            self._open_up()
        self._changed.set()

    def hear(self, status: int, headers: Mapping[str, str]) -> None:
        """What an answer tells of the room."""
        limits = self.room.learn(status, headers)
        if status == 429 and not limits:  # how many it takes, only trying can tell
            self._throttled, self._open_slots = True, max(1, min(self._open_slots, self.running) // 2)
        elif status < 400:
            self._open_up()
        self._changed.set()

    def refuse_if_full(self, who: Hashable) -> None:
        """Unavailable if the line is full, or this user's part of it, or if no room will come in time."""
        if self.fair.waiting >= self._settings.queue_places:
            raise self._refused("full", "Too many requests are waiting for this model.", RETRY_FULL_S)
        if self.fair.waiting_of(who) >= self._settings.queue_places_each:
            raise self._refused("full_for_user", "Too many of your requests are waiting for this model.", RETRY_FULL_S)
        wait_s = self.room.next_in_s()
        if wait_s > self._settings.queue_patience_s:
            raise self._refused("no_room", "The model's provider takes no more requests for a while.", wait_s)

    def position(self, turn: Turn) -> int:
        """About where it waits."""
        return self.fair.position(turn.place) if turn.place is not None else 0

    def close(self) -> None:
        """Stop what runs in the background."""
        self.room.close()
        if self._pump is not None:
            self._pump.cancel()

    def _open_up(self) -> None:
        """It takes what it is asked: all slots are open, or one more after a refusal."""
        self._open_slots = min(self._slots, self._open_slots + 1) if self._throttled else self._slots
        self._throttled &= self._open_slots < self._slots

    def _look(self) -> None:
        """Have it seen to that those who wait get their turns."""
        self._changed.set()
        if self._pump is None or self._pump.done():
            self._pump = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        """Grant turns as long as somebody waits."""
        while (place := self.fair.next()) is not None:
            self._changed.clear()
            if self.running >= self._open_slots:
                await self._change(None)
            elif (wait_s := await self.room.take(place.item.tokens)) > 0:
                await self._change(min(wait_s, LOOK_AGAIN_S))
            else:
                self._grant(place, place.item)

    def _grant(self, place: Place[Turn], turn: Turn) -> None:
        """It is this one's turn, unless it went away meanwhile."""
        assert turn.future is not None  # noqa: S101 - who waits has one
        if turn.future.done():
            self.fair.leave(place)
            self.room.end(turn.tokens, 0, asked=False)
            return
        self.fair.start(place)
        self.running += 1
        turn.granted = True
        turn.future.set_result(None)

    async def _change(self, at_most_s: float | None) -> None:
        """Wait for something to change."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._changed.wait()

    def _refused(self, reason: str, said: str, retry_after_s: float) -> Unavailable:
        self._metrics.refused[reason,].inc()
        return busy(Unavailable(said), retry_after_s)


def busy(refused: Unavailable, retry_after_s: float) -> Unavailable:
    """As a provider's own refusal: another model may do."""
    refused.retry_after_s = math.ceil(retry_after_s)
    return of_kind("busy", refused)
