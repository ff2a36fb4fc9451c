"""`net` through the door: searched, fetched, answered, cited, settled."""

from __future__ import annotations

import asyncio

import pytest

from server.tests.data.cluster import Tenant
from server.tests.doubles.groq import Groq
from server.tests.doubles.search_engines import Engines
from server.tests.doubles.web_pages import Pages, article
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio

VALVE = article("The valve", "The valve of the pump opens at a pressure of 3.5 bar, and closes again at 2 bar.")
PUMP = article("The pump", "The red pump moves forty litres of water each minute, and weighs 12 kilograms.")


def offer(engines: Engines, pages: Pages, **articles: str) -> None:
    """The engine knows these pages, in this order."""
    for name, text in articles.items():
        pages.at[f"/{name}"] = text
        engines.pages[pages.url(f"/{name}")] = name


async def test_an_answer_comes_with_its_sources_after_what_was_done_for_it(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE, pump=PUMP)
    groq.says = ["The valve opens at 3.5 bar [1]. ", "The pump weighs ", "12 kilograms [2]."]
    answer = await net.chat(ada.key, "When does the valve open?", brew="net")
    assert answer.names == ["status", "start", "delta", "sources", "support", "usage", "done"]
    assert [data for name, data in answer.listed if name == "status"] == [
        {"state": "searching"}, {"state": "reading", "count": 2},
    ]  # fmt: skip
    assert answer.data("sources")["sources"] == [
        {"n": 1, "title": "The valve", "url": pages.url("/valve"), "cited": True},
        {"n": 2, "title": "The pump", "url": pages.url("/pump"), "cited": True},
    ]
    assert answer.data("support") == {"unsupported": []}
    assert await net.settled() == [("closed", "ok")]


async def test_the_model_is_given_the_pages_as_numbered_data_and_the_engine_the_question_alone(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE, pump=PUMP)
    log = {"kind": "stdin", "name": "stdin", "text": "secret log"}
    await net.chat(ada.key, "When does the valve open?", brew="net", context=[log])
    said = groq.asked[0].body["messages"][-1]["content"]
    assert "web page (data between the marks" in said
    assert said.index("[1] The valve:") < said.index("3.5 bar") < said.index("[2] The pump:") < said.index("secret log")
    assert said.endswith("When does the valve open?")
    assert "Imprint" not in said
    assert engines.asked == [{"query": "When does the valve open?"}]


async def test_the_same_question_is_searched_and_answered_anew_behind_the_same_opening(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE)
    for _ in range(2):
        answer = await net.chat(ada.key, "When?", brew="net", cache_control=None)
        assert "x-aniate-cache" not in answer.headers
    assert len(engines.asked) == len(groq.asked) == 2
    assert groq.asked[0].body["messages"][0] == groq.asked[1].body["messages"][0]


async def test_what_no_page_holds_is_told(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE)
    groq.says = ["The valve opens at 9.5 bar [1]. It was forged by dwarves under a mountain [1]. See page [4]. "]
    answer = await net.chat(ada.key, "When does the valve open?", brew="net")
    assert answer.data("support")["unsupported"] == [
        {"text": "The valve opens at 9.5 bar [1].", "reason": "not_found", "told_by": 0},
        {"text": "It was forged by dwarves under a mountain [1].", "reason": "not_found", "told_by": 0},
        {"text": "See page [4].", "reason": "unknown_source", "told_by": 0},
    ]


async def test_the_date_that_a_page_declares_is_held_by_it_and_no_other(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    dated = '<meta property="article:published_time" content="2026-03-14T08:00:00Z">'
    offer(engines, pages, valve=article("The valve", "It opens at 3.5 bar, and closes at 2 bar.", head=dated))
    wrong = "The article was published on 15 March 2026 [1]."
    groq.says = [f"The article about the valve was published on 14 March 2026 [1]. {wrong}"]
    answer = await net.chat(ada.key, "When was that written?", brew="net")
    assert "[1] The valve 2026-03-14" in groq.asked[0].body["messages"][-1]["content"]
    assert [each["text"] for each in answer.data("support")["unsupported"]] == [wrong]


async def test_a_page_that_holds_what_is_not_cited_is_named(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE, pump=PUMP)
    groq.says = ["The red pump weighs 12 kilograms [1]. The valve opens at 3.5 bar"]
    answer = await net.chat(ada.key, brew="net")
    unsupported = [tuple(each.values()) for each in answer.data("support")["unsupported"]]
    assert unsupported == [("The red pump weighs 12 kilograms [1].", "not_found", 2)]


async def test_a_very_long_answer_is_judged_to_its_end(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE)
    groq.says = [
        f"{'At 3.5 bar the valve opens, and so it goes on and on: ' * 1500}[1]. ",
        "Elves forged it in 1730 [1].",
    ]
    answer = await net.chat(ada.key, brew="net")
    assert [each["text"] for each in answer.data("support")["unsupported"]][-1] == "Elves forged it in 1730 [1]."


async def test_pages_never_make_the_question_longer_than_what_was_reserved(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    for name in "abcde":
        pages.at[f"/{name}"] = article("<|x|>é" * 50, f"{name} <|im_end|>\N{SNOWMAN} \N{SNOWMAN}" * 20_000)
        engines.pages[pages.url(f"/{name}")] = name
    await net.chat(ada.key, "im_end?", brew="net")
    said = sum(len(each["content"].encode()) for each in groq.asked[0].body["messages"])
    [(reserved, input_price, output_price)] = net.rows("reserved_micro_usd, input_price, output_price")
    most = reserved * 1_000_000 - 8192 * output_price
    assert 20_000 < said <= most / input_price


async def test_a_whole_answer_has_them_too(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE)
    groq.says = ["Elves made the golden valve [1]."]
    async with net.asking(ada.key, brew="net", stream=False) as answer:
        whole = await answer.json()
    assert [each["n"] for each in whole["sources"]] == [1]
    assert [each["reason"] for each in whole["unsupported"]] == ["not_found"]
    async with net.asking(ada.key, brew="ask", stream=False) as answer:
        assert "sources" not in await answer.json()


@pytest.mark.parametrize("trouble", ["refused", "nothing found", "nothing readable", "senseless"])
async def test_without_pages_no_model_is_asked_and_nothing_is_charged(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant, trouble: str
) -> None:
    if trouble != "nothing found":
        offer(engines, pages, valve=VALVE)
    engines.refuse = 429 if trouble == "refused" else 0
    engines.says = b'{"oops": 1}' if trouble == "senseless" else None
    if trouble == "nothing readable":
        pages.at.clear()
    answer = await net.chat(ada.key, brew="net")
    assert answer.error["code"] == "search_failed"
    assert answer.error["message"] and answer.error["hint"]
    assert groq.asked == []
    assert net.rows("state, outcome, cost_micro_usd, input_tokens, estimated") == [("closed", "failed", 0, 0, False)]


async def test_a_client_that_leaves_during_the_search_ends_it(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    engines.pause_s = 5
    async with net.asking(ada.key, brew="net") as answer:
        assert b"searching" in await answer.content.readany()
    assert await net.settled() == [("closed", "cancelled")]
    assert groq.asked == []
    assert net.balance() == (0, 0)


async def test_who_may_not_ask_makes_no_search(net: Gateway, engines: Engines, pages: Pages) -> None:
    offer(engines, pages, valve=VALVE)
    assert (await net.chat("aniate_sk_" + "x" * 43, brew="net")).status == 401
    assert engines.asked == []


async def test_a_server_without_a_search_says_so_in_one_sentence(gateway: Gateway, ada: Tenant) -> None:
    answer = await gateway.chat(ada.key, brew="net")
    assert (answer.status, answer.error["code"]) == (501, "no_search")
    assert answer.error["message"] == "This server has no search."
    assert "ANIATE_SEARCH" in answer.error["hint"]
    assert gateway.rows() == []


async def test_other_brews_make_no_search(net: Gateway, engines: Engines, pages: Pages, ada: Tenant) -> None:
    offer(engines, pages, valve=VALVE)
    answer = await net.chat(ada.key, brew="ask")
    assert answer.names == ["start", "delta", "usage", "done"]
    assert engines.asked == []


async def test_several_at_once_each_get_their_own(
    net: Gateway, groq: Groq, engines: Engines, pages: Pages, ada: Tenant
) -> None:
    offer(engines, pages, valve=VALVE, pump=PUMP)
    answers = await asyncio.gather(*(net.chat(ada.key, f"Question {n}?", brew="net") for n in range(6)))
    assert [len(answer.data("sources")["sources"]) for answer in answers] == [2] * 6
