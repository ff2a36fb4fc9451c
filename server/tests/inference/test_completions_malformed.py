"""Bodies at the OpenAI door that are not of the documented form: one sentence each, a 4xx, and nothing asked."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate_server.inference.completions import COMPLETIONS
from aniate_server.plumbing.errors import BadRequest
from server.tests.data.cluster import Tenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

HI = {"role": "user", "content": "hi"}
CALL = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {}}}


def request(**fields: object) -> bytes:
    return json.dumps({"messages": [HI], **fields}).encode()


def nested(levels: int) -> dict[str, Any]:
    """A schema that deep."""
    schema: dict[str, Any] = {}
    for _ in range(levels):
        schema = {"a": schema}
    return schema


def tool(**function: object) -> bytes:
    return request(tools=[{"type": "function", "function": {"name": "f", **function}}])


def schema(**fields: object) -> bytes:
    return request(response_format={"type": "json_schema", "json_schema": {"name": "s", **fields}})


def wrong(body: Callable[[Any], bytes], *values: Any) -> list[bytes]:
    """A body with each of the values."""
    return [body(value) for value in values]


def several(key: str, *values: Any) -> list[bytes]:
    """A body with each of the values under that key."""
    return [request(**{key: value}) for value in values]


BODIES = [
    b"", b"\x00", b"null", b"[]", b"7", b'"x"', b"{", b"{}", b"\xff\xfe{}", b"[" * 100_000, b'{"a":' * 100_000,
    b'{"messages": ' + b"9" * 5000 + b"}",
    *(request(temperature=7).replace(b"7", number) for number in (b"1e400", b"-1e400", b"1" + b"0" * 5000, b"1e-400e")),
    *(request(max_tokens=7).replace(b"7", number) for number in (b"1e400", b"1e4", b"1" + b"0" * 5000)),
    *several("messages", None, "hi", {}, [], [None], ["hi"], [{}], [HI] * 2001, [{}] * 100_000),
    *wrong(lambda each: request(messages=[{**HI, "content": each}]),
        None, 7, {}, [], [7], [{}], "a\x00b", "half \ud800",
    ),
    *wrong(lambda each: request(messages=[{**HI, "content": [each]}]),
        {"type": "text"}, {"type": "text", "text": 7}, {"type": "text", "text": "\udfff"}, {"type": ["text"]},
        {"type": "image_url", "image_url": {"url": "data:,"}}, {"type": "input_audio"}, {"type": "file"},
    ),
    request(messages=[{**HI, "content": [{"type": "text", "text": "x"}] * 1001}]),
    *wrong(lambda each: request(messages=[{**HI, "role": each}]), None, 7, "", "function", "root", ["user"]),
    *wrong(lambda each: request(messages=[{**HI, "name": each}]), "", 7, "\x00", "x" * 101),
    request(messages=[{"role": "assistant"}]),
    *wrong(lambda each: request(messages=[{"role": "assistant", "content": [each]}]),
        {"type": "refusal"}, {"type": "refusal", "refusal": 7}, {"type": "refusal", "text": "x"}, {"type": "image_url"},
        {"type": "refusal", "refusal": "\x00"}, {"type": ["refusal"]}, 7,
    ),
    request(messages=[{**HI, "content": [{"type": "refusal", "refusal": "No."}]}]),
    *wrong(lambda each: request(messages=[{"role": "assistant", "tool_calls": each}]),
        7, {}, [7], [{}], [{**CALL, "id": 7}], [{**CALL, "type": "custom"}], [{**CALL, "function": None}],
        [{**CALL, "function": {"name": "f"}}], [{**CALL, "function": {"name": "f", "arguments": {}}}], [CALL] * 129,
    ),
    request(messages=[{"role": "tool", "content": "x"}]),
    request(messages=[{"role": "tool", "tool_call_id": 7, "content": "x"}]),
    *several("model", 7, "", [], "\x00", "\ud800", "m" * 101, "' or true --"),
    *several("stream", "true", 1, []),
    *several("stream_options", 7, [], {"include_usage": "yes"}),
    *several("temperature", "1", True, -0.1, 2.1, 10**400, [], float("nan"), float("inf")),
    *several("top_p", -1, 2, "x"),
    *several("presence_penalty", -3, 3, {}),
    *several("frequency_penalty", -3, 3, {}),
    *several("seed", 1.5, "7", True, 10**30),
    *several("max_tokens", 0, -1, 1.5, True, "9", 10**30),
    *several("max_completion_tokens", 0, "x"),
    *several("stop", 7, {}, "", [""], [7], ["x"] * 5, "x" * 501, "\x00", ["\ud800"]),
    *several("n", 0, 2, "1", []),
    *several("logprobs", True, "x"),
    request(top_logprobs=3), request(logit_bias={"50256": -100}), request(functions=[{"name": "f"}]),
    request(modalities=["text", "audio"]), request(audio={"voice": "x"}), request(web_search_options={}),
    *several("tools",
        7, {}, [7], [{}], [{"type": "custom"}], [{**TOOL, "function": 7}], [{**TOOL, "function": {}}], [TOOL] * 129,
    ),
    *wrong(lambda each: tool(name=each), "", 7, "a b", "x" * 65, "\x00"),
    *wrong(lambda each: tool(parameters=each),
        7, [], {"a\x00": 1}, {"a": "\ud800"}, {"a": float("inf")}, {"a": float("nan")}, nested(70), nested(800),
        {"a": [0] * 100_000},
    ),
    tool(description=7), tool(strict="yes"),
    *wrong(lambda each: request(tools=[TOOL], tool_choice=each),
        7, "some", [], {}, {"type": "allowed_tools"}, {"type": "function"}, {"type": "function", "function": {}},
        {"type": "function", "function": {"name": "g"}},
    ),
    request(tool_choice="required"), request(tools=[], tool_choice={"type": "function", "function": {"name": "f"}}),
    request(tools=[TOOL], parallel_tool_calls="no"),
    *several("response_format", 7, [], {}, {"type": "xml"}, {"type": ["text"]}, {"type": "json_schema"}),
    *wrong(lambda each: schema(schema=each), 7, [], nested(70), {"a": "\x00"}),
    schema(name=""), schema(name=7), schema(strict=1),
]  # fmt: skip


@pytest.mark.anyio
async def test_a_malformed_body_is_refused_in_one_sentence(gateway: Gateway, groq: Groq, ada: Tenant) -> None:
    headers = {"authorization": f"Bearer {ada.key}"}
    for body in BODIES:
        url = f"{gateway.url}/v1/chat/completions"
        async with gateway.http.post(url, data=io.BytesIO(body), headers=headers) as refused:
            assert 400 <= refused.status < 500, body[:200]
            error = (await refused.json())["error"]
        assert error.keys() == {"message", "type", "param", "code"}
        assert error["type"] == "invalid_request_error", body[:200]
        assert error["message"].endswith((".", "smart")), body[:200]
        assert "\n" not in error["message"], body[:200]
    assert not groq.asked
    assert gateway.rows() == []


@pytest.mark.anyio
async def test_ten_megabytes_are_refused_before_they_are_read(gateway: Gateway, ada: Tenant) -> None:
    body = request(messages=[{**HI, "content": "x" * (10 << 20)}])
    headers = {"authorization": f"Bearer {ada.key}"}
    url = f"{gateway.url}/v1/chat/completions"
    async with gateway.http.post(url, data=io.BytesIO(body), headers=headers) as refused:
        error = (await refused.json())["error"]
    assert (refused.status, error["code"]) == (413, "request_too_large")
    assert error["message"].startswith("The request is larger than 4 MiB.")


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(codec=None), max_size=20)
KEYS = st.sampled_from([
    "role", "content", "type", "text", "name", "id", "function", "arguments", "tool_calls", "tool_call_id", "schema",
    "json_schema", "parameters", "strict", "include_usage", "user", "tool", "refusal",
])  # fmt: skip
VALUES = st.recursive(
    SCALARS | KEYS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5)
)
FIELDS = st.sampled_from([
    "messages", "model", "stream", "stream_options", "tools", "tool_choice", "parallel_tool_calls", "response_format",
    "stop", "temperature", "top_p", "seed", "presence_penalty", "frequency_penalty", "max_tokens", "n", "logprobs",
    "max_completion_tokens", "logit_bias", "functions", "modalities",
])  # fmt: skip


@given(st.dictionaries(FIELDS, VALUES, max_size=6), st.booleans())
def test_whatever_comes_is_understood_or_refused(fields: dict[str, Any], with_messages: bool) -> None:
    body = json.dumps({"messages": [HI], **fields} if with_messages else fields).encode()
    try:
        asked = COMPLETIONS.question_in(body, {})
    except BadRequest as refused:
        assert refused.message.endswith(".")
    else:
        json.dumps([asked.words(0, None).messages, asked.extra], ensure_ascii=False, allow_nan=False).encode()
