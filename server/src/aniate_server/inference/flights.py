"""Questions under way: while one is being answered, whoever asks the same waits for its answer, in this process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aniate_server.inference.store import Model
from aniate_server.plumbing.errors import AniateError, Unavailable

WAIT_S = 300.0
"""So long somebody waits for the answer to another's question."""
ENOUGH = 2
"""When so many have failed one after the other, the rest do not try any more."""


@dataclass(frozen=True)
class Answered:
    """A good answer, to be given once more. `notice` says what did not fit into the question."""

    text: str
    notice: str
    finish_reason: str
    model: Model
    kept: bool = False
    """It was found in the database."""


Ending = Answered | AniateError | None
"""An answer; a failure that others may meet, too; or nothing, since whoever asked went away or was refused."""


class Flight:
    """One question that is being answered. Needs a running event loop."""

    def __init__(self) -> None:
        self._ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()

    @property
    def landed(self) -> bool:
        """Whether it has ended."""
        return self._ending.done()

    def land(self, ending: Ending) -> None:
        """Tell all who wait; the first call counts."""
        if not self.landed:
            self._ending.set_result(ending)

    async def ending(self) -> Ending:
        """Wait for it. Who stops waiting disturbs nobody."""
        return await asyncio.shield(self._ending)


@dataclass
class Ticket:
    """One request's part in a flight: it is `ours` to answer for all, or we wait."""

    key: bytes
    flight: Flight
    ours: bool
    model: Model
    notice: str = ""
    """What is told before the answer where it is not ours."""


class Flights:
    """Those of one process."""

    def __init__(self) -> None:
        self._under_way: dict[bytes, Flight] = {}

    def __len__(self) -> int:
        return len(self._under_way)

    def board(self, key: bytes, model: Model, *, alone: bool = False) -> Ticket:
        """A place in the flight of that key; `alone` in one of its own, which nobody waits for if there is another."""
        flight = self._under_way.get(key)
        if flight is not None and not alone:
            return Ticket(key, flight, False, model)
        return Ticket(key, self._under_way.setdefault(key, Flight()) if flight is None else Flight(), True, model)

    def land(self, ticket: Ticket, ending: Ending, *, stays: bool = False) -> None:
        """Ours has ended; told once, however often this is called. One that `stays` is forgotten later."""
        if ticket.ours and not ticket.flight.landed:
            ticket.flight.land(ending)
            if not stays:
                self.forget(ticket)

    def forget(self, ticket: Ticket) -> None:
        """Whoever asks the same from now on finds no flight."""
        if self._under_way.get(ticket.key) is ticket.flight:
            del self._under_way[ticket.key]

    async def follow(self, ticket: Ticket) -> Answered | None:
        """The answer; None if the question is ours now, since who had it came to nothing.

        Raises what ENOUGH of them failed with, or Unavailable after WAIT_S.
        """
        try:
            async with asyncio.timeout(WAIT_S):
                return await self._landed(ticket)
        except TimeoutError:
            raise Unavailable("The same question is being answered, and that takes too long.") from None

    async def _landed(self, ticket: Ticket) -> Answered | None:
        failed = 0
        while True:
            ending = await ticket.flight.ending()
            if isinstance(ending, Answered):
                return ending
            if ending is not None:
                failed += 1
                if failed == ENOUGH:
                    raise ending.with_traceback(None)
            next_one = self.board(ticket.key, ticket.model)  # of all who wait, the first makes it
            ticket.flight, ticket.ours = next_one.flight, next_one.ours
            if ticket.ours:
                return None
