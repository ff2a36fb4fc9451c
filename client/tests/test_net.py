"""`ant net`: the answer, then what no source holds, then the sources; to people, pipes and programs."""

from __future__ import annotations

import json
from typing import Any

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Handler, Reply, Stub, refuses

VALVE = {"n": 1, "title": "The valve", "url": "https://example.com/valve?a=b", "cited": True}
PUMP = {"n": 2, "title": "The pump", "url": "http://example.org/pump", "cited": False}
MADE_UP = {"text": "It was forged by dwarves [1].", "reason": "not_found", "told_by": 0}
ESC, TITLE = "\x1b]0;owned\x07\x1b[2J", "\u202egpj.exe\u200b"


def cites(*pieces: str, sources: Any = (VALVE, PUMP), unsupported: Any = ()) -> Reply:
    """A good answer with these sources."""

    def reply(handler: Handler) -> None:
        handler.start_stream()
        handler.event("status", {"state": "searching"})
        handler.event("status", {"state": "reading", "count": 2})
        handler.event("start", {"request_id": "req-1", "model": "fast", "notice": ""})
        for piece in pieces:
            handler.event("delta", {"text": piece})
        handler.event("sources", {"sources": sources})
        handler.event("support", {"unsupported": unsupported})
        handler.end()

    return reply


def test_an_answer_ends_with_the_sources_that_it_cites(user: Home, stub: Stub) -> None:
    stub.reply = cites("It opens ", "at 3.5 bar [1].\n")
    ran = user.run("net", "when", "does", "it", "open")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == "It opens at 3.5 bar [1].\n\n[1] The valve\n    https://example.com/valve?a=b\n"
    [question] = stub.questions
    assert question.json["brew"] == "net"
    assert question.json["messages"] == [{"role": "user", "content": "when does it open"}]


def test_an_answer_that_cites_nothing_ends_with_all_that_was_read(user: Home, stub: Stub) -> None:
    stub.reply = cites("The pages do not tell.", sources=[{**VALVE, "cited": False}, PUMP])
    out = user.run("net", "why").out
    assert "[1] The valve" in out and "[2] The pump" in out


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("not_found", "Not supported by its source: "),
        ("no_source", "No source is given for this: "),
        ("unknown_source", "The source of this does not exist: "),
        ("of a newer server", "Not supported by its source: "),
    ],
)
def test_what_no_source_holds_is_marked(user: Home, stub: Stub, reason: str, told: str) -> None:
    stub.reply = cites("It was forged by dwarves [1].", unsupported=[{**MADE_UP, "reason": reason}])
    out = user.run("net", "why").out
    assert f"\n\n{told}It was forged by dwarves [1].\n\n[1] The valve\n" in out


def test_a_page_that_holds_what_another_was_cited_for_is_named_and_shown(user: Home, stub: Stub) -> None:
    moved = {"text": "It weighs 12 kilograms.", "reason": "no_source", "told_by": 2}
    stub.reply = cites("It opens [1]. It weighs 12 kilograms.", unsupported=[moved])
    out = user.run("net", "why").out
    assert "No source is given for this, but [2] tells it: It weighs 12 kilograms.\n" in out
    assert "[2] The pump\n" in out


def test_programs_get_text_sources_and_what_no_source_holds(user: Home, stub: Stub) -> None:
    stub.reply = cites("It was forged by dwarves [1].", unsupported=[MADE_UP])
    ran = user.run("net", "--json", "why")
    told = json.loads(ran.out)
    assert ran.out.count("\n") == 1
    assert told["text"] == "It was forged by dwarves [1]."
    assert told["sources"] == [VALVE, PUMP]
    assert told["unsupported"] == [MADE_UP]
    assert told["usage"]["cost_micro_usd"] == 7


def test_what_is_piped_in_goes_along(user: Home, stub: Stub) -> None:
    stub.reply = cites("Yes [1].")
    assert user.run("net", "is", "it", "a", "known", "bug", stdin=b"KeyError").code == 0
    assert [piece["text"] for piece in stub.questions[0].json["context"]] == ["KeyError"]
    assert user.run("net", "--no-stdin", "why", stdin=b"KeyError").code == 0
    assert stub.questions[1].json["context"] == []


def test_nothing_to_search_for_is_told_before_anything_is_sent(user: Home, stub: Stub) -> None:
    ran = user.run("net", stdin=b"KeyError")
    assert (ran.code, ran.out) == (2, "")
    assert "There is nothing to search for." in ran.err
    assert stub.requests == []


def test_a_dry_run_shows_the_question_and_sends_nothing(user: Home, stub: Stub) -> None:
    ran = user.run("net", "--dry-run", "why", "is", "it")
    assert json.loads(ran.out)["body"]["brew"] == "net"
    assert stub.requests == []


def test_a_server_without_a_search_is_told_with_its_hint(user: Home, stub: Stub) -> None:
    stub.reply = refuses(501, "no_search", "This server has no search.", "Whoever runs it sets ANIATE_SEARCH.")
    ran = user.run("net", "why")
    assert (ran.code, ran.out) == (1, "")
    assert "This server has no search." in ran.err and "ANIATE_SEARCH" in ran.err
    ran = user.run("net", "--json", "why")
    assert json.loads(ran.err)["error"]["code"] == "no_search"


HOSTILE = [
    {"n": 1, "title": ESC + TITLE, "url": "https://example.com/\x1b]8;;x\x07", "cited": True},
    {"n": 2, "title": "x", "url": "javascript:alert(1)", "cited": True},
    {"n": 3, "title": "x", "url": "https://example.com/\u202e/", "cited": True},
    {"n": 4, "title": "x", "url": "https://example.com/ https://evil.example/", "cited": True},
    {"n": 5, "title": "a\nb\nc", "url": "https://example.com/" + "x" * 3000, "cited": True},
    {"n": 6, "title": 3, "url": 3, "cited": True},
]


@pytest.mark.parametrize("mode", [[], ["--json"]])
def test_hostile_titles_addresses_and_sentences_reach_nobody_as_they_are(
    user: Home, stub: Stub, mode: list[str]
) -> None:
    stub.reply = cites("So [1].", sources=HOSTILE, unsupported=[{"text": ESC + TITLE, "reason": ESC}])
    ran = user.run("net", *mode, "why")
    assert ran.code == 0
    shown = json.dumps(json.loads(ran.out), ensure_ascii=False) if mode else ran.out
    assert not any(each in shown for each in ("\x1b", "\x07", "\u202e", "\u200b", "javascript", "evil"))
    if mode:
        assert [each["url"] for each in json.loads(ran.out)["sources"]] == [""] * 6
    else:
        assert "[5] a b c\n" in ran.out and "[6] untitled\n" in ran.out


@pytest.mark.parametrize("sources", [None, 3, "x", [3, None, {}, {"n": "1"}, {"n": None}, {"n": True}], {"a": 1}])
def test_sources_that_make_no_sense_are_left_out(user: Home, stub: Stub, sources: object) -> None:
    stub.reply = cites("So.", sources=sources, unsupported=sources)
    ran = user.run("net", "why")
    assert (ran.code, ran.out) == (0, "So.\n")


def test_an_older_server_that_tells_of_no_sources_is_understood(user: Home) -> None:
    ran = user.run("net", "why")
    assert (ran.code, ran.out) == (0, "Hello.\n")


def on_a_terminal(user: Home, *words: str, **environ: str) -> str:
    """What `ant` writes to a terminal of 60 columns."""
    child = pexpect.spawn(
        ANT[0], [*ANT[1:], *words], cwd=str(user.work), env={**user.environ, **environ}, dimensions=(24, 60),
        encoding="utf-8", timeout=20,
    )  # fmt: skip
    written = str(child.read())
    child.close()
    return written


def test_on_a_terminal_titles_are_links_and_addresses_stand_below(user: Home, stub: Stub) -> None:
    stub.reply = cites("It opens at 3.5 bar [1].")
    written = on_a_terminal(user, "net", "why")
    assert "[1] \x1b]8;;https://example.com/valve?a=b\x1b\\The valve\x1b]8;;\x1b\\\r\n" in written
    assert "https://example.com/valve?a=b\x1b[0m\r\n" in written


def test_a_dumb_terminal_gets_no_links(user: Home, stub: Stub) -> None:
    stub.reply = cites("It opens at 3.5 bar [1].")
    assert "\x1b" not in on_a_terminal(user, "net", "why", TERM="dumb")


def test_no_address_that_is_not_of_the_web_becomes_a_link(user: Home, stub: Stub) -> None:
    stub.reply = cites("So [1].", sources=HOSTILE)
    written = on_a_terminal(user, "net", "why")
    assert "\x1b]8" not in written and "\x07" not in written
