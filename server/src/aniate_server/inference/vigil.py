"""Looking after the client while it is answered: its connection is kept warm, and when it leaves, all is broken off."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType

from starlette.types import Receive

from aniate_server.inference.door import HttpReader
from aniate_server.inference.interruption import ClientGone, Interruption


class Vigil:
    """`with Vigil(…):` around an answer. Two tasks at most, the second only where the answer takes long."""

    def __init__(self, receive: Receive, reader: HttpReader, interruption: Interruption, keep_alive_s: float) -> None:
        self._receive = receive
        self._reader = reader
        self._interruption = interruption
        self._keep_alive_s = keep_alive_s

    def __enter__(self) -> None:
        loop = asyncio.get_running_loop()
        self._leaving = loop.create_task(self._see_it_leave())
        self._timer = loop.call_later(self._keep_alive_s, self._begin_to_warm)
        self._warming: asyncio.Task[None] | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._leaving.cancel()
        if self._warming is not None:
            self._warming.cancel()
        del self._timer, self._leaving, self._warming  # they hold us

    async def _see_it_leave(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._interruption.interrupt(ClientGone())

    def _begin_to_warm(self) -> None:
        self._warming = asyncio.get_running_loop().create_task(self._keep_warm())

    async def _keep_warm(self) -> None:
        while True:
            with suppress(ClientGone):  # the answer's own writing meets it, too
                await self._reader.keep_alive()
            await asyncio.sleep(self._keep_alive_s)
