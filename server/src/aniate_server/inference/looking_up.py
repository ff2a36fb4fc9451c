"""Pages for the brews that search: looked for between admission and the model, held against the answer at its end.

The row is open by then, with room for the pages in its reservation: a search is never made for who may not ask, and
one that fails closes the row at nothing. See docs/decisions/0016-search-and-citations.md.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from aniate.wire import ContextPiece, Source, Unsupported
from aniate_server.brews.compose import Composed
from aniate_server.brews.fence import defused
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.reader import Reader
from aniate_server.inference.services import Services
from aniate_server.plumbing.errors import NoSearch
from aniate_server.search.claims import cited_in, judged
from aniate_server.search.dates import headed
from aniate_server.search.pages import Page
from aniate_server.search.passages import extract

PAGES_BYTES = 24_000
"""Of all pages together, marks included."""
AROUND_BYTES = 700
"""More than the marks, the sentence and the name around one page are."""
LEAST_BYTES = 400
MAX_SENTENCE = 1000
"""Characters of a sentence, as it is told."""
BYTES_PER_TOKEN = 2
"""Of what a model can read, that much is filled with pages: half or so, since small models read slowly, and what is
too much is cut by `compose`, blindly."""


async def may_search(exchange: Exchange, services: Services) -> None:
    """Refuse what needs pages where there are none to be had."""
    if exchange.brew.searches and services.search is None:
        raise NoSearch


def room_for_pages(said: Composed) -> Composed:
    """The words as they are counted before the pages are there."""
    return replace(said, bytes=said.bytes + PAGES_BYTES)


async def look_up(exchange: Exchange, services: Services, reader: Reader) -> None:
    """Find the pages, which must then be composed with the rest; SearchFailed if there are none."""
    request, search = exchange.request, services.search
    if not exchange.brew.searches or search is None or request.with_pages is None:
        return
    exchange.pages = await search.pages(request.asked, reader.status)
    room = room_each(exchange)
    pieces = tuple(piece_of(page, request.asked, room) for page in exchange.pages)
    exchange.request = replace(request, words=request.with_pages(pieces))


def room_each(exchange: Exchange) -> int:
    """Bytes of text for each page: an equal share of what the model can read beside the rest."""
    model, many = exchange.model, len(exchange.pages)
    rest = exchange.said.estimated_tokens - PAGES_BYTES // 4
    fits = (model.context_tokens - exchange.max_output_tokens - rest) * BYTES_PER_TOKEN
    return max(min(PAGES_BYTES, fits) // many - AROUND_BYTES, LEAST_BYTES)


def piece_of(page: Page, question: str, room_bytes: int) -> ContextPiece:
    """A page as it is shown to the model: its number and name, and what of it the question is about."""
    name = " ".join(filter(None, [f"[{page.n}]", page.title[:100], page.date]))
    return ContextPiece("page", name, extract(defused(page.text), question, room_bytes))


async def cite(exchange: Exchange, services: Services, reader: Reader) -> None:
    """Tell which pages the answer draws on, and which of its sentences they do not hold."""
    if not exchange.pages:
        return
    text = "".join(exchange.texts)
    cited, pages = cited_in(text), {page.n: page.text for page in exchange.pages}
    dated = {page.n: headed(page.title, page.date, page.text) for page in exchange.pages}
    verdicts = await asyncio.to_thread(judged, text, pages, dated)  # a long answer over long pages takes a while
    for verdict in verdicts:
        services.metrics.search.sentences[verdict.reason or "supported",].inc()
    sources = tuple(Source(page.n, page.title, page.url, page.n in cited) for page in exchange.pages)
    unsupported = tuple(
        Unsupported(each.text[:MAX_SENTENCE], each.reason, each.told_by) for each in verdicts if each.reason
    )
    await reader.cited(sources, unsupported)
