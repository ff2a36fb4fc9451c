"""Bodies that are not of the documented form: one sentence each, a 4xx, and nothing asked."""

from __future__ import annotations

import io
import json
import socket
from collections.abc import AsyncIterator

import pytest

from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio

HI = {"role": "user", "content": "hi"}
PIECE = {"kind": "file", "name": "a", "text": "b"}


def request(**fields: object) -> bytes:
    return json.dumps({"messages": [HI], **fields}).encode()


BODIES = [
    b"",
    b"\x00",
    b"null",
    b"[]",
    b"7",
    b'"x"',
    b"{",
    b"{}",
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}",
    b"[" * 100_000,
    b'{"a":' * 100_000,
    b'{"messages": ' + b"9" * 5000 + b"}",
    request(messages=None),
    request(messages="hi"),
    request(messages={}),
    request(messages=[]),
    request(messages=[None]),
    request(messages=["hi"]),
    request(messages=[{}]),
    request(messages=[{"role": "user"}]),
    request(messages=[{"content": "hi"}]),
    request(messages=[{**HI, "content": None}]),
    request(messages=[{**HI, "content": [{"type": "text", "text": "hi"}]}]),
    request(messages=[{**HI, "content": ""}]),
    request(messages=[{**HI, "content": " \n"}]),
    request(messages=[{**HI, "content": "a\x00b"}]),
    request(messages=[{**HI, "content": "half \ud800"}]),
    request(messages=[{**HI, "role": "system"}]),
    request(messages=[{**HI, "role": "tool"}]),
    request(messages=[{**HI, "role": ["user"]}]),
    request(messages=[{**HI, "role": "assistant"}]),
    request(messages=[HI, {**HI, "role": "assistant"}]),
    request(messages=[HI] * 201),
    request(brew=None),
    request(brew=""),
    request(brew=7),
    request(brew="w" * 101),
    request(brew="\x00"),
    request(brew="\ud800"),
    request(brew="../meta"),
    request(model=None),
    request(model=[]),
    request(model="\udfff"),
    request(model="' or true --"),
    request(assistant=7),
    request(assistant="x\x00"),
    request(context=None),
    request(context={}),
    request(context="x"),
    request(context=[None]),
    request(context=[{}]),
    request(context=[{**PIECE, "text": None}]),
    request(context=[{**PIECE, "text": "\x00"}]),
    request(context=[{**PIECE, "name": "\ud800"}]),
    request(context=[{**PIECE, "kind": 7}]),
    request(context=[PIECE] * 201),
    request(stream=None),
    request(stream="true"),
    request(stream=1),
]


async def test_a_malformed_body_is_refused_in_one_sentence(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    headers = {"authorization": f"Bearer {(await tenant('ada')).key}"}
    for body in BODIES:
        async with gateway.http.post(f"{gateway.url}/v1/chat", data=body, headers=headers) as refused:
            assert 400 <= refused.status < 500, body[:80]
            message = (await refused.json())["error"]["message"]
        assert message.endswith("."), body[:80]
        assert "\n" not in message, body[:80]
        assert refused.headers["x-request-id"]
    assert not groq.asked
    assert gateway.rows() == []


async def test_fields_that_we_do_not_know_are_ignored(gateway: Gateway, tenant: MakeTenant) -> None:
    answer = await gateway.chat((await tenant("ada")).key, temperature=99, colour={"deep": ["x"]})
    assert answer.names == ["start", "delta", "usage", "done"]


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(gateway: Gateway, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    body = request(messages=[{"role": "user", "content": "x" * (5 << 20)}])
    headers = {"authorization": f"Bearer {key}"}
    async with gateway.http.post(f"{gateway.url}/v1/chat", data=io.BytesIO(body), headers=headers) as refused:
        assert refused.status == 413
        assert (await refused.json())["error"]["message"] == "The request is larger than 4 MiB."


async def test_a_body_of_unknown_length_is_refused_where_it_becomes_too_large(
    gateway: Gateway, tenant: MakeTenant
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(6):
            yield b" " * (1 << 20)

    headers = {"authorization": f"Bearer {(await tenant('ada')).key}"}
    async with gateway.http.post(f"{gateway.url}/v1/chat", data=endless(), headers=headers) as refused:
        assert refused.status == 413


async def test_a_body_that_never_comes_opens_no_row(gateway: Gateway, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    with socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2]))) as client:
        head = f"POST /v1/chat HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {key}\r\ncontent-length: 90\r\n\r\n"
        client.sendall(head.encode() + b'{"messages"')
    assert (await gateway.chat(key)).status == 200
    assert gateway.rows() == [("closed", "ok")]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_another_method_is_refused(gateway: Gateway, method: str) -> None:
    async with gateway.http.request(method, f"{gateway.url}/v1/chat") as refused:
        assert refused.status == 405
        assert refused.headers["allow"] == "POST"
        assert refused.headers["x-request-id"]
