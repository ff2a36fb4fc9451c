"""The shared room in the database: exact under concurrency, all or nothing, and never widened by what is told."""

from __future__ import annotations

import asyncio

import pytest

from aniate_server.inference.room import Bucket
from aniate_server.inference.store import learn_room, take_room
from aniate_server.plumbing.db import Database

pytestmark = pytest.mark.anyio
ROOM = ("groq", "some-model")
SLOWLY = 0.001
"""So slow that nothing comes back within a test."""


def told(left: float, allowed: float = 1000, per_s: float = SLOWLY) -> Bucket:
    return Bucket(allowed, left, per_s, 0.0, left)


async def test_many_at_once_take_no_more_than_there_is(db: Database) -> None:
    await learn_room(db, *ROOM, "tokens", told(1000), 0)
    answers = await asyncio.gather(*(take_room(db, *ROOM, 100, 1, 0) for _ in range(25)))
    assert [wait_s for wait_s, _ in answers].count(0) == 10
    assert all(wait_s > 90_000 for wait_s, _ in answers if wait_s)


async def test_of_what_nobody_told_there_is_enough(db: Database) -> None:
    await learn_room(db, *ROOM, "tokens", told(0), 0)
    assert await take_room(db, "groq", "another-model", 10**9, 1, 0) == (0, None)


async def test_if_one_measure_is_used_up_nothing_is_taken_of_the_other(db: Database) -> None:
    await learn_room(db, *ROOM, "tokens", told(1000), 0)
    await learn_room(db, *ROOM, "requests", told(0), 0)
    wait_s, _ = await take_room(db, *ROOM, 400, 1, 0)
    assert wait_s > 900
    _, left = await take_room(db, *ROOM, 400, 1, 0)
    assert left == pytest.approx(1000)


async def test_what_is_told_narrows_the_room_and_never_widens_it(db: Database) -> None:
    for left in (500, 900):
        await learn_room(db, *ROOM, "tokens", told(left), 0)
        assert (await take_room(db, *ROOM, 0, 0, 0))[1] == pytest.approx(500)
    await learn_room(db, *ROOM, "tokens", told(200), 0)
    assert (await take_room(db, *ROOM, 0, 0, 0))[1] == pytest.approx(200)


async def test_what_is_given_back_can_be_taken_and_no_more_than_the_limit(db: Database) -> None:
    await learn_room(db, *ROOM, "tokens", told(0), 0)
    wait_s, left = await take_room(db, *ROOM, 300, 1, 300)
    assert (wait_s, round(left or 0)) == (0, 300)
    assert (await take_room(db, *ROOM, 0, 0, 10**9))[1] == 1000
    assert (await take_room(db, *ROOM, 0, 0, -400))[1] == pytest.approx(600)


async def test_a_refusal_holds_everybody_back(db: Database) -> None:
    await learn_room(db, *ROOM, "tokens", told(1000), 30)
    wait_s, _ = await take_room(db, *ROOM, 1, 1, 0)
    assert 29 < wait_s <= 30


async def test_it_fills_evenly_and_a_request_larger_than_the_limit_goes_when_it_is_full(db: Database) -> None:
    await learn_room(db, *ROOM, "tokens", told(0, per_s=100_000), 0)
    wait_s, _ = await take_room(db, *ROOM, 50_000, 1, 0)
    assert 0 < wait_s <= 0.01
    await asyncio.sleep(0.02)
    assert (await take_room(db, *ROOM, 50_000, 1, 0))[0] == 0
