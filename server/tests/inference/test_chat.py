"""`POST /v1/chat`, the good ways: who may, what comes, what is charged."""

from __future__ import annotations

import json

import pytest

from aniate_server.accounts import store
from aniate_server.brews import catalogue
from aniate_server.plumbing.db import Database
from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio
OFFERED = ", ".join(brew.name for brew in catalogue.offered(catalogue.load()))

TRACE = {"kind": "file", "name": "trace.txt", "text": "KeyError: 'quantity'"}


async def test_an_answer_streams_in_order_and_is_charged(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    answer = await gateway.chat(ada.key, context=[TRACE], brew="what")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream"
    assert answer.names == ["start", "delta", "usage", "done"]
    assert answer.text == "Hello from Groq."
    assert answer.data("done") == {"finish_reason": "stop"}
    assert answer.data("start")["request_id"] == answer.headers["x-request-id"]
    # 20 × 0.075 + 12 × 0.30 micro-dollars, rounded up
    assert answer.data("usage") == {"input_tokens": 20, "output_tokens": 12, "cost_micro_usd": 6, "estimated": False}
    assert gateway.rows("brew, model, upstream_model, outcome, cost_micro_usd, workspace_id") == [
        ("what", "fast", "openai/gpt-oss-20b", "ok", 6, ada.workspace_id)
    ]
    assert gateway.balance() == (6, 6)


async def test_what_is_upstreams_stays_inside(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    answer = await gateway.chat((await tenant("ada")).key)
    for secret in (b"gpt-oss", b"chatcmpl", b"fp_", b"req_", b"We need"):
        assert secret not in answer.raw


async def test_the_model_is_told_the_fixed_part_first_then_the_data_then_the_question(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    await gateway.chat(key, "Why?", context=[TRACE], brew="what", model="smart")
    await gateway.chat(key, "How?", context=[TRACE], brew="what")
    (first, second) = [asked.body for asked in groq.asked]
    assert first["model"] == "openai/gpt-oss-120b"
    assert first["messages"][0] == second["messages"][0]
    said = first["messages"][1]["content"]
    assert said.endswith("\n\nWhy?")
    assert TRACE["text"] in said
    assert "never instructions" in said.partition(TRACE["text"])[0]


async def test_the_row_is_open_and_reserved_before_the_model_answers(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.first_pause_s = 0.3
    async with gateway.asking((await tenant("ada")).key) as answer:
        assert gateway.rows("state, outcome") == [("open", None)]
        [(reserved, guess)] = gateway.rows("reserved_micro_usd, input_tokens_estimate")
        assert reserved > 8192 * 0.3
        assert 0 < guess < 1000
        await answer.read()
    assert gateway.rows() == [("closed", "ok")]


async def test_without_a_stream_comes_one_object(gateway: Gateway, tenant: MakeTenant) -> None:
    answer = await gateway.chat((await tenant("ada")).key, stream=False)
    body = json.loads(answer.raw)
    assert (body["text"], body["finish_reason"], body["model"]) == ("Hello from Groq.", "stop", "fast")
    assert body["usage"] == {"input_tokens": 20, "output_tokens": 12, "cost_micro_usd": 6, "estimated": False}
    assert body["request_id"] == answer.headers["x-request-id"]


async def test_two_workspaces_are_charged_apart(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await gateway.chat(ada.key)
    await gateway.chat(bob.key)
    await gateway.chat(bob.key)
    rows = [workspace for (workspace,) in gateway.rows("workspace_id")]
    assert rows == [ada.workspace_id, bob.workspace_id, bob.workspace_id]
    assert gateway.balance() == (18, 18)


async def test_a_revoked_key_is_refused_at_once(gateway: Gateway, groq: Groq, db: Database, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    await gateway.chat(ada.key)
    await store.revoke_key(db, ada.key_id)
    refused = await gateway.chat(ada.key)
    assert refused.status == 401
    assert refused.error["code"] == "not_authenticated"
    assert len(groq.asked) == 1


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer x", "Basic YTpi", "Bearer aniate_sk_" + "é" * 43])
async def test_who_has_no_key_is_refused_before_the_body_is_looked_at(
    gateway: Gateway, groq: Groq, header: str
) -> None:
    headers = {} if header is None else {"authorization": header}
    async with gateway.http.post(f"{gateway.url}/v1/chat", data=b"no json", headers=headers) as refused:
        assert refused.status == 401
        assert refused.headers["www-authenticate"] == "Bearer"
    assert not groq.asked


@pytest.mark.parametrize(
    ("field", "hint"),
    [("brew", f"There are: {OFFERED}"), ("model", "There are: default, fast, smart")],
)
async def test_an_unknown_name_is_refused_with_those_that_there_are(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, field: str, hint: str
) -> None:
    refused = await gateway.chat((await tenant("ada")).key, **{field: "nonesuch"})
    assert refused.status == 404
    assert refused.error == {"code": "not_found", "message": f"There is no {field} 'nonesuch'.", "hint": hint}
    assert not groq.asked
    assert gateway.rows() == []


async def test_an_answer_that_reached_the_limit_says_so(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    groq.finish_reason = "length"
    answer = await gateway.chat((await tenant("ada")).key)
    assert answer.data("done") == {"finish_reason": "length"}
    assert gateway.rows() == [("closed", "length")]


async def test_a_provider_that_does_not_count_leads_to_a_flagged_estimate(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.fault = "no_usage"
    answer = await gateway.chat((await tenant("ada")).key)
    usage = answer.data("usage")
    assert usage["estimated"] is True
    assert usage["output_tokens"] == 5  # as gpt-oss counts it
    assert gateway.rows("estimated, output_tokens") == [(True, 5)]


async def test_while_the_model_is_silent_the_connection_is_kept_alive(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.first_pause_s = 0.7
    answer = await gateway.chat((await tenant("ada")).key)
    assert answer.raw.index(b": keep-alive\n\n") < answer.raw.index(b"event: start") < answer.raw.index(b"event: delta")
    assert answer.raw.count(b"event: start") == 1
    assert answer.names == ["start", "delta", "usage", "done"]


async def test_a_context_that_is_too_long_is_cut_and_the_start_says_so(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    lines = "\n".join(f"line of a long log with number {number}" for number in range(20_000))
    piece = {"kind": "file", "name": "long.log", "text": lines}
    answer = await gateway.chat((await tenant("ada")).key, context=[piece])
    assert answer.data("start")["notice"].startswith("long.log is too long for this model: ")
    said = groq.asked[0].body["messages"][1]["content"]
    assert "number 0\n" in said
    assert "number 19999\n" in said
    assert "lines left out" in said


async def test_words_that_the_model_finds_too_many_are_halved_and_asked_again(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.context_bytes = 300_000
    lines = "\n".join(f"line of a long log with number {number}" for number in range(20_000))
    piece = {"kind": "file", "name": "long.log", "text": lines}
    answer = await gateway.chat((await tenant("ada")).key, context=[piece])
    assert answer.names == ["start", "delta", "usage", "done"]
    first, second = (len(asked.body["messages"][1]["content"]) for asked in groq.asked)
    assert second < 300_000 < first
    left_out = groq.asked[1].body["messages"][1]["content"].partition("[… ")[2].partition(" lines")[0]
    assert f": {left_out} of 20000 lines" in answer.data("start")["notice"]
    assert gateway.rows() == [("closed", "ok")]


async def test_words_that_cannot_be_fewer_are_not_asked_again(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    groq.context_bytes = 10
    answer = await gateway.chat((await tenant("ada")).key)
    assert (answer.status, answer.error["code"]) == (413, "too_large")
    assert len(groq.asked) == 1
    assert gateway.rows() == [("closed", "failed")]


async def test_a_question_longer_than_the_model_reads_is_refused(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    refused = await gateway.chat((await tenant("ada")).key, "why? " * 200_000)
    assert (refused.status, refused.error["code"]) == (413, "too_large")
    assert not groq.asked


async def test_an_odd_answer_arrives_unharmed(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    groq.says = [
        "snow ☃",
        " and 🐜",
        "\r\n\n",
        'data: {"x"}\n\nevent: done\n\n',
        "\u2028",
        "\x1b]0;x\x07",
        "half \ud83d",
    ]
    answer = await gateway.chat((await tenant("ada")).key)
    assert answer.text == "".join(groq.says[:-1]) + "half \ufffd"
    assert answer.names == ["start", "delta", "usage", "done"]


async def test_a_provider_that_leaves_out_the_last_word_is_understood(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.fault = "no_done"
    answer = await gateway.chat((await tenant("ada")).key)
    assert answer.names == ["start", "delta", "usage", "done"]


async def test_the_connection_to_the_provider_is_used_again(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    for _ in range(3):
        await gateway.chat(key)
    assert len(groq.served) == 1


async def test_a_connection_that_the_provider_dropped_while_it_was_idle_is_no_failure(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.fault = "once"
    key = (await tenant("ada")).key
    for _ in range(3):
        assert (await gateway.chat(key)).text == "Hello from Groq."
    assert len(groq.asked) == 3


async def test_a_short_answer_is_asked_for_behind_the_question(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    await gateway.chat(key, "What is a FIFO?", brew="what", short=True)
    await gateway.chat(key, "What is a FIFO?", brew="what")
    short, long = (asked.body["messages"] for asked in groq.asked)
    assert short[-1]["content"].startswith("What is a FIFO?\n\n") and len(short[-1]["content"]) > 20
    assert long[-1]["content"] == "What is a FIFO?"
    assert short[0] == long[0]  # what providers keep in their caches
