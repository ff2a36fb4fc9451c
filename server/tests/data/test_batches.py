"""Errands that are done in one go: none waits for nothing, none is lost, and a bad one spoils no other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from aniate_server.plumbing.batches import MAX_IN_A_ROUND, Batches
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import Unavailable
from aniate_server.usage.usage_tracker import Meter
from server.tests.data.cluster import MakeTenant, request_of

pytestmark = pytest.mark.anyio


class Rounds:
    """Doubles numbers, and remembers what came together."""

    def __init__(self, *, odd_is_bad: bool = False) -> None:
        self.seen: list[list[int]] = []
        self._odd_is_bad = odd_is_bad

    async def __call__(self, numbers: Sequence[int]) -> Sequence[int]:
        self.seen.append(list(numbers))
        await asyncio.sleep(0.001)
        if self._odd_is_bad and any(number % 2 for number in numbers):
            raise ValueError(numbers)
        return [number * 2 for number in numbers]


async def test_one_alone_goes_at_once_and_what_comes_meanwhile_goes_together() -> None:
    rounds = Rounds()
    batches: Batches[int, int] = Batches(rounds)
    first = batches.put(0)
    await asyncio.sleep(0)
    rest = [batches.put(number) for number in range(1, 10)]
    assert await asyncio.gather(first, *rest) == [number * 2 for number in range(10)]
    assert rounds.seen == [[0], list(range(1, 10))]


async def test_a_round_is_bounded_and_none_is_lost() -> None:
    rounds = Rounds()
    batches: Batches[int, int] = Batches(rounds)
    many = range(MAX_IN_A_ROUND * 2 + 1)
    assert await asyncio.gather(*(batches.put(number) for number in many)) == [number * 2 for number in many]
    assert [len(seen) for seen in rounds.seen] == [MAX_IN_A_ROUND, MAX_IN_A_ROUND, 1]


async def test_a_bad_one_spoils_no_other() -> None:
    batches: Batches[int, int] = Batches(Rounds(odd_is_bad=True))
    found = await asyncio.gather(*(batches.put(number) for number in (2, 3, 4)), return_exceptions=True)
    assert (found[0], found[2]) == (4, 8)
    assert isinstance(found[1], ValueError)


async def test_what_nobody_can_do_now_is_told_to_all_and_tried_once() -> None:
    tried = []

    async def gone(numbers: Sequence[int]) -> Sequence[int]:
        tried.append(numbers)
        raise Unavailable("The database cannot be reached.")

    batches: Batches[int, int] = Batches(gone)
    found = await asyncio.gather(*(batches.put(number) for number in (1, 2, 3)), return_exceptions=True)
    assert all(isinstance(each, Unavailable) for each in found)
    assert len(tried) == 1


async def test_who_waits_for_the_next_round_of_what_hangs_is_told_at_once() -> None:
    rounds = 0

    async def hangs(numbers: Sequence[int]) -> Sequence[int]:
        nonlocal rounds
        rounds += 1
        await asyncio.sleep(0.05)
        raise Unavailable("The database does not answer.")

    batches: Batches[int, int] = Batches(hangs)
    first = batches.put(0)
    await asyncio.sleep(0)
    rest = [batches.put(number) for number in range(MAX_IN_A_ROUND * 3)]
    found = await asyncio.gather(first, *rest, return_exceptions=True)
    assert rounds == 1
    assert all(isinstance(each, Unavailable) for each in found)
    assert len({id(each) for each in found}) == len(found)  # what one met is none of the others' affair


async def test_who_gives_up_waiting_does_not_stop_the_round() -> None:
    rounds = Rounds()
    batches: Batches[int, int] = Batches(rounds)
    impatient = asyncio.create_task(waiting_for(batches.put(1)))
    patient = batches.put(2)
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    assert not impatient.done()  # before it is known what became of it
    assert await patient == 4
    with pytest.raises(asyncio.CancelledError):
        await impatient
    assert rounds.seen == [[1, 2]]


async def test_no_one_is_left_waiting_when_the_event_loop_ends() -> None:
    async def hangs(numbers: Sequence[int]) -> Sequence[int]:
        await asyncio.sleep(60)
        return numbers

    batches: Batches[int, int] = Batches(hangs)
    waiting = asyncio.create_task(waiting_for(batches.put(1)))
    await asyncio.sleep(0)
    (rounds,) = (task for task in asyncio.all_tasks() if "Batches._run" in repr(task))
    later = asyncio.create_task(waiting_for(batches.put(2)))
    await asyncio.sleep(0)
    rounds.cancel()
    found = await asyncio.gather(waiting, later, return_exceptions=True)
    assert all(isinstance(each, asyncio.CancelledError) for each in found)


async def waiting_for(answer: asyncio.Future[int]) -> int:
    return await answer


async def test_a_row_that_the_database_refuses_leaves_the_others_opened(db: Database, tenant: MakeTenant) -> None:
    """An id that is taken: the statement for all of them fails."""
    ada, meter = await tenant("ada"), Meter(db)
    taken = request_of(ada)
    await meter.open(taken)
    good = [request_of(ada) for _ in range(3)]
    found = await asyncio.gather(*(meter.open(row) for row in [good[0], taken, *good[1:]]), return_exceptions=True)
    assert [isinstance(each, Exception) for each in found] == [False, True, False, False]
