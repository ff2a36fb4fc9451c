"""A real SearX over pages on this machine: found, fetched, cited; and the double of it beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider, SearchEngine
from server.tests.data.cluster import Tenant, TestDatabase
from server.tests.doubles import searx
from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.search_engines import Engines
from server.tests.doubles.web_pages import Pages, article, raw
from server.tests.inference.gateway import serving

pytestmark = pytest.mark.anyio


@pytest.fixture
async def instance(pages: Pages, tmp_path: Path) -> AsyncIterator[str]:
    try:
        searx.bring()
    except searx.NotHere as error:
        pytest.skip(str(error))
    pages.at |= {
        "/valve": article("The valve", "The valve of the pump opens at a pressure of 3.5 bar, and closes at 2 bar."),
        "/pump": article("The pump", "The red pump moves forty litres of water each minute, and weighs 12 kilograms."),
    }
    found = {pages.url("/valve"): "The valve", pages.url("/pump"): "The pump", pages.url("/away"): "Away"}
    pages.at["/index"] = raw(searx.listed(found), "application/json")
    async with searx.running(tmp_path, pages.url("/index")) as url:
        yield url


async def test_an_answer_is_drawn_from_what_a_real_searx_finds_and_our_double_answers_as_it_does(
    instance: str, pages: Pages, engines: Engines, groq: Groq, db: Database, database: TestDatabase, ada: Tenant
) -> None:
    allow = frozenset({("127.0.0.1", pages.port)})
    groq.says = ["The valve opens at 3.5 bar [1]. The pump weighs 15 kilograms [2]."]
    provider, search = Provider("groq", groq.base_url, KEY), SearchEngine("searxng", instance)
    async with serving(db, database, provider, search=search, search_allow=allow, search_readers=1) as net:
        answer = await net.chat(ada.key, "At which pressure does the valve open?", brew="net")
    assert [(each["n"], each["url"]) for each in answer.data("sources")["sources"]] == [
        (1, pages.url("/valve")), (2, pages.url("/pump")),
    ]  # fmt: skip
    assert [each["text"] for each in answer.data("support")["unsupported"]] == ["The pump weighs 15 kilograms [2]."]

    real = await asked(instance)
    engines.pages = {pages.url("/valve"): "The valve"}
    double = await asked(engines.base_url("searxng"))
    assert real.keys() == double.keys()
    assert real["results"][0].keys() == double["results"][0].keys()


async def asked(url: str) -> dict[str, Any]:
    """The answer to a search for the valve."""
    async with aiohttp.ClientSession() as http, http.get(f"{url}/search?q=valve&format=json") as answer:
        return dict(await answer.json())
