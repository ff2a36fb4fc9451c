"""Each search engine by the shape that its vendor documents, and what is said when one fails."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.errors import SearchFailed, SetupError
from aniate_server.plumbing.keys import key_of
from aniate_server.plumbing.settings import SEARCH_ENGINES, SearchEngine, Settings
from aniate_server.search.engines import ADAPTERS, Hit, hits, searched_for
from aniate_server.search.finder import Finder
from server.tests.doubles.search_engines import KEY, Engines

pytestmark = pytest.mark.anyio
PAGES = {"https://example.com/valve": "The valve", "https://example.org/pump": "The pump"}


def test_each_engine_that_may_be_set_has_an_adapter() -> None:
    assert ADAPTERS.keys() == SEARCH_ENGINES.keys()


@pytest.fixture(params=list(ADAPTERS))
async def finder(request: pytest.FixtureRequest, engines: Engines) -> AsyncIterator[Finder]:
    opened = finder_of(request.param, engines)
    yield opened
    await opened.close()


def finder_of(name: str, engines: Engines, key: str = KEY) -> Finder:
    """That engine's, quick to give up."""
    engine = SearchEngine(name, engines.base_url(name), key)
    return Finder(engine, key_of(engine, SystemClock()), search_s=0.2)


async def test_it_is_asked_and_its_pages_are_read(finder: Finder, engines: Engines) -> None:
    engines.pages = dict(PAGES)
    found = await finder.find("pumps & valves?", 10)
    assert [hit.url for hit in found] == list(PAGES)
    assert [hit.title.removesuffix(" & more") for hit in found] == list(PAGES.values())
    assert engines.asked == [{"query": "pumps & valves?"}]


async def test_no_more_pages_come_than_were_asked_for(finder: Finder, engines: Engines) -> None:
    engines.pages = {f"https://example.com/{n}": str(n) for n in range(30)}
    assert len(await finder.find("pumps", 3)) == 3


async def test_an_engine_that_finds_nothing_finds_nothing(finder: Finder, engines: Engines) -> None:
    assert await finder.find("pumps", 10) == []


@pytest.mark.parametrize("said", [b"", b"<html>", b"[]", b"null", b'{"results": 3, "web": 3}', b"[" * 100_000])
async def test_an_answer_without_sense_fails_in_one_sentence(finder: Finder, engines: Engines, said: bytes) -> None:
    engines.says = said
    with pytest.raises(SearchFailed, match=r"makes no sense\.$"):
        await finder.find("pumps", 10)


@pytest.mark.parametrize(
    ("status", "told"), [(401, "refused"), (403, "refused"), (429, "no more questions"), (500, "refused")]
)
async def test_a_refusal_fails_in_one_sentence(finder: Finder, engines: Engines, status: int, told: str) -> None:
    engines.refuse = status
    with pytest.raises(SearchFailed, match=told):
        await finder.find("pumps", 10)


async def test_an_engine_that_is_slow_fails(finder: Finder, engines: Engines) -> None:
    engines.pause_s = 3
    with pytest.raises(SearchFailed, match="in time"):
        await finder.find("pumps", 10)


@pytest.mark.parametrize("name", ["brave", "tavily", "exa"])
async def test_a_wrong_key_fails_and_stands_nowhere(name: str, engines: Engines) -> None:
    finder = finder_of(name, engines, "wrong-secret-key")
    with structlog.testing.capture_logs() as logged, pytest.raises(SearchFailed) as failed:
        await finder.find("pumps", 10)
    await finder.close()
    assert [each["engine"] for each in logged] == [name]
    assert "wrong-secret-key" not in f"{logged} {failed.value.message} {failed.value.hint} {finder!r}"


async def test_an_engine_that_is_away_fails() -> None:
    engine = SearchEngine("searxng", "http://127.0.0.1:9")
    finder = Finder(engine, key_of(engine, SystemClock()))
    with pytest.raises(SearchFailed, match="cannot be reached"):
        await finder.find("pumps", 10)
    await finder.close()


def test_a_list_of_pages_is_read_as_far_as_it_makes_sense() -> None:
    listed = [
        None, 3, {}, {"url": 3}, {"url": "javascript:alert(1)"}, {"url": "/x"},
        {"url": "https://a.test/", "title": 3}, {"url": "https://a.test/", "title": "again"},
        {"url": "https://b.test/", "title": " <b>Bold</b>\n&lt;i&gt; " + "x" * 500},
    ]  # fmt: skip
    first, second = hits(ADAPTERS["searxng"], {"results": listed}, 10)
    assert first == Hit("https://a.test/", "")
    assert second.title.startswith("Bold <i> x") and len(second.title) == 200


def test_a_long_question_is_cut_to_what_engines_take() -> None:
    assert searched_for("  why\nis it  so? ") == "why is it so?"
    assert len(searched_for("word " * 1000).split()) == 50
    assert len(searched_for("x" * 1000)) == 400


def settings(**env: str) -> Settings:
    return Settings.from_environment({"HOME": "/nowhere", **env})


def test_no_search_is_what_a_server_has_unless_it_is_set() -> None:
    assert settings(BRAVE_API_KEY="k").search is None


def test_each_engine_is_set_by_its_name() -> None:
    searxng = settings(ANIATE_SEARCH="searxng", ANIATE_SEARCH_URL="http://127.0.0.1:8888/").search
    assert searxng == SearchEngine("searxng", "http://127.0.0.1:8888")
    brave = settings(ANIATE_SEARCH="brave", BRAVE_API_KEY="k").search
    assert brave == SearchEngine("brave", "https://api.search.brave.com", "k")
    assert "k" not in repr(brave).replace("key", "")
    tavily = settings(ANIATE_SEARCH="tavily", TAVILY_API_KEY_FILE="/run/key").search
    assert tavily == SearchEngine("tavily", "https://api.tavily.com", "", Path("/run/key"))


@pytest.mark.parametrize(
    "env",
    [
        {"ANIATE_SEARCH": "altavista"},
        {"ANIATE_SEARCH": "searxng"},
        {"ANIATE_SEARCH": "searxng", "ANIATE_SEARCH_URL": "searx.example.com"},
        {"ANIATE_SEARCH": "exa"},
        {"ANIATE_SEARCH_ALLOW": "wiki.example.com"},
        {"ANIATE_SEARCH_ALLOW": "http://wiki.example.com:80"},
        {"ANIATE_SEARCH_ALLOW": "ada@wiki.example.com:80"},
    ],
)
def test_a_setting_that_makes_no_sense_is_told(env: dict[str, str]) -> None:
    with pytest.raises(SetupError):
        settings(**env)


def test_hosts_with_their_ports_may_be_allowed() -> None:
    allowed = settings(ANIATE_SEARCH_ALLOW="Wiki.example.com:8080, [::1]:80").search_allow
    assert allowed == {("wiki.example.com", 8080), ("::1", 80)}
