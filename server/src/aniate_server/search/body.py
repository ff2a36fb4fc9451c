"""The body of a page, as much as we read of it, unpacked with a bound: a few bytes can be packed gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator

MAX_PAGE_BYTES = 1 << 20
"""Of a page unpacked; what is longer is cut there."""
WINDOWS = {"gzip": 31, "x-gzip": 31, "deflate": 15}
"""By content coding: what zlib must be told of it."""


class NotRead(Exception):
    """A page that cannot be read, or is none. The text says why, for the log."""


async def bounded(chunks: AsyncIterator[bytes], coding: str, limit: int = MAX_PAGE_BYTES) -> bytes:
    """The first `limit` bytes, unpacked; NotRead for a coding that we did not ask for, or that is broken."""
    if coding not in WINDOWS and coding not in ("", "identity"):
        raise NotRead("unknown coding")
    packed = zlib.decompressobj(WINDOWS[coding]) if coding in WINDOWS else None
    body = bytearray()
    raw = 0
    async for chunk in chunks:
        raw += len(chunk)
        try:
            body += chunk if packed is None else packed.decompress(chunk, limit - len(body))
        except zlib.error:
            raise NotRead("broken coding") from None
        if len(body) >= limit or raw >= limit:
            break
    return bytes(body[:limit])
