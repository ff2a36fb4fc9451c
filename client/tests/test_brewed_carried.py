"""Brewed commands shown, exported, imported, shared, edited and deleted."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ant_process import Home
from ant_stub import Stub
from brewed_stub import CODE, LINES, Commands, editor, ended, terminal

FILE = """---
name: lines
description: count the lines of a file
kind: script
may: runs
argument: path (file) the file
---
wc -l < "$path"
"""


@pytest.mark.parametrize("words", [("show",), ("export",), ("edit", "--file", "/dev/null")])
def test_what_is_neither_an_assistant_nor_a_command_is_called_so(
    user: Home, commands: Commands, words: tuple[str, ...]
) -> None:
    done = user.run(words[0], "nobody", *words[1:])
    assert (done.code, done.err.split("\n")[0]) == (1, "ant: There is no assistant and no command nobody.")


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


def test_it_is_shared_by_a_code_and_copied_after_a_look_and_not_agreed_to(user: Home, commands: Commands) -> None:
    commands.put()
    done = user.run("share", "lines")
    assert (done.code, done.out) == (0, CODE + "\n") and f"ant import {CODE}" in done.err
    assert json.loads(user.run("share", "lines", "--json").out) == {"name": "lines", "code": CODE}
    commands.kept.clear()
    assert user.run("import", CODE).code == 2  # nobody can be asked
    running = terminal(user, "import", CODE)
    running.expect("wc -l")
    running.expect("may run programs")
    running.expect("Save it as lines?")
    running.sendline("n")
    assert ended(running) == 1 and not commands.kept
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
