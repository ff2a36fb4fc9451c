"""Four search engines over real HTTP on a real port, in the shapes that their documentation shows.

SearXNG's answer has the fields of a running SearX, beside which `test_searx.py` holds it; the others' are from
api-dashboard.search.brave.com/app/documentation/web-search, docs.tavily.com (POST /search) and docs.exa.ai (POST
/search). Fields that nobody of ours reads are there, since an adapter must step over them.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

KEY = "key-of-the-double"
PATHS = {"searxng": "/searxng", "brave": "/brave", "tavily": "/tavily", "exa": "/exa"}


@dataclass
class Engines:
    """What they know is in `pages`: title by address. `asked` remembers each question."""

    pages: dict[str, str] = field(default_factory=dict)
    asked: list[dict[str, Any]] = field(default_factory=list)
    refuse: int = 0
    """The status that every question is answered with, if it is not 0."""
    says: bytes | None = None
    """What every question is answered with."""
    pause_s: float = 0.0
    url: str = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Engines]:
        """Listen on a free port of the loopback."""
        app = web.Application()
        app.router.add_get("/searxng/search", self.searxng)
        app.router.add_get("/brave/res/v1/web/search", self.brave)
        app.router.add_post("/tavily/search", self.tavily)
        app.router.add_post("/exa/search", self.exa)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    def base_url(self, engine: str) -> str:
        """Where that engine is."""
        return self.url + PATHS[engine]

    async def searxng(self, request: web.Request) -> web.Response:
        """`GET /search`; a format that is not switched on is forbidden."""
        if request.query.get("format") != "json":
            return web.Response(status=403, text="Forbidden")
        results = [
            {
                "url": url,
                "title": title,
                "content": f"About {title}",
                "engine": "local",
                "parsed_url": ["http", "127.0.0.1", "/", "", "", ""],
                "engines": ["local"],
                "positions": [at],
                "score": 1.0 / at,
                "category": "general",
                "pretty_url": url,
            }
            for at, (url, title) in enumerate(self.pages.items(), 1)
        ]
        more: dict[str, Any] = {
            "number_of_results": 0, "answers": [], "corrections": [], "infoboxes": [], "suggestions": [],
            "unresponsive_engines": [],
        }  # fmt: skip
        return await self.answer(request.query["q"], {"query": request.query["q"], "results": results, **more})

    async def brave(self, request: web.Request) -> web.Response:
        """`GET /res/v1/web/search`, by a token in a header; without results there is no `web`."""
        if request.headers.get("x-subscription-token") != KEY:
            error = {"id": "0", "status": 422, "code": "SUBSCRIPTION_TOKEN_INVALID", "detail": "The token is invalid."}
            return web.json_response({"type": "ErrorResponse", "error": error, "time": 0}, status=422)
        query, count = request.query["q"], int(request.query["count"])
        if len(query) > 400 or len(query.split()) > 50 or count > 20:
            return web.json_response({"type": "ErrorResponse", "error": {"code": "VALIDATION"}}, status=422)
        results = [
            {
                "title": f"<strong>{title}</strong> &amp; more",
                "url": url,
                "is_source_local": False,
                "is_source_both": False,
                "description": f"About <strong>{title}</strong>",
                "page_age": "2026-01-02T03:04:05",
                "profile": {"name": "Example", "url": url, "long_name": "example.com", "img": "https://imgs.example/x"},
                "language": "en",
                "family_friendly": True,
                "type": "search_result",
                "subtype": "generic",
                "meta_url": {"scheme": "https", "netloc": "example.com", "hostname": "example.com", "path": "› x"},
                "age": "January 2, 2026",
            }
            for url, title in list(self.pages.items())[:count]
        ]
        found = {"web": {"type": "search", "results": results, "family_friendly": True}} if results else {}
        whole = {"type": "search", "query": {"original": query, "more_results_available": False}, "mixed": {}, **found}
        return await self.answer(query, whole)

    async def tavily(self, request: web.Request) -> web.Response:
        """`POST /search`, by a bearer token."""
        if request.headers.get("authorization") != f"Bearer {KEY}":
            detail = {"error": "Unauthorized: missing or invalid API key."}
            return web.json_response({"detail": detail}, status=401)
        asked = await request.json()
        results = [
            {"title": title, "url": url, "content": f"About {title}", "score": 0.81, "raw_content": None}
            for url, title in list(self.pages.items())[: asked.get("max_results", 5)]
        ]
        more: dict[str, Any] = {
            "answer": None,
            "images": [],
            "follow_up_questions": None,
            "response_time": 0.5,
            "request_id": "1",
        }
        return await self.answer(asked["query"], {"query": asked["query"], "results": results, **more})

    async def exa(self, request: web.Request) -> web.Response:
        """`POST /search`, by a key in a header."""
        if request.headers.get("x-api-key") != KEY:
            return web.json_response(
                {"requestId": "1", "error": "Invalid API key", "tag": "INVALID_API_KEY"}, status=401
            )
        asked = await request.json()
        results = [
            {
                "id": url,
                "title": title or None,
                "url": url,
                "publishedDate": "2026-01-02T00:00:00.000Z",
                "author": None,
                "score": 0.3,
                "image": "https://example.com/x.png",
                "favicon": "https://example.com/favicon.ico",
            }
            for url, title in list(self.pages.items())[: asked.get("numResults", 10)]
        ]
        cost = {"total": 0.005, "search": {"neural": 0.005}}
        whole = {"requestId": "1", "resolvedSearchType": "neural", "results": results, "searchTime": 1.2}
        return await self.answer(asked["query"], {**whole, "costDollars": cost})

    async def answer(self, query: str, found: dict[str, Any]) -> web.Response:
        """What was found, or what was set to be said in its place."""
        self.asked.append({"query": query})
        await asyncio.sleep(self.pause_s)
        if self.refuse:
            return web.json_response({"error": "no"}, status=self.refuse)
        if self.says is not None:
            return web.Response(body=self.says, content_type="application/json")
        return web.json_response(found)
