"""What the log tells of a request: its ids on every line, and not a word of anybody's."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import replace
from typing import Any, LiteralString

import pytest
from multidict import CIMultiDict

from aniate import wire
from aniate_server.accounts import people_store
from aniate_server.accounts.mails import send_due
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.logging import configure_logging
from aniate_server.plumbing.settings import SmtpServer
from aniate_server.worker import Periodic, repeat
from server.tests.assistants.test_assistants import brew
from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.doubles.groq_features import Wish
from server.tests.inference.gateway import Gateway
from server.tests.inference.openai_client import client_with
from server.tests.inference.test_log import logged as logged
from server.tests.monitoring.numbers import text
from server.tests.web.browser import Browser
from server.tests.web.grants import allowed_code, authorize_path, exchange, poll, post

pytestmark = pytest.mark.anyio
WORD = "zyzzyva"
"""A word that stands in all that people type here, and nowhere else."""
Capture = pytest.CaptureFixture[str]


def lines(capsys: Capture) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


async def test_a_chat_is_one_line_with_its_ids_figures_and_times(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, logged: None, capsys: Capture
) -> None:
    configure_logging("json")
    ada = await tenant("ada")
    body = {"messages": [{"role": "user", "content": "Hello"}], "brew": "what"}
    headers = {"authorization": f"Bearer {ada.key}", "x-request-id": "mine/7"}
    async with gateway.http.post(gateway.url + wire.CHAT_PATH, json=body, headers=headers) as answer:
        await answer.read()
    [line] = lines(capsys)
    request_id = answer.headers["x-request-id"]
    [asked] = groq.asked
    assert CIMultiDict(asked.headers)["x-request-id"] == request_id
    times = {name: line.pop(name) for name in ("at", "ms", "first_token_ms")}
    assert 0 < times["first_token_ms"] <= times["ms"] < 5000
    assert line == {
        "event": "chat", "level": "info", "request_id": request_id, "client_request_id": "mine/7",
        "provider_request_id": "req_01double", "workspace_id": str(ada.workspace_id), "brew": "what",
        "model": "fast", "outcome": "ok", "estimated": False, "input_tokens": 20, "output_tokens": 12,
        "cached_input_tokens": 0, "cost_micro_usd": 6, "route": "plan:free size:ok",
    }  # fmt: skip


async def test_at_the_other_door_too(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, logged: None, capsys: Capture
) -> None:
    configure_logging("json")
    groq.wishes = [Wish("weather", ('{"city":', ' "Ulm"}'))]
    ada = await tenant("ada")
    async with client_with(gateway, ada.key) as client:
        tools = [{"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}]
        asked = {"messages": [{"role": "user", "content": "Hello"}], "tools": tools}
        await client.chat.completions.create(model="smart", extra_headers={"x-request-id": "mine/8"}, **asked)
        await client.models.list()
    chat, listed = lines(capsys)
    assert (chat["event"], chat["brew"], chat["model"], chat["outcome"]) == ("chat", "completions", "smart", "ok")
    assert (chat["client_request_id"], chat["provider_request_id"]) == ("mine/8", "req_01double")
    assert 0 < chat["first_token_ms"] <= chat["ms"]
    assert CIMultiDict(groq.asked[0].headers)["x-request-id"] == chat["request_id"]
    assert (listed["event"], listed["path"], listed["status"]) == ("request", "/v1/models", "200")


async def test_every_line_of_a_request_bears_its_id(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, logged: None, capsys: Capture
) -> None:
    configure_logging("json")
    groq.refuse = (429, {"message": "", "type": "tokens", "code": "rate_limit_exceeded"}, {"x-request-id": "theirs"})
    answer = await gateway.chat((await tenant("ada")).key)
    refused, fallback, again, chat = lines(capsys)
    assert [refused["event"], fallback["event"], again["event"]] == ["provider refused", "fallback", "provider refused"]
    assert (chat["outcome"], chat["code"], chat["route"]) == ("failed", "unavailable", "plan:free size:ok busy:fast")
    assert refused["provider_request_id"] == "theirs"
    assert {line["request_id"] for line in (refused, fallback, again, chat)} == {answer.headers["x-request-id"]}


@pytest.mark.parametrize("given", ["x" * 101, "a\tb", "é", "", "ada@example.com", "Why is it so?"])
async def test_what_may_be_no_id_is_left_out(gateway: Gateway, logged: None, capsys: Capture, given: str) -> None:
    configure_logging("json")
    async with gateway.http.get(f"{gateway.url}/sign-in?next={WORD}", headers={"x-request-id": given}) as answer:
        request_id = answer.headers["x-request-id"]
    [line] = lines(capsys)
    assert "client_request_id" not in line
    assert (line["event"], line["path"], line["status"], line["request_id"]) == (
        "request",
        "/sign-in",
        "200",
        request_id,
    )


async def test_what_machines_ask_all_the_time_is_not_in_the_log(
    gateway: Gateway, logged: None, capsys: Capture
) -> None:
    configure_logging("json")
    for path in ("/healthz", "/readyz", "/metrics"):
        async with gateway.http.get(gateway.url + path) as answer:
            assert answer.headers["x-request-id"]
    assert lines(capsys) == []


async def chats(gateway: Gateway, groq: Groq, key: str) -> None:
    """Questions, files and names, answered well, badly and not at all."""
    groq.says = [f"{WORD} {WORD}"]
    piece = {"kind": "file", "name": f"{WORD}.txt", "text": WORD}
    for fault in ("", "malformed", "not_json", "error_event", "cut", "html", "redirect"):
        groq.fault = fault
        await gateway.chat(key, WORD, context=[piece], assistant=WORD)
    groq.fault = ""
    groq.refuse = (400, {"message": WORD, "type": f"{WORD}!", "code": f"no {WORD}"}, {"x-request-id": "r1"})
    await gateway.chat(key, WORD)
    groq.refuse = None
    for fields in ({"brew": WORD}, {"model": WORD}, {"assistant": f"{WORD}2"}, {"nonsense": WORD}):
        await gateway.chat(key, WORD, **fields)
    await gateway.chat(f"aniate_sk_{WORD}".ljust(53, "x"), WORD)
    async with gateway.http.post(
        f"{gateway.url}/v1/chat", data=f"{{{WORD}", headers={"authorization": f"Bearer {key}"}
    ):
        pass


async def visits(gateway: Gateway) -> list[str]:
    """The whole of sign-up, sign-in and OAuth, right and wrong; the secrets that were met on the way."""
    email = f"{WORD}@example.com"
    async with Browser(gateway) as browser:
        await browser.sign_up(email, f"{WORD} seven purple otters")
        code = await allowed_code(browser, device_name=WORD)
        _, tokens = await exchange(gateway, code)
        await exchange(gateway, code)
        await browser.open(f"/{WORD}?{WORD}={WORD}")
        await browser.open("/account")
        await browser.send("/account/password", current=f"{WORD} no", password=WORD, again=WORD)
        await browser.open(f"/verify?code={WORD}")
        _, device = await post(gateway, wire.DEVICE_PATH, client_id=wire.CLIENT_ID, device_name=WORD)
        await browser.open(f"/device?code={device['user_code']}")
        cookies = [cookie.value for cookie in browser.http.cookie_jar if cookie.value]
    async with Browser(gateway) as stranger:
        await stranger.sign_in(email, f"{WORD} wrong")
        await stranger.sign_in(f"{WORD}@nowhere.example", f"{WORD} wrong")
        await stranger.open(authorize_path(state=WORD, device_name=WORD))
        await stranger.open("/reset")
        await stranger.send("/reset", email=email)
    await poll(gateway, device["device_code"])
    for token in (tokens["refresh_token"], WORD):
        fields = {"grant_type": "refresh_token", "client_id": wire.CLIENT_ID, "refresh_token": token}
        await post(gateway, wire.TOKEN_PATH, **fields)
    await post(gateway, wire.TOKEN_PATH, grant_type=WORD, client_id=WORD, code=WORD)
    return [code, tokens["access_token"], tokens["refresh_token"], device["device_code"], device["user_code"], *cookies]


async def keys(gateway: Gateway) -> list[str]:
    """A key of that name, and what the paths for programs refuse."""
    async with Browser(gateway) as browser:
        await browser.sign_in(f"{WORD}@example.com", f"{WORD} seven purple otters")
        _, tokens = await exchange(gateway, await allowed_code(browser))
    mine = {"authorization": f"Bearer {tokens['access_token']}"}
    async with gateway.http.post(gateway.url + wire.KEYS_PATH, json={"name": WORD}, headers=mine) as answer:
        made = await answer.json()
    for path in (f"{wire.KEYS_PATH}/{WORD}", f"{wire.SESSIONS_PATH}/{WORD}"):
        async with gateway.http.delete(gateway.url + path, headers={**mine, "user-agent": WORD}):
            pass
    return [made["key"]]


async def bugs(gateway: Gateway, db: Database, key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mistakes of ours, on a page, in a chat and in a job, whose exceptions say what somebody typed."""

    async def in_sql(*_: object, **__: object) -> None:
        statement: LiteralString = "select %(typed)s::text::uuid"
        await db.one(statement, {"typed": WORD})

    def in_python(*_: object, **__: object) -> None:
        typed = WORD  # a local, as a traceback with locals would show it
        raise ValueError(typed)

    async with Browser(gateway) as browser:
        with monkeypatch.context() as broken:
            broken.setattr(people_store, "credentials", in_sql)
            await browser.sign_in(f"{WORD}@example.com", WORD)
            assert browser.page.status == 500
    with monkeypatch.context() as broken:
        broken.setattr(type(gateway.services.models), "choose", in_python)
        assert (await gateway.chat(key, WORD)).status == 500
    job = asyncio.create_task(repeat(Periodic("broken", 60, in_sql), gateway.services.metrics))
    await asyncio.sleep(0.2)
    job.cancel()
    await asyncio.gather(job, return_exceptions=True)
    try:
        in_python()
    except ValueError as error:
        logging.getLogger("asyncio").error("Task exception was never retrieved\nfuture: %r", error, exc_info=error)


async def unsent_mail(gateway: Gateway, db: Database) -> None:
    """A mail that no server takes."""
    smtp = SmtpServer("127.0.0.1", 9, tls=False, user=WORD, password=WORD)
    services = gateway.services
    settings = replace(services.settings, smtp=smtp)
    await send_due(settings, db, services.identity.secret, services.clock, services.metrics.accounts)


@pytest.mark.parametrize("style", ["json", "logfmt"])
async def test_nothing_that_anybody_typed_or_owns_is_logged_or_exposed(
    gateway: Gateway, groq: Groq, db: Database, tenant: MakeTenant, logged: None, capsys: Capture,
    monkeypatch: pytest.MonkeyPatch, style: Any,
) -> None:  # fmt: skip
    configure_logging(style)
    ada = await tenant("ada")
    assert (await brew(gateway, ada, WORD, prompt=WORD, summary=WORD))[0] == 200
    await chats(gateway, groq, ada.key)
    secrets = [ada.key, *await visits(gateway), *await keys(gateway)]
    await unsent_mail(gateway, db)
    await bugs(gateway, db, ada.key, monkeypatch)
    log, (_, shown) = capsys.readouterr().err, await text(gateway)
    assert log.count("bug") >= 3
    assert "mail not sent" in log and "in_python" in log and "ValueError" in log and "22P02" in log
    for told in (log.lower(), shown.lower()):
        for secret in (WORD, "ada@example.com", *secrets):
            assert secret.lower() not in told, secret
