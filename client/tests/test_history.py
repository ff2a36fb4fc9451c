"""`ant history`, and `-c`: what is kept on this machine, and what can be done with it, with no server about."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import pexpect
import pytest
from ant_process import ANT, Home, Ran
from ant_stub import Stub, streams
from talk import Talk

HOSTILE = "\x1b]0;pwned\x07\u202etitle\x9b2J"


def folder(home: Home) -> Path:
    return home.folder / ".local" / "state" / "aniate" / "history"


def keep(home: Home, number: int, *said: tuple[str, str], title: str = "", where: str = "", at: int = 0) -> str:
    """A conversation as `ant` keeps it; its id."""
    identity = f"{number:x}".rjust(2, "0") + "ab" * 15
    folder(home).mkdir(parents=True, exist_ok=True)
    head = {
        "conversation": identity, "at": 1_790_000_000, "folder": where or str(home.work), "profile": "default",
        "origin": "http://h", "assistant": "",
    }  # fmt: skip
    lines: list[dict[str, object]] = [head]
    lines += [{"question": asked, "answer": answer, "at": 1_790_000_000 + number} for asked, answer in said]
    lines += [{"title": title}] if title else []
    path = folder(home) / f"{identity}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    os.utime(path, (1_790_000_000 + number, 1_790_000_000 + number))
    return identity


def listed(ran: Ran) -> list[str]:
    assert ran.code == 0, ran.err
    return [row["title"] for row in json.loads(ran.out)["conversations"]]


def test_an_answer_is_kept_for_nobody_but_the_user(user: Home, stub: Stub) -> None:
    assert user.run("ask", "--model", "smart", "why", stdin=b"piped").code == 0
    [path] = folder(user).iterdir()
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent, path.parent.parent)] == [
        0o600,
        0o700,
        0o700,
    ]
    head, turn = [json.loads(line) for line in path.read_text().splitlines()]
    assert (head["folder"], head["origin"]) == (str(user.work), stub.url)
    assert (turn["question"], turn["answer"], turn["files"]) == ("why", "Hello.", ["stdin"])
    assert "piped" not in path.read_text() and "aniate_sk_" not in path.read_text()


def test_a_further_question_goes_on_where_the_last_one_ended(user: Home, stub: Stub) -> None:
    user.run("ask", "one")
    stub.reply = streams("Two.")
    assert user.run("ask", "-c", "and", "-c").out == "Two.\n"
    assert user.run("ask", "--json", "--continue", "more").code == 0
    told = [[each["content"] for each in question.json["messages"]] for question in stub.questions]
    assert told[1] == ["one", "Hello.", "and -c"]
    assert told[2] == ["one", "Hello.", "and -c", "Two.", "more"]
    assert listed(user.run("history", "--json")) == ["one"]


def test_each_assistant_and_each_folder_has_its_own_last_one(user: Home, stub: Stub) -> None:
    user.run("ask", "of nobody")
    user.run("run", "coder", "of coder")
    user.run("run", "coder", "-c", "further")
    assert [each["content"] for each in stub.questions[-1].json["messages"]] == ["of coder", "Hello.", "further"]
    user.run("ask", "-c", "further")
    assert [each["content"] for each in stub.questions[-1].json["messages"]] == ["of nobody", "Hello.", "further"]
    (user.work / "sub").mkdir()
    user.work = user.work / "sub"
    ran = user.run("ask", "-c", "nothing here")
    assert (ran.code, ran.err.split("\n")[0]) == (1, "ant: There is no conversation in this folder to go on with.")


def test_what_was_said_to_one_server_is_not_sent_to_another(user: Home, stub: Stub) -> None:
    user.run("ask", "inside")
    [path] = folder(user).iterdir()
    path.write_text(path.read_text().replace(stub.url, "https://other.example"))
    assert user.run("ask", "-c", "more").code == 1
    assert len(stub.questions) == 1


def test_the_list_has_the_newest_first_and_needs_no_login(home: Home) -> None:
    keep(home, 16, ("old one", "a"))
    keep(home, 18, ("first words", "a"), title="a better title")
    keep(home, 17, ("elsewhere", "a"), where="/srv/x")
    keep(home, 19)
    assert listed(home.run("history", "--json")) == ["a better title", "elsewhere", "old one"]
    assert listed(home.run("history", "list", "--here", "--json")) == ["a better title", "old one"]
    rows = home.run("history").out.split("\n")
    assert rows[0].split() == ["ID", "WHEN", "FOLDER", "TITLE"]
    assert "a better title" in rows[1] and "/srv/x" in rows[2]
    assert home.run("history", "list", TZ="UTC").out.count("2026-09-21") == 3


def test_on_a_narrow_terminal_there_is_no_table(home: Home) -> None:
    identity = keep(home, 16, ("how do I undo the last commit", "a"))
    talk = Talk(home, "history", columns=20)
    assert talk.ends() == 0
    assert talk.lines == [identity[:8], "  how do I undo the", "  last commit"]


def test_of_many_the_newest_are_listed(home: Home) -> None:
    for number in range(16, 50):
        keep(home, number, (f"q{number}", "a"))
    ran = home.run("history")
    assert (ran.out.count("\n"), ran.err) == (31, "4 older ones; --all lists them too.\n")
    assert home.run("history", "--all").out.count("\n") == 35


def test_search_finds_what_holds_all_words(home: Home) -> None:
    keep(home, 16, ("undo a commit", "Use git reset.\nOr git Revert it."))
    keep(home, 17, ("undo", "no"))
    ran = home.run("history", "search", "REVERT", "undo")
    assert "Or git Revert it." in ran.out and ran.out.count("\n") == 2
    assert listed(home.run("history", "search", "undo", "--json")) == ["undo", "undo a commit"]
    missed = home.run("history", "search", "nowhere")
    assert (missed.code, missed.out, missed.err) == (1, "", "No conversation holds that.\n")
    none = home.run("history", "search", "nowhere", "--json")
    assert (none.code, json.loads(none.out)) == (1, {"conversations": []})
    for words in ("", "  "):
        assert home.run("history", "search", words).code == 2


def test_show_and_export_tell_all_that_was_said(home: Home) -> None:
    identity = keep(home, 16, ("one\ntwo", "**A**"), ("three", "B"))
    shown = home.run("history", "show", "last")
    assert shown.out == "> one\n> two\n\n**A**\n\n> three\n\nB\n\n"
    assert home.run("history", "show", identity[:4]).out == shown.out
    assert home.run("history", "export", identity[:6], "talk.md").code == 0
    assert stat.S_IMODE((home.work / "talk.md").stat().st_mode) == 0o600
    text = (home.work / "talk.md").read_text()
    assert text.startswith("# one two\n") and text.count("\n## ") == 4 and "**A**" in text
    assert home.run("history", "export", "last").out == text
    again = home.run("history", "export", "last", "talk.md")
    assert (again.code, again.err) == (2, "ant: talk.md exists.\n--force writes over it.\n")
    assert home.run("history", "export", "last", "talk.md", "--force", "--json").code == 0
    data = json.loads((home.work / "talk.md").read_text())
    assert [turn["answer"] for turn in data["turns"]] == ["**A**", "B"]
    assert data == json.loads(home.run("history", "show", "last", "--json").out)


def test_rename_holds(home: Home) -> None:
    identity = keep(home, 16, ("one", "A"))
    assert home.run("history", "rename", identity[:4], "a", "new name").code == 0
    assert listed(home.run("history", "--json")) == ["a new name"]
    assert home.run("history", "rename", "last", " ").code == 2


def test_delete_asks_and_takes_what_is_named(home: Home) -> None:
    first, second, third = (keep(home, number, (f"q{number}", "a")) for number in (16, 17, 18))
    refused = home.run("history", "delete", first)
    assert (refused.code, refused.err) == (2, "ant: There is no terminal to ask on.\n--yes goes on without asking.\n")
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "history", "delete", first], env=home.environ, cwd=str(home.work), timeout=20
    )
    terminal.expect_exact('Delete "q16"? [y/N] ')
    terminal.sendline("n")
    terminal.expect_exact("Nothing was deleted.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert home.run("history", "delete", first[:5], second[:5], "--yes").err == "Deleted 2 conversations.\n"
    assert [path.stem for path in folder(home).iterdir()] == [third]
    assert json.loads(home.run("history", "delete", "--all", "--yes", "--json").out) == {"deleted": 1}
    assert list(folder(home).iterdir()) == []
    assert home.run("history").err == "No conversation is kept.\n"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["show", "last"], 1, "There is no such conversation."),
        (["show", "abcdef"], 1, "There is no conversation abcdef."),
        (["show", "ab"], 2, "ab is no id: at least 4 characters of one."),
        (["show"], 2, "Type: ant history show ID."),
        (["serach", "x"], 2, "`ant history serach` is not known"),
        (["delete", "--all", "abcd", "--yes"], 2, "Either ids, or --all."),
    ],
)
def test_what_makes_no_sense_is_said(words: list[str], code: int, sentence: str, home: Home) -> None:
    ran = home.run("history", *words)
    assert (ran.code, ran.out) == (code, "")
    assert sentence in ran.err
    told = json.loads(home.run("history", *words, "--json").err)["error"]
    assert sentence in told["message"]


def test_hostile_titles_folders_and_answers_are_only_text(home: Home) -> None:
    keep(home, 16, (HOSTILE, HOSTILE), title=HOSTILE, where=f"/{HOSTILE}")
    (folder(home) / f"{'cd' * 16}.jsonl").write_text('{"conversation": 7}\n[]\n{{{\n\x1b')
    (folder(home) / "../../evil.jsonl").write_text("x")
    (folder(home) / f"{'ef' * 16}.jsonl").symlink_to("/etc/passwd")
    for words in (["list"], ["search", "title"], ["show", "last"], ["export", "last"], ["rename", "last", HOSTILE]):
        for more in ([], ["--json"]):
            ran = home.run("history", *words, *more)
            assert ran.code == 0, ran.err
            for bad in ("\x1b", "\x07", "\x9b", "\u202e"):
                assert bad not in ran.out + ran.err, words
    assert home.run("history").out.count("\n") == 2


def test_no_more_are_kept_than_wanted(user: Home, stub: Stub) -> None:
    user.run("config", "set", "history_limit", "3")
    old = [keep(user, number, (f"q{number}", "a")) for number in range(16, 20)]
    user.run("ask", "new")
    left = {path.stem for path in folder(user).iterdir()}
    assert len(left) == 3 and left & set(old) == set(old[2:])


@pytest.mark.parametrize(("key", "value"), [("history", "maybe"), ("history_limit", "0"), ("history_limit", "x")])
def test_a_setting_that_makes_no_sense_is_refused(key: str, value: str, home: Home) -> None:
    ran = home.run("config", "set", key, value)
    assert ran.code == 2 and f"{key} must be" in ran.err


def test_where_nothing_can_be_kept_answers_are_given_all_the_same(user: Home, stub: Stub) -> None:
    ran = user.run("ask", "hi", XDG_STATE_HOME="/dev/null/nowhere")
    assert (ran.code, ran.out, ran.err) == (0, "Hello.\n", "")
    assert user.run("history", XDG_STATE_HOME="/dev/null/nowhere").code == 1


def test_a_reader_that_leaves_early_is_no_failure(home: Home) -> None:
    for number in range(16, 80):
        keep(home, number, ("q" * 70, "a"))
    process, written = home.begin("history", "show", "last")
    written.close()
    process.wait(timeout=20)
    assert process.communicate()[1] == b""
    assert process.returncode in (0, 141)
