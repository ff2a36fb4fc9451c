"""Looking after the client while it is answered: its connection is kept warm, and when it leaves, all is broken off."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import TracebackType

from starlette.types import Scope

from aniate_server.inference.door import HttpReader
from aniate_server.inference.interruption import ClientGone, Interruption
from aniate_server.plumbing.http_protocol import CONNECTION, BoundedProtocol


class Vigil:
    """`with Vigil(…):` around an answer. A task only where the answer takes long."""

    def __init__(self, scope: Scope, reader: HttpReader, interruption: Interruption, keep_alive_s: float) -> None:
        self._connection: BoundedProtocol = scope[CONNECTION]
        self._reader = reader
        self._interruption = interruption
        self._keep_alive_s = keep_alive_s

    def __enter__(self) -> None:
        self._connection.tell_loss(self._left)
        self._timer = asyncio.get_running_loop().call_later(self._keep_alive_s, self._begin_to_warm)
        self._warming: asyncio.Task[None] | None = None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.no_more(self._left)
        self._timer.cancel()
        if self._warming is not None:
            self._warming.cancel()
        del self._timer, self._warming  # they hold us

    def _left(self) -> None:
        self._interruption.interrupt(ClientGone())

    def _begin_to_warm(self) -> None:
        self._warming = asyncio.get_running_loop().create_task(self._keep_warm())

    async def _keep_warm(self) -> None:
        while True:
            with suppress(ClientGone):  # the answer's own writing meets it, too
                await self._reader.keep_alive()
            await asyncio.sleep(self._keep_alive_s)
