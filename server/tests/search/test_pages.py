"""Pages side by side, within bounds of time; those that fail give their places to the next."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest

from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.errors import SearchFailed
from aniate_server.plumbing.metrics import Metrics
from aniate_server.plumbing.settings import SearchEngine
from aniate_server.search.pages import Limits, Page, Search
from aniate_server.search.readers import Readers
from server.tests.doubles.search_engines import Engines
from server.tests.doubles.web_pages import Pages, article, endless, raw, redirect

pytestmark = pytest.mark.anyio


class Told:
    """What was told meanwhile."""

    def __init__(self) -> None:
        self.states: list[tuple[str, int]] = []

    async def __call__(self, state: str, count: int) -> None:
        self.states.append((state, count))


@pytest.fixture
async def search(engines: Engines, pages: Pages) -> AsyncIterator[Search]:
    opened = Search(
        SearchEngine("searxng", engines.base_url("searxng")),
        frozenset({("127.0.0.1", pages.port)}),
        SystemClock(),
        Metrics().search,
        Readers(many=1),
        limits=Limits(page_s=0.6, all_s=3.0),
    )
    yield opened
    await opened.close()


def offer(engines: Engines, pages: Pages, *names: str) -> None:
    """Pages of those names, each with words of its own."""
    for name in names:
        pages.at[f"/{name}"] = article(name, f"All about {name}, and nothing but {name}.")
        engines.pages[pages.url(f"/{name}")] = name


async def found(search: Search, question: str = "what") -> list[Page]:
    return list(await search.pages(question, Told()))


async def test_the_first_five_are_read_in_their_order(search: Search, engines: Engines, pages: Pages) -> None:
    offer(engines, pages, *"abcdefgh")
    told = Told()
    got = await search.pages("what", told)
    assert [(page.n, page.title) for page in got] == [(1, "a"), (2, "b"), (3, "c"), (4, "d"), (5, "e")]
    assert told.states == [("searching", 0), ("reading", 5)]


async def test_what_cannot_be_read_gives_its_place_to_the_next(search: Search, engines: Engines, pages: Pages) -> None:
    offer(engines, pages, *"abcdefgh")
    pages.at |= {
        "/a": raw(b"%PDF", "application/pdf"),
        "/b": redirect("http://127.0.0.1/"),
        "/c": endless(b"<p>slow ", pause_s=0.2),
    }
    del pages.at["/d"]
    assert [page.title for page in await found(search)] == ["e", "f", "g", "h"]


async def test_slow_pages_hold_up_nobody(search: Search, engines: Engines, pages: Pages) -> None:
    offer(engines, pages, *"abcdef")
    for name in "abcd":
        pages.at[f"/{name}"] = endless(b" ", pause_s=0.1)
    began = asyncio.get_running_loop().time()
    assert [page.title for page in await found(search)] == ["e", "f"]
    assert asyncio.get_running_loop().time() - began < 2.5


async def test_the_same_text_at_two_addresses_is_one_page(search: Search, engines: Engines, pages: Pages) -> None:
    offer(engines, pages, "a", "b")
    pages.at["/a2"] = pages.at["/a"]
    engines.pages[pages.url("/a2")] = "a again"
    assert sorted(page.title for page in await found(search)) == ["a", "b"]


async def test_a_search_result_that_leads_to_a_private_address_is_not_read(
    search: Search, engines: Engines, pages: Pages
) -> None:
    engines.pages = dict.fromkeys(("http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest/"), "x")
    with pytest.raises(SearchFailed, match="could be read"):
        await found(search)
    assert pages.asked == []


async def test_who_is_cancelled_leaves_nothing_under_way(search: Search, engines: Engines, pages: Pages) -> None:
    offer(engines, pages, "a")
    pages.at["/a"] = endless(b" ", pause_s=0.05)
    searching = asyncio.create_task(found(search))
    while not pages.asked:  # noqa: ASYNC110 - the double is no more than a list
        await asyncio.sleep(0.01)
    searching.cancel()
    with pytest.raises(asyncio.CancelledError):
        await searching
    await asyncio.sleep(0.2)
    assert pages.asked[0].transport is None or pages.asked[0].transport.is_closing()


async def test_names_that_nobody_answers_for_keep_no_others_from_being_found(
    search: Search, engines: Engines, pages: Pages, monkeypatch: pytest.MonkeyPatch
) -> None:
    over, looked_up = threading.Event(), socket.getaddrinfo

    def lookup(host: str, *more: Any, **named: Any) -> list[Any]:  # Any: as getaddrinfo has it
        if host.endswith(".silent.test"):
            over.wait(10)
        return looked_up(host, *more, **named)

    monkeypatch.setattr("aniate_server.search.reach.socket.getaddrinfo", lookup)
    engines.pages = {f"http://{n}.silent.test/": "Silent" for n in range(10)}
    try:
        failed = await asyncio.gather(*(found(search) for _ in range(3)), return_exceptions=True)
        assert all(isinstance(each, SearchFailed) for each in failed)
        engines.pages.clear()
        offer(engines, pages, "a")
        assert [page.title for page in await found(search)] == ["a"]
    finally:
        over.set()
