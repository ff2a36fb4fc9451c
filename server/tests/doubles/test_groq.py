"""The double of Groq is what Groq's own library takes it for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import groq as vendor
import pytest

from server.tests.doubles.groq import KEY, Groq
from server.tests.doubles.groq_features import Wish

pytestmark = pytest.mark.anyio

HELLO = [{"role": "user", "content": "Hello"}]
MODEL = "openai/gpt-oss-20b"

# `client: Any`, since the library's overloads would have each optional field asked for before it is used.


def error_of(refused: vendor.APIStatusError) -> dict[str, str]:
    """The error object that the library read from the body."""
    assert isinstance(refused.body, dict)
    return dict(refused.body["error"])


@pytest.fixture
async def double() -> AsyncIterator[Groq]:
    async with Groq().running() as running:
        yield running


@pytest.fixture
async def client(double: Groq) -> AsyncIterator[vendor.AsyncGroq]:
    base = double.base_url.removesuffix("/openai/v1")
    async with vendor.AsyncGroq(api_key=KEY, base_url=base, max_retries=0, _strict_response_validation=True) as opened:
        yield opened


async def test_lists_models(client: Any) -> None:
    listed = await client.models.list()
    assert {model.id for model in listed.data} == {"openai/gpt-oss-20b", "openai/gpt-oss-120b"}


async def test_answers_in_one_piece(client: Any, double: Groq) -> None:
    answer = await client.chat.completions.create(model=MODEL, messages=HELLO)
    assert answer.choices[0].message.content == "Hello from Groq."
    assert answer.choices[0].message.reasoning == "We need to greet."
    assert answer.usage.prompt_tokens == double.prompt_tokens


async def test_streams_reasoning_then_text_then_usage_in_the_last_chunk(client: Any, double: Groq) -> None:
    stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    chunks = [chunk async for chunk in stream]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks) == "Hello from Groq."
    assert "".join(chunk.choices[0].delta.reasoning or "" for chunk in chunks) == "We need to greet."
    assert chunks[0].x_groq.id == chunks[-1].x_groq.id
    assert chunks[-1].x_groq.usage.completion_tokens == double.completion_tokens


async def test_leaves_reasoning_out_if_asked_to(client: Any) -> None:
    stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True, include_reasoning=False)
    assert not [chunk async for chunk in stream if chunk.choices[0].delta.reasoning]


async def test_adds_a_chunk_without_choices_for_those_who_ask_for_usage(client: Any, double: Groq) -> None:
    options = {"include_usage": True}
    body = {"stream_options": options}
    stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True, extra_body=body)
    last = [chunk async for chunk in stream][-1]
    assert last.choices == []
    assert last.usage.prompt_tokens == double.prompt_tokens


async def test_tells_limits_in_headers(client: Any) -> None:
    answer = await client.chat.completions.with_raw_response.create(model=MODEL, messages=HELLO)
    assert answer.headers["x-ratelimit-limit-requests"] == "14400"
    assert answer.headers["x-ratelimit-reset-requests"] == "2m59.56s"


async def test_refuses_a_wrong_key(double: Groq) -> None:
    base = double.base_url.removesuffix("/openai/v1")
    async with vendor.AsyncGroq(api_key="gsk_wrong", base_url=base, max_retries=0) as stranger:
        with pytest.raises(vendor.AuthenticationError) as refused:
            await stranger.models.list()
    assert error_of(refused.value)["code"] == "invalid_api_key"


@pytest.mark.parametrize(
    ("model", "kind", "code"),
    [
        ("nonesuch", vendor.NotFoundError, "model_not_found"),
        ("llama-3.1-8b-instant", vendor.BadRequestError, "model_decommissioned"),
    ],
)
async def test_refuses_a_model_that_is_not_there(
    client: Any, model: str, kind: type[vendor.APIStatusError], code: str
) -> None:
    with pytest.raises(kind) as refused:
        await client.chat.completions.create(model=model, messages=HELLO)
    assert error_of(refused.value)["code"] == code


async def test_refuses_a_request_that_is_too_large(client: Any, double: Groq) -> None:
    double.tokens_per_minute = 1
    with pytest.raises(vendor.APIStatusError) as refused:
        await client.chat.completions.create(model=MODEL, messages=HELLO)
    assert refused.value.status_code == 413


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (403, vendor.PermissionDeniedError, "forbidden"),
        (422, vendor.UnprocessableEntityError, "unprocessable"),
        (429, vendor.RateLimitError, "rate_limit_exceeded"),
        (498, vendor.APIStatusError, "capacity_exceeded"),
        (500, vendor.InternalServerError, "internal_server_error"),
        (503, vendor.InternalServerError, "service_unavailable"),
    ],
)
async def test_fails_as_told(
    client: Any, double: Groq, status: int, kind: type[vendor.APIStatusError], code: str
) -> None:
    double.refuse = (status, {"message": "No.", "type": "x", "code": code}, {"retry-after": "7"})
    with pytest.raises(kind) as refused:
        await client.chat.completions.create(model=MODEL, messages=HELLO)
    assert refused.value.status_code == status
    assert error_of(refused.value)["code"] == code
    assert refused.value.response.headers["retry-after"] == "7"


async def test_an_error_in_the_stream_reaches_the_library(client: Any, double: Groq) -> None:
    double.fault = "error_event"
    stream = await client.chat.completions.create(model=MODEL, messages=HELLO, stream=True)
    with pytest.raises(vendor.APIError, match="Internal Server Error"):
        [chunk async for chunk in stream]


TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


@pytest.mark.parametrize("stream", [False, True])
async def test_wants_functions_called_if_it_is_given_tools(client: Any, double: Groq, stream: bool) -> None:
    double.wishes = [Wish("weather", ('{"city":', ' "Ulm"}')), Wish("weather")]
    answer = await client.chat.completions.create(model=MODEL, messages=HELLO, tools=[TOOL], stream=stream)
    if stream:
        choices = [chunk.choices[0] async for chunk in answer]
        calls = [call for choice in choices for call in choice.delta.tool_calls or []]
        assert [call.index for call in calls] == [0, 0, 1]
    else:
        choices, calls = answer.choices, answer.choices[0].message.tool_calls
    assert choices[-1].finish_reason == "tool_calls"
    assert "".join(call.function.arguments for call in calls) == '{"city": "Ulm"}{}'
    assert calls[0].function.name == "weather"


async def test_keeps_to_a_schema(client: Any) -> None:
    schema = {"type": "object", "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
    asked = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    answer = await client.chat.completions.create(model=MODEL, messages=HELLO, response_format=asked)
    assert answer.choices[0].message.content == '{"name": "a \\u2603", "age": 7}'


async def test_refuses_a_choice_without_tools(client: Any) -> None:
    with pytest.raises(vendor.BadRequestError):
        await client.chat.completions.create(model=MODEL, messages=HELLO, tool_choice="required")
