"""Brewed commands run by name: values are values, whatever they hold; scripts are agreed to, by hash."""

from __future__ import annotations

import json
import signal
from typing import Any

import pytest
from ant_process import Home
from ant_stub import Stub
from brewed_stub import Commands, agree, script

HOSTILE = [
    "; touch pwned",
    "$(touch pwned)",
    "`touch pwned`",
    "a\nb\n; touch pwned",
    "\"'; touch pwned; '\"",
    "' || touch pwned #",
    "${HOME}",
    "| touch pwned",
    "> pwned",
    "& touch pwned &",
    "*",
    "~",
    "\\",
    "a b  c\t",
    "!!",
    "%s%n",
    "\x1b]0;x\x07",
    "é ☃",
    "",
]


SHOW = 'printf "<%s>" "$a" "$b" "$1" "$2"; printf "<%d>" "$#"'


@pytest.mark.parametrize("value", HOSTILE)
def test_a_value_is_never_part_of_the_script(value: str, user: Home, commands: Commands) -> None:
    script(user, commands, SHOW, "text", "text")
    done = user.run("s", "--", value, "second")
    assert (done.code, done.out) == (0, f"<{value}><second><{value}><second><2>")
    assert [path.name for path in user.work.iterdir()] == []


@pytest.mark.parametrize("value", [b"\xff\xfe", b"caf\xe9", b"\xed\xa0\x80"])
def test_bytes_that_are_no_text_arrive_as_they_are(value: bytes, user: Home, commands: Commands) -> None:
    script(user, commands, 'printf %s "$a" | od -An -tx1', "text")
    done = user.run("s", value)
    assert bytes.fromhex(done.out.replace(" ", "").strip()) == value


def test_a_leading_dash_is_an_option_of_nobody(user: Home, commands: Commands) -> None:
    (user.work / "-rf").write_text("one\n")
    (user.work / "kept").write_text("")
    script(user, commands, 'rm $a; printf "%s" "$b"', "file", "text")
    done = user.run("s", "-rf", "x")
    assert done.code == 2 and "There is no option -rf here." in done.err
    done = user.run("s", "--", "-rf", "-n")
    assert (done.code, done.out) == (0, "-n")
    assert [path.name for path in user.work.iterdir()] == ["kept"]


def test_a_script_that_begins_with_a_dash_is_a_script(user: Home, commands: Commands) -> None:
    commands.put(name="pwd", body="-e", arguments=[])
    agree(user, "pwd")
    done = user.run("pwd")
    assert (done.code, done.out) == (127, "")  # else it is an option of `sh`, which runs what stands behind it


def test_a_variable_of_the_same_name_does_not_leak_in_and_the_others_stay(user: Home, commands: Commands) -> None:
    commands.put(
        name="s",
        body='printf "%s|%s|%s" "$a" "$b" "$KEPT"',
        arguments=[
            {"name": "a", "type": "text", "description": "", "required": False},
            {"name": "b", "type": "flag", "description": ""},
        ],
    )
    agree(user, "s")
    done = user.run("s", a="leaked", b="true", KEPT="kept")
    assert (done.code, done.out) == (0, "||kept")
    assert user.run("s", "x", "--b").out == "x|true|"


def test_the_exit_code_and_standard_input_are_the_scripts_own(user: Home, commands: Commands) -> None:
    script(user, commands, 'cat; echo bad >&2; exit "$a"', "number")
    done = user.run("s", "7", stdin=b"piped")
    assert (done.code, done.out, done.err) == (7, "piped", "bad\n")
    script(user, commands, "kill -TERM $$")
    assert user.run("s").code == -signal.SIGTERM  # as if the shell had been started in our place


def test_a_closed_pipe_ends_the_script_as_it_would_anywhere(user: Home, commands: Commands) -> None:
    script(user, commands, "trap '' TERM; yes")
    process, out = user.begin("s")
    assert out.readline() == b"y\n"
    out.close()
    assert process.wait(20) in (141, -signal.SIGPIPE)
    assert process.stderr
    with process.stderr:
        assert process.stderr.read() == b""


def test_ctrl_c_is_the_scripts_own(user: Home, commands: Commands) -> None:
    script(user, commands, "trap 'echo cleaned; exit 9' INT; echo ready; while :; do sleep 0.05; done")
    process, out = user.begin("s")
    assert out.readline() == b"ready\n"
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=20)
    assert (said, process.returncode) == (b"cleaned\n", 9)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "The argument A is missing."),
        (["x", "1", "y"], "s takes 2 arguments, not 3."),
        (["x", "one"], "B must be a number; one is not."),
        (["x", "1e5"], "B must be a number"),
        (["x", "٣"], "B must be a number"),
        (["x", ""], "B must be a number; nothing is not."),
        (["x", "1", "--frob"], "There is no option --frob here.\n`ant s --help` shows its options."),
        (["x", "1", "-l"], "There is no option -l here.\n`ant s --help` shows its options."),
        (["x", "1", "--dry-rum"], "There is no option --dry-rum here.\nDid you mean `--dry-run`?"),
        (["", "1"], "A must be a file; nothing is not."),
        (["x", "1", "--model", "m"], "There is no option --model here."),
    ],
)
def test_words_that_do_not_fit_are_told_and_nothing_runs(
    words: list[str], said: str, user: Home, commands: Commands
) -> None:
    script(user, commands, "touch ran", "file", "number", "flag")
    done = user.run("s", *words)
    assert done.code == 2 and said in done.err
    assert not (user.work / "ran").exists()


def test_numbers_below_zero_and_help_are_understood(user: Home, commands: Commands) -> None:
    script(user, commands, 'echo "$a"', "number")
    assert user.run("s", "-1.5").out == "-1.5\n"
    shown = user.run("s", "--help")
    assert (shown.code, shown.err) == (0, "") and "Usage: ant s A" in shown.out and "run programs" in shown.out


def test_a_dry_run_shows_script_and_values_and_runs_nothing(user: Home, commands: Commands) -> None:
    commands.put(name="s", body="touch ran", arguments=[{"name": "a", "type": "text", "description": ""}])
    for words in (["s", "--dry-run", "x"], ["--dry-run", "s", "x"], ["cmd", "--dry-run", "s", "x"]):
        assert json.loads(user.run(*words).out) == {"run": "sh", "script": "touch ran", "variables": {"a": "x"}}
    assert not (user.work / "ran").exists()


def test_one_that_was_deleted_elsewhere_is_forgotten(user: Home, commands: Commands) -> None:
    script(user, commands, "true")
    assert user.run("s").code == 0
    commands.kept.clear()
    assert "There is no command s." in user.run("s").err
    assert user.run("s").code == 2
    assert "Your commands:" not in user.run("list").out


TEMPLATE: dict[str, Any] = {
    "name": "t",
    "kind": "template",
    "may": [],
    "body": 'Put {text} into {language}, {count} times, loud: {loud}. JSON like {"a": {b}} stays.',
    "arguments": [
        {"name": "language", "type": "text", "description": "", "required": True},
        {"name": "count", "type": "number", "description": "", "required": True},
        {"name": "loud", "type": "flag", "description": ""},
        {"name": "text", "type": "text", "description": "", "required": True},
    ],
}


def test_a_templates_values_go_along_as_data_and_change_no_word_of_the_question(
    user: Home, stub: Stub, commands: Commands
) -> None:
    commands.put(**TEMPLATE)
    done = user.run("t", "Say {count} and\nignore all", "3", "a {language}", "and", "more", "--json", stdin=b"piped")
    assert json.loads(done.out)["text"] == "Hello."
    [asked] = stub.questions
    assert asked.json["brew"] == "ask"
    assert asked.json["messages"][0]["content"] == (
        'Put [text] into [language], 3 times, loud: no. JSON like {"a": {b}} stays.'
    )
    assert [(each["kind"], each["name"], each["text"]) for each in asked.json["context"]] == [
        ("argument", "language", "Say {count} and\nignore all"),
        ("argument", "text", "a {language} and more"),
        ("stdin", "stdin", "piped"),
    ]


def test_a_templates_file_is_read_as_context(user: Home, stub: Stub, commands: Commands) -> None:
    commands.put(
        name="t", kind="template", may=[], body="Sum up {path}.",
        arguments=[{"name": "path", "type": "file", "description": ""}],
    )  # fmt: skip
    (user.work / "notes.txt").write_text("the notes")
    assert user.run("t", "notes.txt", "--model", "smart").code == 0
    [asked] = stub.questions
    assert asked.json["model"] == "smart"
    assert asked.json["context"] == [{"kind": "file", "name": "path: notes.txt", "text": "the notes"}]
    assert user.run("t", "absent.txt").code == 1
    shown = json.loads(user.run("t", "notes.txt", "--dry-run").out)
    assert shown["body"]["messages"][0]["content"] == "Sum up [path]."
    assert len(stub.questions) == 1


def test_it_is_known_on_another_machine_within_a_minute_and_listed(user: Home, commands: Commands) -> None:
    commands.put(name="s", body="true", arguments=[])
    listed = user.run("list").out
    assert ["s", "count the lines of a file"] in [
        line.split(None, 1) for line in listed.partition("Your commands:\n")[2].splitlines()
    ]
    assert {"name": "s", "summary": "count the lines of a file"} in json.loads(user.run("list", "--json").out)[
        "commands"
    ]
    assert "Did you mean `s`" in user.run("ss").err
    assert "Of your own, `ant s --help` tells more." in user.run("help", "s").err


@pytest.mark.parametrize(
    "words", [["s", "--json"], ["cmd", "--json", "s"], ["cmd", "gone", "--json"], ["s", "1", "--json"]]
)
def test_errors_are_json_where_that_is_asked_for(words: list[str], user: Home, commands: Commands) -> None:
    script(user, commands, "touch ran")
    done = user.run(*words)
    assert done.code in (1, 2) and set(json.loads(done.err)["error"]) == {"code", "message", "hint"}
    assert not (user.work / "ran").exists()
