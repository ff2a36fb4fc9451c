"""HTTP/1.1 to one upstream: as much of it as streamed answers need, on connections that are used again.

A general client costs four times as much for each request; `bench/gateway` shows what the whole way takes. Parsing is
httptools', connecting and TLS are the event loop's. No redirects, no cookies, no proxies.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import urlsplit

from aniate_server.inference.upstream_connection import (
    Answer,
    BrokenOff,
    CannotConnect,
    Connection,
    ConnectTimeout,
    Stale,
)

STALE_S = 0.1
"""That a connection was closed before we asked is known sooner; what ends later may have taken the request."""


async def answered(connection: Connection, message: bytes, *, since_idle: bool = False) -> Answer:
    """The answer, its head read; Stale if the connection had been closed before it could be asked."""
    answer, loop = connection.send(message), asyncio.get_running_loop()
    sent_at = loop.time()
    try:
        await answer.head()
    except BaseException as error:
        answer.close()
        at_once = loop.time() - sent_at < STALE_S
        if since_idle and at_once and isinstance(error, BrokenOff) and not answer.began:
            raise Stale from error
        raise
    return answer


class UpstreamHttp:
    """All connections to one upstream."""

    def __init__(self, base_url: str, *, connect_s: float) -> None:
        parts = urlsplit(base_url)
        self._host, tls = parts.hostname or "", parts.scheme == "https"
        self._port = parts.port or (443 if tls else 80)
        self._tls = ssl.create_default_context() if tls else None
        self._prefix = parts.path
        self._common = f"host: {parts.netloc.rpartition('@')[2]}\r\naccept-encoding: identity\r\n"
        self._connect_s = connect_s
        self._idle: deque[Connection] = deque()

    async def request(self, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> Answer:
        """The answer as soon as its head is there. UpstreamBroken if there is none.

        A connection that the other side closed while it lay idle is no failure: then a fresh one is tried, once.
        """
        message = self._message(method, path, headers, body)
        rested = self._rested()
        if rested is not None:
            with suppress(Stale):
                return await answered(rested, message, since_idle=True)
        return await answered(await self._connect(), message)

    async def close(self) -> None:
        """End what lies idle."""
        while self._idle:
            self._idle.pop().abort()

    def _rested(self) -> Connection | None:
        """The connection that was used last, if it is still good."""
        while self._idle:
            connection = self._idle.pop()
            if connection.usable:
                return connection
            connection.abort()
        return None

    async def _connect(self) -> Connection:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(self._idle), self._host, self._port, ssl=self._tls
                )
        except TimeoutError as slow:
            raise ConnectTimeout from slow
        except (OSError, ssl.SSLError) as refused:
            raise CannotConnect(type(refused).__name__) from refused
        return connection

    def _message(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        if lines.count("\n") != len(headers) or lines.count("\r") != len(headers):
            raise ValueError("A header with a line break.")
        head = f"{method} {self._prefix}{path} HTTP/1.1\r\n{self._common}{lines}content-length: {len(body)}\r\n\r\n"
        return head.encode("latin-1") + body
