"""The OpenAI door when something is wrong: the exceptions of OpenAI's own client, and every row closed."""

from __future__ import annotations

import asyncio
from typing import Any

import openai
import pytest

from aniate_server.inference import answer
from aniate_server.inference.exchange import Exchange
from aniate_server.inference.services import Services
from aniate_server.inference.stations import STATIONS
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import TooManyAttempts
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import Tenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import NOWHERE, Gateway, serving
from server.tests.inference.openai_client import client_with

pytestmark = pytest.mark.anyio

HELLO = [{"role": "user", "content": "Say hello."}]


async def refused(client: Any, kind: type[openai.APIStatusError], **fields: Any) -> openai.APIStatusError:
    """The library's exception, of just that class."""
    with pytest.raises(kind) as caught:
        await client.chat.completions.create(**{"model": "default", "messages": HELLO, **fields})
    assert type(caught.value) is kind
    return caught.value


def said(error: openai.APIError) -> tuple[object, object, object, object]:
    assert isinstance(error.body, dict)
    return error.body["message"], error.body["type"], error.body["param"], error.body["code"]


async def test_a_field_at_fault_is_named(client: Any, groq: Groq) -> None:
    error = await refused(client, openai.BadRequestError, temperature=3)
    assert said(error) == (
        "temperature must be a number from 0 to 2.", "invalid_request_error", "temperature", "bad_request",
    )  # fmt: skip
    error = await refused(client, openai.BadRequestError, messages=[{"role": "user", "content": [{"type": "image"}]}])
    assert error.param == "messages[0].content[0].type"
    assert not groq.asked


@pytest.mark.parametrize("key", ["sk-proj-nonsense", "aniate_sk_" + "x" * 43])
async def test_a_key_that_is_none_is_refused(gateway: Gateway, groq: Groq, key: str) -> None:
    async with client_with(gateway, key) as client:
        error = await refused(client, openai.AuthenticationError)
        assert (error.code, error.type) == ("invalid_api_key", "invalid_request_error")
        assert error.message.endswith(
            "Send an API key as `Authorization: Bearer …`; `ant keys new NAME` makes one.'}}"
        ) or ("ant keys new" in error.message)
        assert error.response.headers["www-authenticate"] == "Bearer"
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()
    assert not groq.asked


async def test_an_unknown_model_is_refused_with_those_that_there_are(client: Any, gateway: Gateway) -> None:
    error = await refused(client, openai.NotFoundError, model="gpt-4o")
    message = "There is no model 'gpt-4o'. There are: default, fast, smart"
    assert said(error) == (message, "invalid_request_error", "model", "model_not_found")
    assert gateway.rows() == []


async def test_a_station_serves_both_doors(
    client: Any, gateway: Gateway, groq: Groq, ada: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def too_many(_: Exchange, __: Services) -> None:
        raise TooManyAttempts(60)

    monkeypatch.setattr(answer, "STATIONS", (*STATIONS[:-1], too_many, STATIONS[-1]))
    error = await refused(client, openai.RateLimitError)
    message = "Too many attempts. Try again in a minute."
    assert said(error) == (message, "rate_limit_error", None, "rate_limit_exceeded")
    assert error.response.headers["retry-after"] == "60"
    assert (await gateway.chat(ada.key)).status == 429
    assert not groq.asked


async def test_more_than_the_model_reads_is_refused(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.context_bytes = 10
    error = await refused(client, openai.APIStatusError)
    assert (error.status_code, error.code) == (413, "context_length_exceeded")
    assert len(groq.asked) == 1
    assert gateway.rows() == [("closed", "failed")]


REFUSALS: list[tuple[int, str, type[openai.APIStatusError], int, str]] = [
    (400, "invalid_request_error", openai.BadRequestError, 400, "bad_request"),
    (422, "unprocessable", openai.BadRequestError, 400, "bad_request"),
    (400, "json_validate_failed", openai.InternalServerError, 502, "upstream_failed"),
    (400, "tool_use_failed", openai.InternalServerError, 502, "upstream_failed"),
    (401, "invalid_api_key", openai.InternalServerError, 503, "unavailable"),
    (404, "model_not_found", openai.InternalServerError, 502, "upstream_failed"),
    (429, "rate_limit_exceeded", openai.InternalServerError, 503, "unavailable"),
    (500, "internal_server_error", openai.InternalServerError, 502, "upstream_failed"),
]


@pytest.mark.parametrize(("status", "code", "kind", "ours", "our_code"), REFUSALS)
@pytest.mark.parametrize("stream", [False, True])
async def test_each_refusal_of_the_provider_is_an_exception_of_the_library(
    client: Any, gateway: Gateway, groq: Groq, status: int, code: str, kind: Any, ours: int, our_code: str, stream: bool
) -> None:
    groq.refuse = (status, {"message": "org_secret", "type": "x", "code": code}, {"retry-after": "6.2"})
    error = await refused(client, kind, stream=stream)
    assert (error.status_code, error.code) == (ours, our_code)
    assert "org_secret" not in error.response.text
    assert error.response.headers.get("retry-after") == ("7" if status == 429 else None)
    assert gateway.rows("state, outcome, cost_micro_usd") == [("closed", "failed", 0)]


@pytest.mark.parametrize("fault", ["cut", "no_end", "error_event", "malformed", "not_json", "stall"])
async def test_a_fault_in_the_middle_is_an_exception_after_what_came(
    client: Any, gateway: Gateway, groq: Groq, fault: str
) -> None:
    groq.fault, groq.reasons, groq.pause_s = fault, [], 0.05
    came = []
    with pytest.raises(openai.APIError, match="The model's provider") as broken:
        async for chunk in await client.chat.completions.create(model="default", messages=HELLO, stream=True):
            came.append(chunk.choices[0].delta.content)  # noqa: PERF401 - what came before it raises is wanted
    assert "".join(came) == "Hello from"
    assert said(broken.value)[1:] == ("server_error", None, "upstream_failed")
    assert gateway.rows("state, outcome, estimated, output_tokens") == [("closed", "failed", True, 2)]


async def test_a_provider_that_is_not_there_is_unavailable(db: Database, database: TestDatabase, ada: Tenant) -> None:
    async with (
        serving(db, database, Provider("groq", NOWHERE, KEY)) as gateway,
        client_with(gateway, ada.key) as client,
    ):
        error = await refused(client, openai.InternalServerError)
        assert said(error)[0] == "The model cannot be reached. Try again in a moment."
        assert error.status_code == 503


async def test_a_server_that_stops_says_so_and_settles(client: Any, gateway: Gateway, groq: Groq) -> None:
    groq.says, groq.pause_s = ["word "] * 1000, 0.02
    stream = await client.chat.completions.create(model="default", messages=HELLO, stream=True)
    await anext(stream)
    stopping = asyncio.create_task(gateway.stop())
    with pytest.raises(openai.APIError, match="shutting down"):
        [chunk async for chunk in stream]
    await stopping
    assert gateway.rows() == [("closed", "failed")]


@pytest.mark.parametrize(("path", "allowed"), [("/v1/chat/completions", "POST"), ("/v1/models", "GET")])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_another_method_is_refused(gateway: Gateway, path: str, allowed: str, method: str) -> None:
    async with gateway.http.request(method, gateway.url + path) as answer:
        assert answer.status == (401 if method == allowed else 405)
        assert answer.headers.get("allow") == (None if method == allowed else allowed)
        assert answer.headers["x-request-id"]
        if method != "HEAD":
            assert (await answer.json())["error"]["type"] == "invalid_request_error"
