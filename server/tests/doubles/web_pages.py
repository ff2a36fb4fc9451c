"""Pages of the web on a real port of the loopback, good ones and hostile ones."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


FILLER = (
    "The museum keeps a collection of machines that were built before the war, and lends some of them to schools.",
    "Visitors may come on any day of the week, and children pay nothing if an adult comes along with them.",
    "The guide, who worked there for many years, tells how each of them was found and brought back to life.",
)
"""What makes a page long enough to have a main text."""


def article(title: str, *paragraphs: str, head: str = "") -> str:
    """A page as pages are: what matters, among what does not."""
    body = "".join(f"<p>{each}</p>" for each in (*paragraphs, *FILLER))
    return (
        f"<!doctype html><html><head><title>{title}</title>{head}<script>var x = 'script';</script></head><body>"
        f"<nav><a href='/'>Home</a> <a href='/imprint'>Imprint</a></nav><article><h1>{title}</h1>{body}</article>"
        "<footer>All rights reserved</footer></body></html>"
    )


@dataclass
class Pages:
    """What is at a path is a page's HTML, or a function that answers. `asked` remembers who came for what."""

    at: dict[str, str | Answering] = field(default_factory=dict)
    asked: list[web.Request] = field(default_factory=list)
    port: int = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Pages]:
        """Listen on a free port of the loopback."""
        app = web.Application()
        app.router.add_get("/{path:.*}", self.page)
        runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.asked]

    def url(self, path: str, host: str = "127.0.0.1") -> str:
        """The address of a page."""
        return f"http://{host}:{self.port}{path}"

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The page, or 404."""
        self.asked.append(request)
        found = self.at.get(request.path)
        if found is None:
            return web.Response(status=404, text="There is no such page.")
        if isinstance(found, str):
            return web.Response(text=found, content_type="text/html")
        return await found(request)


def redirect(to: str, status: int = 302) -> Answering:
    """A page that is elsewhere."""

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(status=status, headers={"location": to})

    return answer


def raw(body: bytes, content_type: str = "text/html", coding: str = "") -> Answering:
    """Those bytes, with just that said of them."""
    headers = {"content-type": content_type, **({"content-encoding": coding} if coding else {})}

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, headers=headers)

    return answer


def endless(chunk: bytes, pause_s: float = 0.0, coding: str = "") -> Answering:
    """That again and again, for as long as somebody reads."""

    async def answer(request: web.Request) -> web.StreamResponse:
        headers = {"content-type": "text/html", **({"content-encoding": coding} if coding else {})}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        while True:
            await response.write(chunk)
            await asyncio.sleep(pause_s)

    return answer
