"""The search engine, asked over HTTP. The operator's settings say where it is, so its address is not looked at."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import structlog

from aniate_server.plumbing.errors import SearchFailed
from aniate_server.plumbing.keys import Key
from aniate_server.plumbing.settings import SearchEngine
from aniate_server.search.engines import ADAPTERS, Asked, Hit, hits

SEARCH_S = 8.0
MAX_ANSWER_BYTES = 4 << 20
LATER = "Try again in a moment."
OPERATOR = "Whoever runs this server finds the reason in its log."

log = structlog.get_logger()


class Finder:
    """One search engine."""

    def __init__(self, engine: SearchEngine, key: Key, *, search_s: float = SEARCH_S) -> None:
        self._engine = engine
        self._adapter = ADAPTERS[engine.name]
        self._key = key
        self._search_s = search_s
        self._session: aiohttp.ClientSession | None = None

    async def find(self, words: str, count: int) -> list[Hit]:
        """The pages that it names, best first, perhaps none. SearchFailed, which never tells the key, if it fails."""
        try:
            async with asyncio.timeout(self._search_s):
                status, body = await self._answer(self._adapter.asked(words, count, self._key.now()))
        except TimeoutError:
            raise self._failed("no answer in time", "The search engine did not answer in time.", LATER) from None
        except (aiohttp.ClientError, OSError) as error:
            reason = type(error).__name__
            raise self._failed(reason, "The search engine cannot be reached.", LATER) from None
        if status == 429:
            raise self._failed("status 429", "The search engine takes no more questions for now.", LATER)
        if status != 200:
            raise self._failed(f"status {status}", "The search engine refused the question.", OPERATOR)
        try:
            return hits(self._adapter, json.loads(body), count)
        except (ValueError, RecursionError):
            told = "The search engine's answer makes no sense."
            raise self._failed("not of the documented form", told, OPERATOR) from None

    async def close(self) -> None:
        """Give up its connections."""
        if self._session is not None:
            await self._session.close()

    async def _answer(self, asked: Asked) -> tuple[int, bytes]:
        """Status and body. A redirect is not followed: it would take the key along."""
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
        method: str = "GET" if asked.body is None else "POST"
        more: dict[str, Any] = {"params": asked.query} if asked.body is None else {"json": asked.body}  # Any: aiohttp's
        headers = {"accept": "application/json", **(asked.headers or {})}
        url = self._engine.base_url + asked.path
        async with self._session.request(method, url, headers=headers, allow_redirects=False, **more) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    return answer.status, b""
            return answer.status, bytes(body)

    def _failed(self, reason: str, told: str, hint: str) -> SearchFailed:
        log.warning("search failed", engine=self._engine.name, reason=reason)
        return SearchFailed(told, hint)
