"""A brew on whose answer the client acts: what is asked of the provider, and what becomes of an answer without form."""

from __future__ import annotations

import json

import pytest
from multidict import CIMultiDict

from aniate_server.brews.catalogue import offered
from aniate_server.inference.answer import warm
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.logging import configure_logging
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.groq_features import Wish
from server.tests.inference.gateway import Gateway, serving
from server.tests.inference.test_log import logged as logged
from server.tests.monitoring.numbers import by, numbers

pytestmark = pytest.mark.anyio

COMMAND = '{"command": "ls", "does": "Lists files.", "touches": ""}'
FORMLESS = {"code": "upstream_failed", "hint": "Try again."}


async def test_the_provider_is_held_to_the_form_and_asked_without_a_stream(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says = [COMMAND]
    answer = await gateway.chat((await tenant("ada")).key, "List the files.", brew="shell")
    assert answer.names == ["start", "delta", "usage", "done"]
    assert answer.text == COMMAND
    assert answer.data("usage") == {"input_tokens": 20, "output_tokens": 12, "cost_micro_usd": 6, "estimated": False}
    [asked] = groq.asked
    assert asked.body["response_format"]["json_schema"]["name"] == "shell"
    assert asked.body["response_format"]["json_schema"]["strict"] is True
    assert (asked.body["stream"], "stream_options" in asked.body) == (False, False)
    assert gateway.rows() == [("closed", "ok")]


async def test_a_brew_of_free_text_is_asked_as_before(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    await gateway.chat((await tenant("ada")).key, brew="ask")
    assert groq.asked[0].body["stream"] is True
    assert "response_format" not in groq.asked[0].body


@pytest.mark.parametrize("stream", [True, False])
async def test_an_answer_without_the_form_ends_in_one_sentence_and_is_settled(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, stream: bool
) -> None:
    groq.says = ["Sure! Run ls."]
    answer = await gateway.chat((await tenant("ada")).key, brew="shell", stream=stream)
    said = "The model's answer is not of the form that it must have, so it is of no use."
    assert answer.error == {**FORMLESS, "message": said}
    assert gateway.rows("state, outcome, output_tokens") == [("closed", "failed", 12)]
    assert gateway.balance() == (6, 6)


async def test_an_answer_that_was_cut_off_says_that_it_is_too_long(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says, groq.finish_reason = [COMMAND[:20]], "length"
    answer = await gateway.chat((await tenant("ada")).key, brew="shell")
    assert answer.error["message"] == "The answer is longer than this model can write, so it is of no use."
    assert gateway.rows() == [("closed", "failed")]


async def test_a_provider_that_found_no_form_is_told_from_one_that_did_not_understand(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    refusal = {"message": "Generated JSON does not match the expected schema.", "type": "invalid_request_error"}
    groq.refuse = (400, {**refusal, "code": "json_validate_failed"}, {})
    answer = await gateway.chat((await tenant("ada")).key, brew="shell")
    assert answer.error["message"] == ("The model's answer did not keep to the schema or the tools that it was given.")


async def test_what_fails_at_its_form_is_counted_as_that(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    groq.says = ["Sure! Run ls."]
    await gateway.chat((await tenant("ada")).key, brew="shell")
    found = await numbers(gateway)
    assert by(found, "aniate_chat_upstream_errors_total", "provider", "kind") == {("groq", "off_the_rails"): 1}
    assert by(found, "aniate_chat_first_token_seconds_count") == {(): 1}


@pytest.mark.parametrize("name", ["shell", "net"])
async def test_the_guard_reads_what_has_a_form_too_and_knows_the_prompts_of_brews_that_are_not_offered(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, name: str
) -> None:
    ours = gateway.services.catalogue[name].fixed.splitlines()[2]
    groq.says = [json.dumps({"command": "ls", "does": ours, "touches": ""})]
    answer = await gateway.chat((await tenant("ada")).key, brew="shell")
    assert answer.error["code"] == "withheld"
    assert '"command": "ls"' in answer.text
    assert ours not in answer.text
    assert gateway.rows("outcome, output_tokens") == [("failed", 12)]


async def test_an_answer_in_one_piece_is_recorded_like_any_other(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, logged: None, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("json")
    await gateway.chat((await tenant("ada")).key, brew="shell")
    [line] = map(json.loads, capsys.readouterr().err.splitlines())
    assert (line["outcome"], line["brew"], line["provider_request_id"]) == ("ok", "shell", "req_01double")
    assert 0 < line["first_token_ms"] <= line["ms"]
    assert CIMultiDict(groq.asked[0].headers)["x-request-id"] == line["request_id"]


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False}
WISHED = {"type": "json_schema", "json_schema": {"name": "mine", "schema": SCHEMA}}


@pytest.mark.parametrize("stream", [True, False])
async def test_at_the_other_door_the_callers_schema_is_asked_for_in_the_same_way(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, stream: bool
) -> None:
    raw = await completed(gateway, (await tenant("ada")).key, stream=stream)
    assert '{\\"n\\": 7}' in raw
    [asked] = groq.asked
    assert (asked.body["response_format"], asked.body["stream"], "stream_options" in asked.body) == (
        WISHED,
        False,
        False,
    )
    assert gateway.rows("brew, outcome, output_tokens") == [("completions", "ok", 12)]


async def test_tools_may_be_called_in_an_answer_in_one_piece(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    groq.wishes = [Wish("weather", ('{"city":', ' "Ulm"}')), Wish("weather", ('{"city": "Bonn"}',), "fc_other")]
    tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
    raw = await completed(gateway, (await tenant("ada")).key, stream=False, tools=tools)
    choice = json.loads(raw)["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert [call["function"]["arguments"] for call in choice["message"]["tool_calls"]] == [
        '{"city": "Ulm"}',
        '{"city": "Bonn"}',
    ]


async def test_a_provider_of_which_nothing_is_known_gets_the_callers_schema_in_a_stream_and_ours_not_at_all(
    groq: Groq, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    groq.says = [COMMAND]
    key = (await tenant("ada")).key
    async with serving(db, database, Provider("other", groq.base_url, KEY, "openai/gpt-oss-20b")) as running:
        await running.chat(key, brew="shell")
        await completed(running, key, stream=False)
    ours, theirs = groq.asked
    assert (ours.body["stream"], "response_format" in ours.body) == (True, False)
    assert (theirs.body["stream"], theirs.body["response_format"]) == (True, WISHED)


async def completed(gateway: Gateway, key: str, **fields: object) -> str:
    """What a completion by that schema brings."""
    body = {"messages": [{"role": "user", "content": "Seven."}], "response_format": WISHED, **fields}
    headers = {"authorization": f"Bearer {key}"}
    async with gateway.http.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers) as answer:
        return await answer.text()


@pytest.mark.parametrize("fault", ["html", "redirect"])
async def test_an_answer_in_one_piece_that_is_none_is_told(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, fault: str
) -> None:
    groq.fault = fault
    answer = await gateway.chat((await tenant("ada")).key, brew="shell")
    assert answer.error["code"] == "upstream_failed"
    assert gateway.rows() == [("closed", "failed")]


async def test_what_opens_a_question_is_the_same_to_the_byte_whoever_asks_whatever(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says = [COMMAND]
    ada, bob = await tenant("ada"), await tenant("bob")
    diff = [{"kind": "diff", "name": "-", "text": "+1"}]
    for name, brew in gateway.services.catalogue.items():
        if brew.searches:  # there is no search here; see server/tests/search
            continue
        groq.asked.clear()
        await gateway.chat(ada.key, "One.", brew=name)
        await gateway.chat(bob.key, "Two.", brew=name, context=diff, stream=False)
        first, second = (json.dumps(each.body["messages"][0]) for each in groq.asked)
        assert first == second


async def test_the_version_in_the_usage_row_is_that_of_prompt_and_form(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says = [COMMAND]
    await gateway.chat((await tenant("ada")).key, brew="shell")
    assert gateway.rows("prompt_version") == [(gateway.services.catalogue["shell"].prompt_version,)]


async def test_only_what_users_are_offered_is_warmed(groq: Groq, db: Database, database: TestDatabase) -> None:
    async with serving(db, database, Provider("local", groq.base_url, KEY)) as running:
        groq.refuse = (404, {"message": "no such model", "type": "x", "code": "model_not_found"}, {})
        with pytest.raises(Exception, match="does not have this model"):
            await warm(running.services)
        assert len(groq.asked) == len(offered(running.services.catalogue))
