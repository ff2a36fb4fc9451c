"""A model that takes no temperature but its own answers all the same."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway
from server.tests.inference.openai_client import client_with
from server.tests.monitoring.numbers import by, numbers

pytestmark = pytest.mark.anyio


@dataclass
class Reasoning(Groq):
    """It takes the temperatures of `takes`, in OpenAI's words for the rest."""

    takes: list[float] = field(default_factory=list)

    def refusal(self, body: dict[str, Any]) -> web.Response | None:
        if "temperature" in body and body["temperature"] not in self.takes:
            said = {"message": "Unsupported value", "type": "invalid_request_error", "param": "temperature"}
            return web.json_response({"error": {**said, "code": "unsupported_value"}}, status=400)
        return super().refusal(body)


@pytest.fixture
async def groq() -> AsyncIterator[Reasoning]:
    double = Reasoning()
    async with double.running():
        yield double


def asked(groq: Groq) -> list[Any]:
    """The temperatures that it was given, in their order."""
    return [each.body.get("temperature") for each in groq.asked]


@pytest.mark.parametrize("takes", [[], [1.0]])
async def test_it_is_asked_again_without_and_from_then_on(
    gateway: Gateway, groq: Reasoning, tenant: MakeTenant, takes: list[float]
) -> None:
    ada, groq.takes = await tenant("ada"), takes
    async with client_with(gateway, ada.key) as client:
        await client.chat.completions.create(model="fast", messages=[{"role": "user", "content": "Hi."}])
    assert asked(groq) == ([1.0] if takes else [1.0, None])
    del groq.asked[:]
    for _ in range(2):
        answer = await gateway.chat(ada.key, brew="what")
        assert (answer.status, answer.text) == (200, "Hello from Groq.")
    first, *others = asked(groq)
    assert first not in (None, 1.0) and others == [None, None]
    assert gateway.rows() == [("closed", "ok")] * 3
    assert by(await numbers(gateway), "aniate_chat_upstream_errors_total", "kind") == {}


async def test_what_takes_it_is_given_it(gateway: Gateway, groq: Reasoning, tenant: MakeTenant) -> None:
    groq.takes = [1.0, 0.2, 0.3]
    ada = await tenant("ada")
    async with client_with(gateway, ada.key) as client:
        for temperature in (0.2, 0.3):
            await client.chat.completions.create(
                model="fast", temperature=temperature, messages=[{"role": "user", "content": "Hi."}]
            )
    assert asked(groq) == [0.2, 0.3]
