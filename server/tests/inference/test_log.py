"""The log has one line an event and no word of anybody's."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Literal

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.processors import LogfmtRenderer

from aniate_server.plumbing.logging import as_logfmt, configure_logging
from server.tests.data.cluster import MakeTenant
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio


@pytest.fixture
def logged() -> Iterator[None]:
    """The log set up as in production, and taken down again."""
    root = logging.getLogger()
    before = root.handlers, root.level
    yield
    root.handlers, root.level = before[0], before[1]
    structlog.reset_defaults()


@pytest.mark.parametrize("style", ["logfmt", "json"])
async def test_no_prompt_answer_key_or_email_is_in_it(
    gateway: Gateway,
    groq: Groq,
    tenant: MakeTenant,
    logged: None,
    capsys: pytest.CaptureFixture[str],
    style: Literal["logfmt", "json"],
) -> None:
    configure_logging(style)
    ada = await tenant("ada")
    groq.says = ["ANSWERWORD"]
    piece = {"kind": "file", "name": "NAMEWORD", "text": "CONTEXTWORD"}
    await gateway.chat(ada.key, "QUESTIONWORD", context=[piece])
    for fault in ("malformed", "error_event", "cut"):
        groq.fault = fault
        await gateway.chat(ada.key, "QUESTIONWORD", context=[piece])
    groq.fault = ""
    groq.refuse = (400, {"message": "QUESTIONWORD gsk_secret", "type": "x", "code": "invalid_api_key"}, {})
    await gateway.chat(ada.key, "QUESTIONWORD", context=[piece])
    await gateway.chat(ada.key[:-1] + "x", "QUESTIONWORD")
    await gateway.chat(ada.key, "QUESTIONWORD", brew="NOBREW")
    log = capsys.readouterr().err
    assert log.count("\n") == len(log.splitlines()) >= 8
    for word in ("WORD", "gsk_", ada.key[10:], "ada@example.com"):
        assert word not in log
    assert log.count("invalid_api_key") == 1
    assert str(ada.workspace_id) in log


async def test_a_bug_is_told_as_one_and_recorded_with_its_traceback(
    gateway: Gateway,
    groq: Groq,
    tenant: MakeTenant,
    logged: None,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure_logging("json")
    monkeypatch.setattr(type(gateway.services.models), "choose", lambda *_: 1 / 0)
    answer = await gateway.chat((await tenant("ada")).key)
    assert (answer.status, answer.error["code"]) == (500, "internal")
    assert answer.headers["x-request-id"] in answer.error["hint"]
    bug, chat = map(json.loads, capsys.readouterr().err.splitlines())
    assert "ZeroDivisionError" in bug["exception"]
    assert bug["request_id"] == chat["request_id"] == answer.headers["x-request-id"]
    assert (chat["outcome"], chat["code"]) == ("refused", "internal")


async def test_what_libraries_log_has_the_same_form(logged: None, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("json")
    logging.getLogger("uvicorn.error").warning("Shutting %s.", "down")
    line = json.loads(capsys.readouterr().err)
    assert (line["event"], line["level"]) == ("Shutting down.", "warning")


@given(
    st.dictionaries(
        st.from_regex(r"[a-z_]{1,9}", fullmatch=True), st.none() | st.booleans() | st.integers() | st.text()
    )
)
def test_a_line_reads_as_structlog_writes_it(told: dict[str, object]) -> None:
    event = {"event": "chat", "level": "info", "at": "2026-11-24T15:39:55.123456Z", **told}
    theirs = LogfmtRenderer(key_order=["at", "level", "event"], bool_as_flag=False)
    assert as_logfmt(None, "", dict(event)) == theirs(None, "", dict(event))
