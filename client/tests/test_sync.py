"""`ant config sync on`: two machines of one account, what one says the other goes on with, and nothing is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ant_process import Home
from ant_stub import Stub, streams
from keeping_stub import Keeping
from talk import Talk


@pytest.fixture
def keeping(stub: Stub) -> Keeping:
    return Keeping(stub)


@pytest.fixture
def other(tmp_path: Path, user: Home, stub: Stub, keeping: Keeping) -> Home:
    """Another machine of the same user, where the same folder is; both share their conversations."""
    (tmp_path / "second" / "work").mkdir(parents=True)
    user.work = user.folder / "work"
    user.work.mkdir()
    machine = Home(tmp_path / "second", tmp_path / "second" / "work")
    machine.log_in(stub.url)
    for each in (user, machine):
        assert each.run("config", "sync", "on").code == 0
    return machine


def titles(home: Home) -> list[str]:
    return [row["title"] for row in json.loads(home.run("history", "--json").out)["conversations"]]


def said(home: Home, word: str = "last") -> list[str]:
    turns = json.loads(home.run("history", "show", word, "--json").out)["turns"]
    return [turn["question"] for turn in turns]


def test_by_default_nothing_but_the_question_leaves_the_machine(user: Home, stub: Stub, keeping: Keeping) -> None:
    user.run("ask", "one")
    user.run("history")
    user.run("ask", "-c", "two")
    assert {request.path for request in stub.requests} == {"/v1/chat"}


def test_what_is_there_goes_along_when_it_is_turned_on(user: Home, stub: Stub, keeping: Keeping) -> None:
    user.run("ask", "one")
    ran = user.run("config", "sync", "on")
    assert ran.err.startswith("Your account keeps your conversations from now on")
    [row] = keeping.kept.values()
    assert "default" not in row["lines"][0] and stub.url not in row["lines"][0]
    off = user.run("config", "sync", "off")
    assert "`ant history delete --account` deletes that" in off.err
    user.run("ask", "-c", "two")
    assert len(row["lines"]) == 2


def test_a_second_machine_goes_on_where_the_first_stopped(user: Home, other: Home, stub: Stub) -> None:
    talk = Talk(user)
    talk.prompts()
    talk.ask("first", "Hello.")
    assert talk.leave() == 0
    stub.reply = streams("There.")
    assert other.run("ask", "-c", "second").code == 0
    assert [each["content"] for each in stub.questions[-1].json["messages"]] == ["first", "Hello.", "second"]
    assert said(user) == ["first", "second"]
    again = Talk(user, "-c")
    again.prompts()
    again.shows('Going on with "first" (2 turns)')
    again.ask("/rename better", "better")
    again.leave()
    assert titles(other) == ["better"]


def test_what_was_said_without_a_network_goes_along_the_next_time(
    user: Home, other: Home, keeping: Keeping, stub: Stub
) -> None:
    keeping.away = True
    assert user.run("ask", "alone").code == 0
    assert titles(user) == ["alone"]
    assert keeping.kept == {}
    keeping.away = False
    user.run("history")
    assert titles(other) == ["alone"]


def test_two_that_go_on_from_the_same_turn_both_keep_what_they_said(
    user: Home, other: Home, keeping: Keeping, stub: Stub
) -> None:
    user.run("ask", "start")
    other.run("history")
    keeping.away = True
    user.run("ask", "-c", "here")
    other.run("ask", "-c", "there")
    keeping.away = False
    for each in (user, other, user, other):
        each.run("history")
    for each in (user, other):
        rows = json.loads(each.run("history", "--json").out)["conversations"]
        assert sorted(said(each, row["id"]) for row in rows) == [["start", "here"], ["start", "there"]]


def test_what_is_deleted_is_deleted_everywhere(user: Home, other: Home, keeping: Keeping, stub: Stub) -> None:
    for question in ("one", "two", "three"):
        user.run("ask", question)
    assert sorted(titles(other)) == ["one", "three", "two"]
    keeping.away = True
    assert user.run("history", "delete", "last", "--yes").code == 0
    keeping.away = False
    user.run("history")
    assert sorted(titles(other)) == ["one", "two"]
    refused = user.run("history", "delete", "--account", "--yes")
    assert (refused.code, "First: ant config sync off" in refused.err) == (2, True)
    user.run("config", "sync", "off")
    assert user.run("history", "delete", "--account", "--yes").err == "Deleted 2 conversations.\n"
    assert sorted(titles(user)) == ["one", "two"]
    assert titles(other) == []


def test_what_was_added_to_a_conversation_that_is_deleted_elsewhere_stays(
    user: Home, other: Home, keeping: Keeping, stub: Stub
) -> None:
    user.run("ask", "start")
    other.run("history")
    keeping.away = True
    other.run("ask", "-c", "more")
    keeping.away = False
    user.run("history", "delete", "last", "--yes")
    assert said(other) == ["start", "more"]
    assert said(user) == ["start", "more"]
    assert len(keeping.kept) == 2


def test_nothing_is_sent_twice(user: Home, other: Home, stub: Stub) -> None:
    user.run("ask", "one")
    for _ in range(3):
        user.run("history")
        other.run("history")
    assert sum(request.method == "PUT" for request in stub.requests) == 1


def test_another_accounts_server_copy_is_never_mixed_in(user: Home, other: Home, keeping: Keeping, stub: Stub) -> None:
    user.run("ask", "of ada")
    keeping.user, keeping.kept = "bob", {}
    user.run("ask", "of bob")
    assert all("of ada" not in json.dumps(row) for row in keeping.kept.values())


def test_what_a_server_sends_is_only_a_conversation(user: Home, other: Home, keeping: Keeping, stub: Stub) -> None:
    for at, name in enumerate(("../../evil", "ab" * 16, "cd" * 16)):
        head = {"conversation": name if at < 2 else "ef" * 16, "folder": "/x", "at": 1}
        keeping.change(name, 2, [json.dumps(head), '{"question": "\\u001b]0;x\\u0007q", "answer": "a"}', "no json"])
    assert titles(user) == ["␛]0;xq"]
    folder = user.folder / ".local/state/aniate"
    assert sorted(path.name for path in folder.rglob("*.jsonl")) == ["ab" * 16 + ".jsonl"]


def test_who_is_not_logged_in_is_told(home: Home) -> None:
    assert home.run("config", "sync", "on").code == 4
    assert home.run("config", "get", "sync").out == "off\n"
    assert home.run("config", "sync", "maybe").code == 2
    home.run("config", "set", "sync", "on")
    assert home.run("history").code == 0
