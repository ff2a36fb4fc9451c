"""A brew on whose answer the client acts: what is asked of the provider, and what becomes of an answer without form."""

from __future__ import annotations

import json

import pytest

from aniate_server.inference.answer import warm
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving

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
    assert answer.error["message"] == "The model did not find the form that this answer must have."


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
    for name in gateway.services.catalogue:
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
    assert len(groq.asked) == 3
