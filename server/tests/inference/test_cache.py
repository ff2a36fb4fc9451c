"""What was answered before is answered so again: to the same user, to the same question, at no cost."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from aniate_server.accounts import store
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.logging import configure_logging
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.cached import FREE, HEADER, ask, at_rest, kept, outcomes, sql
from server.tests.inference.gateway import Gateway, serving
from server.tests.inference.openai_client import client_with
from server.tests.inference.test_log import logged as logged

pytestmark = pytest.mark.anyio

TRACE = {"kind": "file", "name": "trace.txt", "text": "KeyError: 'quantity'"}


async def test_the_same_user_twice_is_one_question_to_the_model_and_one_charge(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    groq.says = ["Because ", "it is ☃. ", "x" * 1000]
    first = await ask(gateway, key, context=[TRACE])
    await at_rest(gateway)
    again = await ask(gateway, key, context=[TRACE])
    assert len(groq.asked) == 1
    assert first.text == again.text == "".join(groq.says)
    assert (first.headers[HEADER], again.headers[HEADER]) == ("miss", "hit")
    assert again.names == ["start", "delta", "usage", "done"]
    assert len([name for name, _ in again.listed if name == "delta"]) > 1, "it streams"
    assert again.data("done") == {"finish_reason": "stop"}
    assert again.data("usage") == FREE
    assert first.data("start")["notice"] == ""
    assert again.data("start")["notice"] == "Answered before; nothing is charged."
    assert again.data("start")["request_id"] == again.headers["x-request-id"] != first.headers["x-request-id"]
    assert gateway.rows() == [("closed", "ok")]
    assert gateway.balance() == (6, 6)
    assert await outcomes(gateway) == {"miss": 1, "hit": 1}


async def test_two_users_with_the_same_question_are_two_questions_to_the_model(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    for says, key in (("for ada", ada.key), ("for bob", bob.key)):
        groq.says = [says]
        assert (await ask(gateway, key)).text == says
        await at_rest(gateway)
    assert len(groq.asked) == 2
    assert [(await ask(gateway, key)).text for key in (ada.key, bob.key)] == ["for ada", "for bob"]
    assert len(groq.asked) == 2


async def test_two_workspaces_of_one_user_share_nothing_and_two_keys_to_one_do(
    gateway: Gateway, groq: Groq, db: Database, tenant: MakeTenant
) -> None:
    ada = await tenant("ada")
    elsewhere = await store.create_workspace(db, "another", ada.user_id)
    _, other_key = await store.create_key(db, elsewhere, ada.user_id, "test")
    _, second_key = await store.create_key(db, ada.workspace_id, ada.user_id, "test")
    for key, count in ((ada.key, 1), (other_key, 2), (second_key, 2)):
        await ask(gateway, key)
        await at_rest(gateway)
        assert len(groq.asked) == count
    assert gateway.rows("workspace_id") == [(ada.workspace_id,), (elsewhere,)]


OTHERWISE: list[dict[str, Any]] = [
    {"text": "Why? "},
    {"text": "why?"},
    {"model": "smart"},
    {"brew": "what"},
    {"context": []},
    {"context": [TRACE, TRACE]},
    {"context": [{**TRACE, "name": "other.txt"}]},
    {"context": [{**TRACE, "kind": "stdin"}]},
    {"context": [{**TRACE, "text": "KeyError: 'quantity' "}]},
    {"text": "Why?trace.txt", "context": [{**TRACE, "name": ""}]},
]


async def test_whatever_differs_is_another_question(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    usual: dict[str, Any] = {"text": "Why?", "context": [TRACE], "brew": "ask"}
    for number, other in enumerate([{}, *OTHERWISE], 1):
        await ask(gateway, key, **{**usual, **other})
        assert len(groq.asked) == number, other
    await at_rest(gateway)
    for other in OTHERWISE:
        assert (await ask(gateway, key, **{**usual, **other})).headers[HEADER] == "hit"


async def test_other_words_or_parameters_of_ours_are_another_question(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key, brews = (await tenant("ada")).key, gateway.services.catalogue
    assert isinstance(brews, dict)
    changes: list[dict[str, Any]] = [{}, {"prompt_version": "new"}, {"temperature": 0.9}]
    for number, change in enumerate(changes, 1):
        brews["ask"] = dataclasses.replace(brews["ask"], **change)
        assert (await ask(gateway, key)).headers[HEADER] == "miss"
        await at_rest(gateway)
        assert len(groq.asked) == kept(gateway) == number


async def test_a_model_that_is_another_behind_the_same_name_is_asked(
    groq: Groq, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    key, models = (await tenant("ada")).key, ["openai/gpt-oss-20b", "openai/gpt-oss-120b"]
    for model in models:
        async with serving(db, database, Provider("groq", groq.base_url, KEY)) as gateway:
            sql(gateway, "update inference.models set upstream_model = %s where alias = 'fast'", model)
            assert (await ask(gateway, key)).headers[HEADER] == "miss"
    assert [asked.body["model"] for asked in groq.asked] == models


async def test_a_conversation_an_assistant_and_programs_are_answered_anew_each_time(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    ada = await tenant("ada")
    text = {"prompt": "Be brief.", "model": "default", "summary": ""}
    headers = {"authorization": f"Bearer {ada.key}", "if-none-match": "*"}
    async with gateway.http.put(f"{gateway.url}/v1/assistants/coder", json=text, headers=headers) as made:
        assert made.status < 300
    turns = [{"role": "user", "content": "A"}, {"role": "assistant", "content": "B"}, {"role": "user", "content": "C"}]
    for fields in ({"messages": turns}, {"assistant": "coder"}, {"brew": "chat"}):
        answers = [await ask(gateway, ada.key, **fields) for _ in range(2)]
        assert all(HEADER not in answer.headers for answer in answers)
    async with client_with(gateway, ada.key) as client:
        for _ in range(2):
            await client.chat.completions.create(model="default", messages=[{"role": "user", "content": "Why?"}])
    assert len(groq.asked) == 8
    assert kept(gateway) == 0


async def test_no_cache_asks_anew_and_keeps_the_new_answer(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    for says, wish in (("old", None), ("new", "max-age=0, No-Cache")):
        groq.says = [says]
        assert (await ask(gateway, key, cache_control=wish)).text == says
        await at_rest(gateway)
    again = await ask(gateway, key)
    assert (again.text, again.headers[HEADER], len(groq.asked)) == ("new", "hit", 2)


async def test_no_store_neither_reads_nor_keeps(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    groq.says = ["first"]
    assert HEADER not in (await ask(gateway, key, cache_control="no-store")).headers
    assert kept(gateway) == 0
    await ask(gateway, key)
    await at_rest(gateway)
    groq.says = ["second"]
    assert (await ask(gateway, key, cache_control="no-cache, no-store")).text == "second"
    assert (await ask(gateway, key)).text == "first"


async def test_it_can_be_switched_off(groq: Groq, db: Database, database: TestDatabase, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    async with serving(db, database, Provider("groq", groq.base_url, KEY), answers_kept=False) as gateway:
        answers = [await ask(gateway, key) for _ in range(2)]
        assert all(HEADER not in answer.headers for answer in answers)
        assert (len(groq.asked), kept(gateway)) == (2, 0)


def test_the_switch_has_two_positions() -> None:
    assert Settings.from_environment({}).answers_kept
    assert not Settings.from_environment({"ANIATE_CACHE": "off"}).answers_kept
    with pytest.raises(SetupError, match="ANIATE_CACHE is neither on nor off"):
        Settings.from_environment({"ANIATE_CACHE": "no"})


async def test_a_hit_comes_without_a_stream_too_and_from_an_answer_that_had_one(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant("ada")).key
    await ask(gateway, key)
    await at_rest(gateway)
    again = await ask(gateway, key, stream=False)
    body = json.loads(again.raw)
    assert (body["text"], body["finish_reason"], body["model"]) == ("Hello from Groq.", "stop", "fast")
    assert (body["usage"], again.headers[HEADER], len(groq.asked)) == (FREE, "hit", 1)


async def test_an_odd_answer_arrives_unharmed_again(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    groq.says = ["☃ 🐜" * 300, "\r\n\n", 'data: {"x"}\n\nevent: done\n\n', "\u2028", "\x1b]0;x\x07", "half \ud83d"]
    first = await ask(gateway, key)
    await at_rest(gateway)
    again = await ask(gateway, key)
    assert first.text == again.text == "".join(groq.says[:-1]) + "half \ufffd"
    assert (again.names, again.headers[HEADER]) == (["start", "delta", "usage", "done"], "hit")


async def test_where_limits_are_used_up_a_hit_still_comes_and_is_not_counted(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    key = (await tenant(plan="enterprise")).key
    await ask(gateway, key)
    sql(gateway, "insert into limits.allowances values ('enterprise', 'workspace', 'requests_day', 1)")
    await at_rest(gateway)
    before = sql(gateway, "select * from limits.meters order by scope")
    assert (await ask(gateway, key, "How?")).error["code"] == "limit_reached"
    again = await ask(gateway, key)
    assert (again.status, again.data("usage"), again.headers[HEADER]) == (200, FREE, "hit")
    assert sql(gateway, "select * from limits.meters order by scope") == before
    assert len(gateway.rows()) == len(groq.asked) == 1


async def test_who_may_not_ask_gets_no_hit(gateway: Gateway, db: Database, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    await ask(gateway, ada.key)
    await at_rest(gateway)
    await store.revoke_key(db, ada.key_id)
    assert (await ask(gateway, ada.key)).status == 401


async def test_what_did_not_fit_is_told_again(gateway: Gateway, tenant: MakeTenant) -> None:
    key = (await tenant("ada", "enterprise")).key
    piece = {"kind": "file", "name": "long.log", "text": "a line of a long log\n" * 30_000}
    first = (await ask(gateway, key, context=[piece])).data("start")["notice"]
    await at_rest(gateway)
    again = (await ask(gateway, key, context=[piece])).data("start")["notice"]
    assert first.startswith("long.log is too long for this model: ")
    assert again == f"Answered before; nothing is charged. {first}"


async def test_the_log_says_cached_and_not_what(
    gateway: Gateway, tenant: MakeTenant, logged: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json")
    ada = await tenant("ada")
    await ask(gateway, ada.key, "WORD")
    await at_rest(gateway)
    await ask(gateway, ada.key, "WORD")
    log = capsys.readouterr().err
    line = json.loads(log.splitlines()[-1])
    assert (line["outcome"], line["brew"], line["model"]) == ("cached", "ask", "fast")
    assert line["workspace_id"] == str(ada.workspace_id)
    assert not {"cost_micro_usd", "code", "input_tokens"} & line.keys()
    assert "WORD" not in log
