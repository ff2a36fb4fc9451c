"""`ant brew.cmd`: a draft is seen, tried, edited, revised and saved; carried about, shared, changed, deleted."""

from __future__ import annotations

import json

import pytest
from ant_process import Home
from ant_stub import Stub, streams
from brewed_stub import LINES, Commands, drafts, editor, ended, terminal

FILE = """---
name: lines
description: count the lines of a file
kind: script
may: runs
argument: path (file) the file
---
wc -l < "$path"
"""


def test_off_a_terminal_the_draft_is_printed_and_nothing_saved(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts()
    done = user.run("brew.cmd", "count", "the", "lines")
    assert (done.code, done.out, commands.kept) == (0, FILE, {})
    assert done.err == "Nothing was saved: --yes saves it.\n"
    [asked] = stub.questions
    assert (asked.json["brew"], asked.json["messages"]) == ("maker", [{"role": "user", "content": "count the lines"}])
    assert json.loads(user.run("brew.cmd", "--json", "count").out)["saved"] is False
    assert not commands.kept


def test_with_yes_it_is_saved_and_used_by_its_name_after_a_yes_to_its_script(
    user: Home, stub: Stub, commands: Commands
) -> None:
    stub.reply = drafts()
    done = user.run("brew.cmd", "--yes", "count lines")
    assert (done.code, done.err) == (0, "Brewed lines. Use it: ant lines PATH\n")
    (user.work / "notes").write_text("1\n2\n")
    assert user.run("lines", "notes").code == 1  # nobody has seen it
    digest = json.loads(user.run("show", "lines", "--json").out)["hash"]
    assert user.run("agree", "lines", "--hash", digest).code == 0
    assert user.run("lines", "notes").out.strip() == "2"


def test_what_is_piped_in_goes_along_or_is_the_command_itself(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts()
    assert user.run("brew.cmd", "like this", stdin=b"ls | wc -l").code == 0
    assert stub.questions[0].json["context"][0]["text"] == "ls | wc -l"
    assert user.run("brew.cmd", "--yes", stdin=FILE.encode()).code == 0
    (user.work / "f").write_text(FILE.replace("lines", "rows"))
    assert user.run("brew.cmd", "--yes", "--from-file", "f").code == 0
    assert sorted(commands.kept) == ["lines", "rows"] and len(stub.questions) == 1
    assert user.run("brew.cmd").code == user.run("brew.cmd", "--from-file", "f", "words").code == 2


def test_a_dry_run_shows_the_request_and_sends_nothing(user: Home, stub: Stub, commands: Commands) -> None:
    shown = json.loads(user.run("brew.cmd", "--dry-run", "count", stdin=b"piped").out)
    assert shown["body"]["brew"] == "maker" and not stub.requests


@pytest.mark.parametrize(
    "answer",
    ["", "Sure!", "[]", "{}", '{"name": 3, "arguments": {"a": 1}, "may": [1], "body": null}', '{"name": "x"}'],
)
def test_a_poor_answer_is_told_and_never_saved(answer: str, user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = streams(answer)
    done = user.run("brew.cmd", "--yes", "count")
    assert done.code == 1 and "Traceback" not in done.err and "bug" not in done.err
    assert not commands.kept


def test_names_that_the_model_spells_otherwise_are_mended_wherever_they_stand(
    user: Home, stub: Stub, commands: Commands
) -> None:
    argument = {"name": "File-Name", "type": "file", "description": "x"}
    stub.reply = drafts(name="Count Lines", arguments=[argument], body='wc -l "$File-Name" "${File-Name}"')
    assert user.run("brew.cmd", "--yes", "count").code == 0
    kept = commands.kept["count-lines"]
    assert (kept["arguments"][0]["name"], kept["body"]) == ("file_name", 'wc -l "$file_name" "${file_name}"')


@pytest.mark.parametrize("name", ["ask", "brew", "list", ""])
def test_a_name_that_is_ours_is_not_saved(name: str, user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts(name=name)
    done = user.run("brew.cmd", "--yes", "count")
    assert done.code == 1 and "name" in done.err and not commands.kept


@pytest.mark.parametrize("key", ["c", "\r", "\x1b"])
def test_on_a_terminal_cancel_is_the_default(user: Home, key: str, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts(body="echo hi\n\x1b[31mred")
    running = terminal(user, "brew.cmd", "count lines")
    running.expect("may run programs")
    assert "\x1b[31mred" not in str(running.before)
    running.expect("ancel")
    running.send(key)
    running.expect("Nothing was saved")
    assert ended(running) == 1
    assert not commands.kept


def test_what_was_seen_and_saved_on_a_terminal_is_agreed_to_here(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts()
    running = terminal(user, "brew.cmd", "count lines")
    running.expect("ancel")
    running.send("s")
    running.expect("Brewed lines")
    assert ended(running) == 0
    (user.work / "notes").write_text("1\n")
    assert user.run("lines", "notes").code == 0


def test_what_the_server_made_of_it_is_not_what_was_agreed_to(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts()
    put = commands.put
    commands.put = lambda **fields: put(**{**fields, "body": "touch pwned"})  # type: ignore[method-assign]
    running = terminal(user, "brew.cmd", "count lines")
    running.expect("ancel")
    running.send("s")
    running.expect("Brewed lines")
    assert ended(running) == 0
    (user.work / "notes").write_text("1\n")
    done = user.run("lines", "notes")
    assert done.code == 1 and "is new on this machine" in done.err
    assert not (user.work / "pwned").exists()


def test_a_script_is_tried_only_after_a_yes(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts(body='echo "got <$path>"; exit 3')
    running = terminal(user, "brew.cmd", "count lines")
    for key in ("n", "y"):
        running.expect("ancel")
        running.send("t")
        running.expect(r"PATH \(file\):")
        running.sendline("-x; touch pwned")
        running.expect("Run it?")
        running.send(key)
    running.expect(r"got <\./-x; touch pwned>")
    running.expect("ended with 3")
    running.expect("ancel")
    running.send("c")
    assert ended(running) == 1
    assert not list(user.work.iterdir()) and not commands.kept


def test_ctrl_c_ends_the_script_that_is_tried_and_the_draft_stays(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts(arguments=[], body="echo ready; exec sleep 30")  # between fork and exec, bash loses it
    running = terminal(user, "brew.cmd", "wait")
    running.expect("ancel")
    running.send("t")
    running.expect("Run it?")
    running.send("y")
    running.expect("ready")
    running.sendintr()
    running.expect("ended with 130")
    running.expect("ancel")
    running.send("s")
    assert ended(running) == 0 and "lines" in commands.kept


def test_a_template_is_tried(user: Home, stub: Stub, commands: Commands) -> None:
    argument = {"name": "text", "type": "text", "description": "x"}
    stub.reply = drafts(kind="template", may=["runs"], body="Translate {text}.", arguments=[argument])
    running = terminal(user, "brew.cmd", "translate")
    running.expect("ask a model, and nothing else")
    running.expect("ancel")
    running.send("t")
    running.expect(r"TEXT \(text\):")
    running.sendline("bonjour")
    running.expect(r"Translate \[text\]\.")
    running.expect("Ask it?")
    stub.reply = streams("Good day.")
    running.send("y")
    running.expect("Good day.")
    running.expect("ancel")
    running.send("s")
    assert ended(running) == 0
    assert commands.kept["lines"]["may"] == []


def test_a_draft_is_edited_and_what_is_wrong_is_told_until_it_is_mended(
    user: Home, stub: Stub, commands: Commands
) -> None:
    stub.reply = drafts(name="list")
    name = editor(user, 'sed -i s/list/count/ "$1"')
    running = terminal(user, "brew.cmd", "count lines", EDITOR=name)
    running.expect("is a command of ant")
    running.expect("ancel")
    running.send("s")
    running.expect("can't be saved")
    running.expect("ancel")
    running.send("e")
    running.expect("used so: ant count PATH")
    running.expect("ancel")
    running.send("s")
    assert ended(running) == 0
    assert list(commands.kept) == ["count"]
    assert not list(user.config.glob("*draft*"))


def test_a_draft_is_revised_by_a_few_words(user: Home, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts()
    running = terminal(user, "brew.cmd", "count lines")
    running.expect("ancel")
    stub.reply = drafts(body="wc -w")
    running.send("r")
    running.expect("different")
    running.sendline("count words")
    running.expect("wc -w")
    running.expect("ancel")
    running.send("s")
    assert ended(running) == 0
    turns = stub.questions[1].json["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert json.loads(turns[1]["content"])["body"] == LINES["body"] and turns[2]["content"] == "count words"
    assert commands.kept["lines"]["body"] == "wc -w"


def test_a_name_that_is_taken_is_told_and_the_draft_stays(user: Home, stub: Stub, commands: Commands) -> None:
    commands.put()
    stub.reply = drafts()
    running = terminal(user, "brew.cmd", "count lines")
    running.expect("ancel")
    running.send("s")
    running.expect("already")
    running.expect("ancel")
    running.send("\x03")
    assert ended(running) == 130
    assert commands.kept["lines"]["version"] == 1
