"""The processes that make text of pages: few, started when the first page comes, ended when one takes too long."""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio.subprocess import Process
from contextlib import suppress
from subprocess import DEVNULL, PIPE

from aniate_server.search.body import NotRead
from aniate_server.search.fetch import Fetched
from aniate_server.search.reading import Text

PAGE_S = 4.0
"""The longest that one page may take."""
START_S = 20.0
"""The longest that a process may take to load what reads; nearly always half a second."""
MAX_ANSWER_BYTES = 1 << 20
COMMAND = (sys.executable, "-I", "-m", "aniate_server.search.reading")
EMPTY: dict[str, object] = {"size": 0, "charset": "", "html": False}


class Readers:
    """So many pages at the same time; the others wait for their turn."""

    def __init__(self, *, many: int = 1, page_s: float = PAGE_S) -> None:
        self._page_s = page_s
        self._turns = asyncio.Semaphore(many)
        self._idle: list[Process] = []
        self._busy: set[Process] = set()

    async def warm(self) -> None:
        """Have a process ready before the first page comes; NotRead if there can be none."""
        if not self._idle and not self._busy:
            async with self._turns:
                self._idle.append(await self._start())

    async def text(self, page: Fetched) -> Text:
        """What the page says; NotRead if it takes too long, or kills who reads it."""
        async with self._turns:
            process = self._idle.pop() if self._idle else await self._start()
            self._busy.add(process)
            try:
                said = {"size": len(page.body), "charset": page.charset[:40], "html": page.is_html}
                async with asyncio.timeout(self._page_s):
                    text = await asked(process, said, page.body)
            except (TimeoutError, asyncio.IncompleteReadError, OSError, ValueError):
                raise NotRead("no text in time") from None
            else:
                self._idle.append(process)
                return text
            finally:
                self._busy.discard(process)
                if process not in self._idle:
                    await ended(process)

    async def close(self) -> None:
        """End all of them."""
        for each in [*self._idle, *self._busy]:
            await ended(each)
        self._idle.clear()

    async def _start(self) -> Process:
        """One that has answered an empty page. Nothing of our environment, where keys may be, comes to it."""
        try:
            process = await asyncio.create_subprocess_exec(
                *COMMAND, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env={}, limit=MAX_ANSWER_BYTES
            )
        except OSError as error:  # too many processes, or no memory for one more
            raise NotRead("no process to read with") from error
        try:
            async with asyncio.timeout(START_S):
                await asked(process, EMPTY, b"")
        except BaseException as error:
            await ended(process)
            if isinstance(error, (TimeoutError, asyncio.IncompleteReadError, OSError)):
                raise NotRead("no process to read with") from None
            raise
        return process


async def asked(process: Process, said: dict[str, object], body: bytes) -> Text:
    """One page in, its text out."""
    assert process.stdin is not None and process.stdout is not None  # noqa: S101 - both are pipes
    line = json.dumps(said).encode()
    process.stdin.write(len(line).to_bytes(4, "big") + line + body)
    await process.stdin.drain()
    size = int.from_bytes(await process.stdout.readexactly(4), "big")
    if size > MAX_ANSWER_BYTES:
        raise ValueError("too long")
    answer = json.loads(await process.stdout.readexactly(size))
    return Text(*(str(answer[name]) for name in Text._fields))


async def ended(process: Process) -> None:
    """Kill it, and wait until it is gone; also if we are cancelled meanwhile, it is killed."""
    with suppress(ProcessLookupError):
        process.kill()
    await process.wait()
