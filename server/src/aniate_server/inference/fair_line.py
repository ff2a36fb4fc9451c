"""Who is next where not all can go at once: fair by tokens, weighted by plan. It knows no time and no event loop.

The virtual token counter of Sheng et al., arXiv 2401.00588: each user has a counter of the tokens served, divided by
the user's weight, and the least one is next. Who comes from idleness is lifted to where the others are, so that
idleness earns nothing. The others' place is also told by a virtual time, which every start moves on; else an endless
row of newcomers could keep somebody with a debt waiting for ever.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

T = TypeVar("T")

OUTPUT_WEIGHT = 2
"""A token of output takes so much more of a model than one of input."""
MOST_REMEMBERED = 4096
"""Users whose counters are kept though they wait for nothing."""


def cost(input_tokens: float, output_tokens: float) -> float:
    """What a request takes, in tokens of input."""
    return input_tokens + OUTPUT_WEIGHT * output_tokens


@dataclass(eq=False, slots=True)
class Place(Generic[T]):
    """Somebody's place in the line."""

    who: Hashable
    weight: float
    cost: float
    item: T
    number: int
    share: float = 0.0
    """How far the virtual time moves for each token that it takes."""


@dataclass(slots=True)
class User(Generic[T]):
    """What is known of one user."""

    counter: float = 0.0
    weight: float = 1.0
    running: int = 0
    places: deque[Place[T]] = field(default_factory=deque)


class FairLine(Generic[T]):
    """The places of all users; each user's own are served in their order."""

    def __init__(self) -> None:
        self._users: dict[Hashable, User[T]] = {}
        self._waiting: dict[Hashable, User[T]] = {}
        self._weights = 0.0
        self._virtual = 0.0
        self._joined = 0
        self.waiting = 0
        """How many places there are."""

    def waiting_of(self, who: Hashable) -> int:
        """How many places that user has."""
        user = self._waiting.get(who)
        return len(user.places) if user else 0

    def counter_of(self, who: Hashable) -> float:
        """The user's counter, for who watches."""
        user = self._users.get(who)
        return user.counter if user else self._virtual

    def position(self, place: Place[T]) -> int:
        """About how many go before it, counting from 1; 0 if it does not wait.

        Those are the user's own earlier ones, and one of each user with a lower counter.
        """
        mine = self._waiting.get(place.who)
        if mine is None or place not in mine.places:
            return 0
        return 1 + mine.places.index(place) + sum(user.counter < mine.counter for user in self._waiting.values())

    def join(self, who: Hashable, weight: float, cost: float, item: T) -> Place[T]:
        """A place at the end of the user's own."""
        self._joined += 1
        place = Place(who, weight, cost, item, self._joined)
        user = self._user(who, weight)
        if not user.places:
            user.counter = max(user.counter, self._floor())
            self._waiting[who] = user
            self._weights += user.weight
        user.places.append(place)
        self.waiting += 1
        return place

    def leave(self, place: Place[T]) -> bool:
        """Give it up; False if it was gone already."""
        user = self._waiting.get(place.who)
        if user is None or place not in user.places:
            return False
        user.places.remove(place)
        self.waiting -= 1
        if not user.places:
            del self._waiting[place.who]
            self._weights = self._weights - user.weight if self._waiting else 0.0
        return True

    def next(self) -> Place[T] | None:
        """Whose turn it is: the first place of the user with the least counter, the older one of two alike."""
        if not self._waiting:
            return None
        user = min(self._waiting.values(), key=lambda each: (each.counter, each.places[0].number))
        return user.places[0]

    def start(self, place: Place[T]) -> None:
        """It is served now: it leaves the line and is charged what it will probably take."""
        place.share = 1 / self._weights
        self.leave(place)
        self._users[place.who].running += 1
        self._charge(place, place.cost)

    def pass_by(self, who: Hashable, weight: float, cost: float, item: T) -> Place[T]:
        """The same for one who need not wait, since nobody does."""
        user = self._user(who, weight)
        self._virtual = user.counter = max(user.counter, self._virtual)
        user.running += 1
        place = Place(who, weight, cost, item, 0)
        self._charge(place, cost)
        return place

    def end(self, place: Place[T], took: float) -> None:
        """What was started is over; it is charged what it really took."""
        self._users[place.who].running -= 1
        self._charge(place, took - place.cost)

    def _charge(self, place: Place[T], cost: float) -> None:
        self._users[place.who].counter += cost / place.weight
        self._virtual += cost * place.share

    def _floor(self) -> float:
        """Where one stands who comes now."""
        return max(self._virtual, min((user.counter for user in self._waiting.values()), default=0.0))

    def _user(self, who: Hashable, weight: float) -> User[T]:
        """The user, known or new. A plan that changed counts as soon as nothing of the user waits."""
        user = self._users.get(who)
        if user is None:
            if len(self._users) >= MOST_REMEMBERED:
                self._forget()
            user = self._users[who] = User(self._virtual)
        if not user.places:
            user.weight = weight
        return user

    def _forget(self) -> None:
        """Forget who wants nothing now: first whom that makes no difference to, and if need be the others."""
        busy = {who: user for who, user in self._users.items() if user.places or user.running}
        owing = {who: user for who, user in self._users.items() if user.counter > self._virtual}
        kept = {**owing, **busy}
        self._users = kept if len(kept) < MOST_REMEMBERED // 2 else busy
