"""Input that nobody thought of, on every path of the OpenAPI document and in every form: never a 5xx."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from aniate import wire
from aniate_server.accounts import guards
from aniate_server.accounts.guards import LIMITS, Limit
from aniate_server.app import create_pages
from server.tests.data.cluster import MakeTenant
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import Browser
from server.tests.web.grants import authorize_path

pytestmark = pytest.mark.anyio
MOST = "40"
FORMS = {
    "/sign-in": "/sign-in",
    "/sign-up": "/sign-up",
    "/reset": "/reset",
    "/verify": "/sign-in",
    "/reset/new": "/sign-in",
    "/authorize": authorize_path(),
    "/device": "/device",
    "/device/decide": "/device",
    "/account/sessions/end": "/account",
    "/account/keys/revoke": "/account",
    "/account/password": "/account",
    "/account/delete": "/account",
}
"""Each form's action, and a page that carries a mark for it."""
FIELDS = (
    "email", "password", "again", "current", "next", "code", "user_code", "decision", "request", "id", "sure",
)  # fmt: skip


@pytest.fixture(autouse=True)
def nobody_is_held_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is refused for being too much would not be looked at any further."""
    many = {name: Limit(10**6, limit.window) for name, limit in LIMITS.items()}
    monkeypatch.setattr(guards, "LIMITS", many)


def document(gateway: Gateway) -> dict[str, Any]:
    """The OpenAPI document of every path, and of the chat path, which is no route of FastAPI."""
    found = create_pages(gateway.services).openapi()
    body = {
        "application/json": {
            "schema": TypeAdapter(wire.ChatRequest).json_schema(ref_template="#/components/schemas/{model}")
        }
    }
    definitions = body["application/json"]["schema"].pop("$defs")
    found["components"]["schemas"].update(definitions)
    found["paths"][wire.CHAT_PATH] = {
        "post": {"requestBody": {"content": body}, "responses": {"200": {"description": "events"}}}
    }
    return found


@pytest.mark.timeout(300)
async def test_no_request_of_any_form_breaks_the_server(gateway: Gateway, tenant: MakeTenant, tmp_path: Path) -> None:
    ada = await tenant("ada")
    described = document(gateway)
    assert len(described["paths"]) > 30
    (tmp_path / "openapi.json").write_text(json.dumps(described))
    command = [
        str(Path(sys.executable).with_name("schemathesis")), "run", "openapi.json", "--url", gateway.url,
        "--header", f"Authorization: Bearer {ada.key}", "--checks", "not_a_server_error",
        "--max-examples", MOST, "--seed", "1", "--workers", "1", "--no-color", "--warnings", "off",
        "--suppress-health-check", "all",
    ]  # fmt: skip
    # One worker: in threads, Python 3.11's own parser fails now and then (github.com/python/cpython/issues/106905).
    process = await asyncio.create_subprocess_exec(
        *command, cwd=tmp_path, env={**os.environ, "PYTHONWARNINGS": "ignore"}, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()[-8000:]
    operations = sum(len(methods) for methods in described["paths"].values())
    assert re.search(rf"\bTested: {operations}\b", said.decode()), said.decode()[-2000:]


async def test_no_form_of_any_content_breaks_the_server(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up("ada@example.com")
        marks = {page: await browser.open(page) for page in dict.fromkeys(FORMS.values())}
        csrf = browser.page.form("/sign-out").fields["csrf"]
        loop = asyncio.get_running_loop()
        assert len(marks) > 4

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(st.sampled_from(sorted(FORMS)), st.dictionaries(st.sampled_from(FIELDS), st.text() | st.binary()))
        def send(action: str, typed: dict[str, str | bytes]) -> None:
            fields = {
                name: value if isinstance(value, str) else value.decode("latin-1") for name, value in typed.items()
            }
            asked = browser.http.post(gateway.url + action, data={**fields, "csrf": csrf}, allow_redirects=False)

            async def status() -> int:
                async with asked as answer:
                    return answer.status

            assert asyncio.run_coroutine_threadsafe(status(), loop).result(30) < 500, (action, typed)

        await asyncio.to_thread(send)
