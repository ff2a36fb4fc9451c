"""Many small errands in one go: what comes while a round is under way waits for the next one.

An errand that comes alone does not wait for others, so that nothing is slower for being gathered.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from copy import copy
from typing import Generic, TypeVar

from aniate_server.plumbing.errors import AniateError

Q = TypeVar("Q")
A = TypeVar("A")

MAX_IN_A_ROUND = 256


class Promise(asyncio.Future[A]):
    """It will be kept, whoever is cancelled: a task that waits for it goes on waiting, and is cancelled then."""

    def cancel(self, msg: object = None) -> bool:  # noqa: ARG002 - as asyncio has it
        """Not to be had."""
        return False

    def give_up(self) -> None:
        """Nobody is left who could keep it."""
        super().cancel()


class Batches(Generic[Q, A]):
    """Errands of one kind. A round is done whoever is cancelled meanwhile."""

    def __init__(self, do: Callable[[Sequence[Q]], Awaitable[Sequence[A | Exception]]]) -> None:
        """`do` answers each errand of a round, in their order; an exception for one is raised to whoever sent it."""
        self._do = do
        self._waiting: list[tuple[Q, Promise[A]]] = []
        self._rounds: asyncio.Task[None] | None = None

    def put(self, errand: Q) -> asyncio.Future[A]:
        """Its answer, some time. Whoever is cancelled while it waits for that hears of it when the round is over."""
        answer: Promise[A] = Promise()
        self._waiting.append((errand, answer))
        if self._rounds is None:
            self._rounds = asyncio.create_task(self._run())
        return answer

    async def _run(self) -> None:
        batch: list[tuple[Q, Promise[A]]] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:MAX_IN_A_ROUND], self._waiting[MAX_IN_A_ROUND:]
                await self._round(batch)
        except asyncio.CancelledError:  # the event loop ends
            for _, answer in [*batch, *self._waiting]:
                answer.give_up()
            raise
        finally:
            self._rounds = None

    async def _round(self, batch: Sequence[tuple[Q, Promise[A]]]) -> None:
        """One round. An errand that is bad in itself must not spoil those of others: then each goes alone.

        Whoever waits already for the next round is told at once what cannot be done now: rounds that each wait for a
        database that hangs would become a line without an end.
        """
        try:
            answers = await self._do([errand for errand, _ in batch])
        except AniateError as told:
            batch, self._waiting = [*batch, *self._waiting], []
            answers = [copy(told) for _ in batch]  # each is raised elsewhere, and then holds what it met there
        except Exception as bad:  # noqa: BLE001 - it is raised to whoever sent the errand
            if len(batch) > 1:
                for each in batch:
                    await self._round([each])
                return
            answers = [bad]
        for (_, answer), found in zip(batch, answers, strict=True):
            if answer.done():
                continue
            if isinstance(found, Exception):
                answer.set_exception(found)
            else:
                answer.set_result(found)
