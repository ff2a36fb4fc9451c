"""`ant brew.cmd`: a draft is seen, tried, edited, revised and saved; carried about, shared, changed, deleted."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Stub, streams
from brewed_stub import CODE, LINES, Commands, drafts

FILE = """---
name: lines
description: count the lines of a file
kind: script
may: runs
argument: path (file) the file
---
wc -l < "$path"
"""


@pytest.fixture
def commands(stub: Stub) -> Commands:
    return Commands(stub)


@pytest.fixture
def at(user: Home) -> Any:  # a function that starts `ant` on a terminal
    def start(*words: str, **environ: str) -> pexpect.spawn[str]:
        return pexpect.spawn(
            ANT[0], [*ANT[1:], *words], env={**user.environ, **environ}, cwd=str(user.work), encoding="utf-8",
            timeout=20, dimensions=(60, 120),
        )  # fmt: skip

    return start


def ended(terminal: pexpect.spawn[str]) -> int | None:
    terminal.expect(pexpect.EOF)
    terminal.close()
    return terminal.exitstatus


def editor(user: Home, script: str) -> str:
    path = user.folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


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
def test_on_a_terminal_cancel_is_the_default(key: str, at: Any, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts(body="echo hi\n\x1b[31mred")
    terminal = at("brew.cmd", "count lines")
    terminal.expect("may run programs")
    assert "\x1b[31mred" not in terminal.before
    terminal.expect("ancel")
    terminal.send(key)
    terminal.expect("Nothing was saved")
    assert ended(terminal) == 1
    assert not commands.kept


def test_what_was_seen_and_saved_on_a_terminal_is_agreed_to_here(
    user: Home, at: Any, stub: Stub, commands: Commands
) -> None:
    stub.reply = drafts()
    terminal = at("brew.cmd", "count lines")
    terminal.expect("ancel")
    terminal.send("s")
    terminal.expect("Brewed lines")
    assert ended(terminal) == 0
    (user.work / "notes").write_text("1\n")
    assert user.run("lines", "notes").code == 0


def test_a_script_is_tried_only_after_a_yes(user: Home, at: Any, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts(body='echo "got <$path>"; exit 3')
    terminal = at("brew.cmd", "count lines")
    for key in ("n", "y"):
        terminal.expect("ancel")
        terminal.send("t")
        terminal.expect(r"PATH \(file\):")
        terminal.sendline("-x; touch pwned")
        terminal.expect("Run it?")
        terminal.send(key)
    terminal.expect(r"got <\./-x; touch pwned>")
    terminal.expect("ended with 3")
    terminal.expect("ancel")
    terminal.send("c")
    assert ended(terminal) == 1
    assert not list(user.work.iterdir()) and not commands.kept


def test_a_template_is_tried(at: Any, stub: Stub, commands: Commands) -> None:
    argument = {"name": "text", "type": "text", "description": "x"}
    stub.reply = drafts(kind="template", may=["runs"], body="Translate {text}.", arguments=[argument])
    terminal = at("brew.cmd", "translate")
    terminal.expect("ask a model, and nothing else")
    terminal.expect("ancel")
    terminal.send("t")
    terminal.expect(r"TEXT \(text\):")
    terminal.sendline("bonjour")
    terminal.expect(r"Translate \[text\]\.")
    terminal.expect("Ask it?")
    stub.reply = streams("Good day.")
    terminal.send("y")
    terminal.expect("Good day.")
    terminal.expect("ancel")
    terminal.send("s")
    assert ended(terminal) == 0
    assert commands.kept["lines"]["may"] == []


def test_a_draft_is_edited_and_what_is_wrong_is_told_until_it_is_mended(
    user: Home, at: Any, stub: Stub, commands: Commands
) -> None:
    stub.reply = drafts(name="list")
    name = editor(user, 'sed -i s/list/count/ "$1"')
    terminal = at("brew.cmd", "count lines", EDITOR=name)
    terminal.expect("is a command of ant")
    terminal.expect("ancel")
    terminal.send("s")
    terminal.expect("can't be saved")
    terminal.expect("ancel")
    terminal.send("e")
    terminal.expect("used so: ant count PATH")
    terminal.expect("ancel")
    terminal.send("s")
    assert ended(terminal) == 0
    assert list(commands.kept) == ["count"]
    assert not list(user.config.glob("*draft*"))


def test_a_draft_is_revised_by_a_few_words(at: Any, stub: Stub, commands: Commands) -> None:
    stub.reply = drafts()
    terminal = at("brew.cmd", "count lines")
    terminal.expect("ancel")
    stub.reply = drafts(body="wc -w")
    terminal.send("r")
    terminal.expect("different")
    terminal.sendline("count words")
    terminal.expect("wc -w")
    terminal.expect("ancel")
    terminal.send("s")
    assert ended(terminal) == 0
    turns = stub.questions[1].json["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert json.loads(turns[1]["content"])["body"] == LINES["body"] and turns[2]["content"] == "count words"
    assert commands.kept["lines"]["body"] == "wc -w"


def test_a_name_that_is_taken_is_told_and_the_draft_stays(at: Any, stub: Stub, commands: Commands) -> None:
    commands.put()
    stub.reply = drafts()
    terminal = at("brew.cmd", "count lines")
    terminal.expect("ancel")
    terminal.send("s")
    terminal.expect("already")
    terminal.expect("ancel")
    terminal.send("\x03")
    assert ended(terminal) == 130
    assert commands.kept["lines"]["version"] == 1


def test_it_is_shown_exported_and_imported_again_the_same(user: Home, commands: Commands, tmp_path: Path) -> None:
    arguments = [
        {"name": "a", "type": "text", "description": "what (it) is", "required": True},
        {"name": "b", "type": "number", "description": "", "required": False},
        {"name": "c", "type": "flag", "description": "say more", "required": False},
    ]
    before = commands.put(arguments=arguments, body="one\n---\ntwo: three", may=["runs", "network"])
    shown = user.run("show", "lines")
    assert shown.code == 0 and "run programs, use the network" in shown.err
    file = tmp_path / "lines.txt"
    assert user.run("export", "lines", str(file)).code == 0
    assert file.read_text() == shown.out
    assert user.run("import", str(file), "--as", "second").code == 0
    texts = ("description", "kind", "arguments", "body", "may")
    assert {key: commands.kept["second"][key] for key in texts} == {key: before[key] for key in texts}
    assert user.run("import", str(file), "--as", "list").code == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("kind: script", "kind: program"),
        ("may: runs", "may: everything"),
        ("path (file)", "path file"),
        ("path (file)", "PATH (file)"),
        ("path (file)", "path (secret)"),
        ("path (file)", "path (file, sometimes)"),
        ("name: lines", "colour: blue"),
        ("name: lines", "name: Lines"),
        ("description: count the lines of a file", "description:"),
        ('wc -l < "$path"', ""),
        ('wc -l < "$path"', "a\x1b[8mhidden"),
    ],
)
def test_a_file_that_is_no_command_is_told_in_a_line_or_two(
    before: str, after: str, user: Home, commands: Commands
) -> None:
    done = user.run("import", "-", stdin=FILE.replace(before, after).encode())
    assert done.code == 1 and len(done.err.splitlines()) <= 2
    assert not commands.kept


def test_it_is_shared_by_a_code_and_copied_after_a_look_and_not_agreed_to(
    user: Home, at: Any, commands: Commands
) -> None:
    commands.put()
    done = user.run("share", "lines")
    assert (done.code, done.out) == (0, CODE + "\n") and f"ant import {CODE}" in done.err
    assert json.loads(user.run("share", "lines", "--json").out) == {"name": "lines", "code": CODE}
    commands.kept.clear()
    assert user.run("import", CODE).code == 2  # nobody can be asked
    terminal = at("import", CODE)
    terminal.expect("wc -l")
    terminal.expect("may run programs")
    terminal.expect("Save it as lines?")
    terminal.sendline("n")
    assert ended(terminal) == 1 and not commands.kept
    assert user.run("import", CODE, "--yes", "--as", "mine").code == 0
    assert commands.kept["mine"]["body"] == LINES["body"]
    assert user.run("mine", "f").code == 1
    assert user.run("share", "mine", "--stop").code == 0
    assert "There is no command of that code" in user.run("import", CODE, "--yes").err


def test_it_is_changed_in_the_users_editor_and_stays_agreed_to(user: Home, commands: Commands) -> None:
    commands.put()
    digest = json.loads(user.run("show", "lines", "--json").out)["hash"]
    user.run("agree", "lines", "--hash", digest)
    done = user.run("edit", "lines", EDITOR=editor(user, 'echo "echo mine" >> "$1"'))
    assert (done.code, done.err) == (0, "lines is at version 2.\n")
    assert commands.kept["lines"]["body"].endswith("\necho mine")
    (user.work / "notes").write_text("1\n")
    assert user.run("lines", "notes").out.endswith("mine\n")
    assert user.run("edit", "lines", EDITOR=editor(user, "true")).err == "Nothing was changed.\n"
    assert user.run("edit", "lines", "--prompt", "x").code == 2


@pytest.mark.parametrize(
    "script", ['echo "---" > "$1"', 'sed -i s/lines/rows/ "$1"', 'sed -i s/script/x/ "$1"; exit 1']
)
def test_what_was_typed_and_could_not_be_saved_is_kept(script: str, user: Home, commands: Commands) -> None:
    commands.put()
    done = user.run("edit", "lines", EDITOR=editor(user, script))
    [draft] = user.config.glob("lines.*.draft.txt")
    assert done.code == 1 and str(draft) in done.err and draft.stat().st_mode & 0o777 == 0o600
    assert commands.kept["lines"]["version"] == 1


def test_deleting_needs_a_yes_and_takes_the_agreement_away(user: Home, commands: Commands) -> None:
    commands.put()
    digest = json.loads(user.run("show", "lines", "--json").out)["hash"]
    user.run("agree", "lines", "--hash", digest)
    assert user.run("delete.cmd", "lines").code == 2 and commands.kept
    assert user.run("delete.cmd", "lines", "--yes").err == "Deleted lines.\n"
    assert not commands.kept
    assert json.loads((user.folder / ".local/state/aniate/agreed.json").read_text()) == {}
    assert user.run("delete.cmd", "lines", "--yes").code == 1


def test_who_is_logged_out_is_told_before_anything_is_asked(home: Home, stub: Stub) -> None:
    for words in (["brew.cmd", "x"], ["cmd", "lines"], ["share", "lines"], ["agree", "lines"]):
        done = home.run("--host", stub.url, *words)
        assert done.code == 4 and "ant login" in done.err
    assert not stub.requests
