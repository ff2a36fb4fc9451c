"""`POST /v1/chat/completions` and `GET /v1/models` by the client that most programs have: OpenAI's own."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import openai
import pytest
from openai.types.chat import (
    ChatCompletionAssistantMessageParam,
    ChatCompletionContentPartRefusalParam,
    ChatCompletionContentPartTextParam,
    ChatCompletionMessageParam,
)
from pydantic import BaseModel

from aniate_server.accounts import sessions, store
from aniate_server.accounts.sessions import Machine
from aniate_server.plumbing.db import Database
from server.tests.data.cluster import Tenant
from server.tests.doubles.groq import Groq
from server.tests.doubles.groq_features import Wish
from server.tests.inference.gateway import Gateway
from server.tests.inference.openai_client import client_with

pytestmark = pytest.mark.anyio

HELLO = [{"role": "user", "content": "Say hello."}]
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOL = {"type": "function", "function": {"name": "weather", "parameters": PARAMETERS, "strict": True}}
ULM, BONN = Wish("weather", ('{"city":', ' "Ulm"}')), Wish("weather", ('{"city": "Bonn"}',), "fc_other")


async def streamed(client: Any, **fields: Any) -> list[Any]:
    """All chunks of an answer."""
    asked = {"model": "default", "messages": HELLO, **fields}
    return [chunk async for chunk in await client.chat.completions.create(stream=True, **asked)]


def text_of(chunks: list[Any]) -> str:
    return "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)


async def test_a_whole_answer_comes_and_is_charged(client: Any, gateway: Gateway, ada: Tenant) -> None:
    answer = await client.chat.completions.create(model="default", messages=HELLO)
    [choice] = answer.choices
    assert (choice.message.role, choice.message.content) == ("assistant", "Hello from Groq.")
    assert choice.finish_reason == "stop"
    usage = answer.usage
    assert (usage.prompt_tokens, usage.completion_tokens, usage.total_tokens) == (20, 12, 32)
    assert gateway.rows("brew, model, upstream_model, outcome, cost_micro_usd, workspace_id") == [
        ("completions", "fast", "openai/gpt-oss-20b", "ok", 6, ada.workspace_id)
    ]
    assert gateway.balance() == (6, 6)


async def test_an_answer_streams_and_is_charged(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.pause_s = 0.02
    chunks = await streamed(client, model="smart")
    assert text_of(chunks) == "Hello from Groq."
    assert len([chunk for chunk in chunks if text_of([chunk])]) == 4
    assert chunks[0].choices[0].delta.role == "assistant"
    assert [chunk.choices[0].finish_reason for chunk in chunks if chunk.choices[0].finish_reason] == ["stop"]
    assert gateway.rows("brew, model, state, outcome") == [("completions", "smart", "closed", "ok")]


async def test_the_synchronous_client_is_served_as_well(gateway: Gateway, ada: Tenant) -> None:
    def ask() -> tuple[str | None, str]:
        with openai.OpenAI(api_key=ada.key, base_url=f"{gateway.url}/v1", max_retries=0) as client:
            asked: Any = {"model": "fast", "messages": HELLO}
            whole = client.chat.completions.create(**asked).choices[0].message.content
            parts = client.chat.completions.create(stream=True, **asked)
            return whole, text_of(list(parts))

    assert await asyncio.to_thread(ask) == ("Hello from Groq.", "Hello from Groq.")


async def test_a_login_is_as_good_as_a_key(gateway: Gateway, ada: Tenant) -> None:
    identity = gateway.services.identity
    session = await sessions.start(identity, ada.user_id, Machine("laptop", "ant", "127.0.0.1"))
    token = (await sessions.tokens_for(identity, session)).access_token
    async with client_with(gateway, token) as client:
        answer = await client.chat.completions.create(model="default", messages=HELLO)
    assert answer.choices[0].message.content == "Hello from Groq."


async def test_names_and_ids_are_ours_alone(gateway: Gateway, groq: Groq, ada: Tenant) -> None:
    groq.wishes = [ULM]
    for fields in ({}, {"stream": True}, {"tools": [TOOL]}, {"tools": [TOOL], "stream": True}):
        body = {"model": "default", "messages": HELLO, **fields}
        headers = {"authorization": f"Bearer {ada.key}"}
        async with gateway.http.post(f"{gateway.url}/v1/chat/completions", json=body, headers=headers) as answer:
            raw = await answer.read()
            request_id = answer.headers["x-request-id"]
        assert f'"id": "chatcmpl-{request_id}"'.encode() in raw
        assert b'"model": "fast"' in raw
        for secret in (b"gpt-oss", b"chatcmpl-double", b"fp_", b"req_", b"fc_", b"We need", b"groq", b"x-ratelimit"):
            assert secret not in raw


async def test_the_usage_of_a_stream_is_told_where_it_is_asked_for(client: Any) -> None:
    silent = await streamed(client)
    assert all(chunk.usage is None and chunk.choices for chunk in silent)
    *chunks, last = await streamed(client, stream_options={"include_usage": True})
    assert all(chunk.usage is None for chunk in chunks)
    assert (last.choices, last.usage.prompt_tokens, last.usage.completion_tokens) == ([], 20, 12)
    assert last.usage.total_tokens == 32


async def test_the_callers_messages_go_to_the_model_as_they_are(client: Any, groq: Groq) -> None:
    said: list[dict[str, Any]] = [
        {"role": "system", "content": "Be brief."},
        {"role": "developer", "content": "Be kind."},
        {"role": "user", "content": [{"type": "text", "text": "Snow ☃"}, {"type": "text", "text": "?"}], "name": "a"},
        {"role": "assistant", "content": "Yes."},
        {"role": "user", "content": "Why?"},
    ]
    await client.chat.completions.create(model="default", messages=said)
    assert groq.asked[0].body["messages"] == [said[0], {**said[1], "role": "system"}, *said[2:]]


async def test_what_the_model_refused_earlier_is_a_part_of_what_it_said(client: Any, groq: Groq) -> None:
    no = ChatCompletionContentPartRefusalParam(type="refusal", refusal="I can't.")
    hm = ChatCompletionContentPartTextParam(type="text", text="Hm.")
    said: list[ChatCompletionMessageParam] = [
        {"role": "user", "content": "Go on."},
        ChatCompletionAssistantMessageParam(role="assistant", content=[hm, no]),
        ChatCompletionAssistantMessageParam(role="assistant", content=None, refusal="I can't."),
        ChatCompletionAssistantMessageParam(role="assistant", content=[no]),
    ]
    answer = await client.chat.completions.create(model="default", messages=said)
    assert answer.choices[0].message.content == "Hello from Groq."
    as_text = {"type": "text", "text": "I can't."}
    assert [each["content"] for each in groq.asked[0].body["messages"]] == [
        "Go on.", [{"type": "text", "text": "Hm."}, as_text], "I can't.", [as_text],
    ]  # fmt: skip


async def test_what_is_asked_for_reaches_the_model(client: Any, groq: Groq) -> None:
    asked = {
        "temperature": 0.5,
        "top_p": 0.25,
        "seed": 7,
        "presence_penalty": -1,
        "frequency_penalty": 1.5,
        "stop": ["\n", "END"],
    }
    await client.chat.completions.create(model="default", messages=HELLO, max_tokens=9, **asked)
    body = groq.asked[0].body
    assert {key: body[key] for key in asked} == asked
    assert body["max_completion_tokens"] == 9


async def test_fields_that_we_do_not_know_and_null_are_ignored(client: Any, groq: Groq) -> None:
    unknown = {"user": "u", "metadata": {"a": "b"}, "colour": ["x"], "stop": None, "tools": None, "n": 1}
    await client.chat.completions.create(model="default", messages=HELLO, extra_body=unknown)
    assert not {"user", "metadata", "colour", "stop", "tools", "n"} & set(groq.asked[0].body)


@pytest.mark.parametrize(
    ("fields", "tokens"),
    [
        ({}, 8192),
        ({"max_tokens": 100}, 100),
        ({"max_completion_tokens": 50, "max_tokens": 100}, 50),
        ({"max_completion_tokens": 1_000_000}, 8192),
    ],
)
async def test_the_answer_is_bounded_by_the_caller_and_the_model(
    client: Any, gateway: Gateway, groq: Groq, fields: dict[str, int], tokens: int
) -> None:
    await client.chat.completions.create(model="default", messages=HELLO, **fields)
    assert groq.asked[0].body["max_completion_tokens"] == tokens
    [(reserved,)] = gateway.rows("reserved_micro_usd")
    assert tokens * 0.3 < reserved < tokens * 0.3 + 100  # the price of the answer, and a little for the question


async def test_the_model_may_run_out_of_room(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.finish_reason = "length"
    assert (await streamed(client))[-1].choices[0].finish_reason == "length"
    assert gateway.rows() == [("closed", "length")]


async def test_the_provider_may_filter(client: Any, groq: Groq) -> None:
    groq.finish_reason = "content_filter"
    answer = await client.chat.completions.create(model="default", messages=HELLO)
    assert answer.choices[0].finish_reason == "content_filter"


async def test_tools_go_to_the_model_and_what_they_say_comes_back(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.wishes = [ULM, BONN]
    asked = {"model": "default", "tools": [TOOL], "tool_choice": "auto", "parallel_tool_calls": True}
    first = await client.chat.completions.create(messages=HELLO, **asked)
    message = first.choices[0].message
    assert (first.choices[0].finish_reason, message.content) == ("tool_calls", None)
    assert [json.loads(call.function.arguments) for call in message.tool_calls] == [{"city": "Ulm"}, {"city": "Bonn"}]
    results = [{"role": "tool", "tool_call_id": call.id, "content": "rain"} for call in message.tool_calls]
    second = await client.chat.completions.create(messages=[*HELLO, message, *results], **asked)
    assert second.choices[0].message.content == "Hello from Groq."
    sent = groq.asked[1].body
    assert sent["tools"] == [TOOL]
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("auto", True)
    assert [call["id"] for call in sent["messages"][1]["tool_calls"]] == [each["tool_call_id"] for each in results]
    assert sent["messages"][2:] == results
    assert gateway.rows() == [("closed", "ok")] * 2


async def test_tool_calls_stream_and_the_library_puts_them_together(client: Any, groq: Groq) -> None:
    groq.wishes, groq.pause_s = [ULM, BONN], 0.02
    async with client.chat.completions.stream(model="default", messages=HELLO, tools=[TOOL]) as stream:
        kinds = [event.type async for event in stream]
        message = (await stream.get_final_completion()).choices[0].message
    assert kinds.count("tool_calls.function.arguments.delta") == 3
    assert [call.function.parsed_arguments for call in message.tool_calls] == [{"city": "Ulm"}, {"city": "Bonn"}]
    assert len({call.id for call in message.tool_calls}) == 2
    assert all(call.id.startswith("call_") for call in message.tool_calls)


async def test_tool_calls_are_charged_where_nobody_counts(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.wishes, groq.fault = [ULM], "no_usage"
    await streamed(client, tools=[TOOL])
    assert gateway.rows("outcome, estimated, output_tokens") == [("ok", True, 6)]  # 7 + 15 bytes


class Person(BaseModel):
    name: str
    age: int


async def test_an_answer_keeps_to_a_schema(client: Any, groq: Groq) -> None:
    answer = await client.chat.completions.parse(model="default", messages=HELLO, response_format=Person)
    assert answer.choices[0].message.parsed == Person(name="a ☃", age=7)
    sent = groq.asked[0].body["response_format"]
    assert (sent["type"], sent["json_schema"]["name"], sent["json_schema"]["strict"]) == ("json_schema", "Person", True)
    async with client.chat.completions.stream(model="default", messages=HELLO, response_format=Person) as stream:
        final = await stream.get_final_completion()
    assert final.choices[0].message.parsed == Person(name="a ☃", age=7)


async def test_any_json_may_be_asked_for(client: Any) -> None:
    answer = await client.chat.completions.create(
        model="default", messages=HELLO, response_format={"type": "json_object"}
    )
    assert json.loads(answer.choices[0].message.content) == {"any": "json"}


async def test_models_are_listed_by_our_names(client: Any) -> None:
    listed = await client.models.list()
    assert [model.id for model in listed.data] == ["default", "fast", "smart"]
    assert {model.owned_by for model in listed.data} == {"aniate"}
    assert (await client.models.retrieve("smart")).id == "smart"
    with pytest.raises(openai.NotFoundError):
        await client.models.retrieve("openai/gpt-oss-20b")


async def test_while_the_model_is_silent_the_connection_is_kept_alive(client: Any, groq: Groq, ada: Tenant) -> None:
    groq.first_pause_s = 0.7
    assert text_of(await streamed(client)) == "Hello from Groq."


async def test_a_client_that_goes_away_is_charged_for_what_it_got(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.says, groq.pause_s = ["word "] * 1000, 0.02
    stream = await client.chat.completions.create(model="default", messages=HELLO, stream=True)
    async for chunk in stream:
        if text_of([chunk]):
            break
    await stream.close()
    assert await gateway.settled() == [("closed", "cancelled")]
    assert groq.asked[0].cancelled


async def test_a_revoked_key_is_refused_at_once(client: Any, groq: Groq, db: Database, ada: Tenant) -> None:
    await client.models.list()
    await store.revoke_key(db, ada.key_id)
    for ask in (client.models.list(), client.chat.completions.create(model="default", messages=HELLO)):
        with pytest.raises(openai.AuthenticationError) as refused:
            await ask
        assert (refused.value.code, refused.value.type) == ("invalid_api_key", "invalid_request_error")
    assert not groq.asked
