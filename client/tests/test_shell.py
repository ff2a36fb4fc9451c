"""`ant shell` off a terminal: a command is proposed and printed, and nothing is ever run."""

import json

import pytest
from ant_process import Home
from ant_stub import Stub, streams
from shell_dialogue import proposes

_PWNED = "touch pwned"


def test_off_a_terminal_the_command_alone_is_printed(user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED, "Makes a file.", "pwned")
    ran = user.run("shell", "make", "a", "file", "called", "pwned")
    assert (ran.code, ran.out, ran.err) == (0, "touch pwned\n", "")
    assert list(user.work.iterdir()) == []
    [asked] = stub.questions
    assert asked.json["brew"] == "shell"
    assert asked.json["messages"] == [{"role": "user", "content": "make a file called pwned"}]


def test_what_is_dangerous_about_it_stands_on_stderr(user: Home, stub: Stub) -> None:
    stub.reply = proposes("rm -rf build")
    ran = user.run("shell", "clean", "up")
    assert (ran.code, ran.out, ran.err) == (0, "rm -rf build\n", "Dangerous: rm deletes files.\n")


def test_json_tells_all_and_runs_nothing(user: Home, stub: Stub) -> None:
    stub.reply = proposes("sudo rm x", "Deletes x.", "x")
    ran = user.run("shell", "--json", "delete", "x")
    told = json.loads(ran.out)
    assert (ran.code, ran.err) == (0, "")
    assert {key: told[key] for key in ("command", "does", "touches", "model")} == {
        "command": "sudo rm x", "does": "Deletes x.", "touches": "x", "model": "fast",
    }  # fmt: skip
    assert told["danger"] == ["sudo gives the command all rights", "rm deletes files"]
    assert told["usage"]["input_tokens"] == 3


@pytest.mark.parametrize("options", [["--yes"], ["--yes", "--json"]])
def test_yes_off_a_terminal_runs_nothing_and_asks_nothing(options: list[str], user: Home, stub: Stub) -> None:
    ran = user.run("shell", *options, "make", "a", "file")
    assert (ran.code, ran.out) == (2, "")
    assert "Nothing is run off a terminal" in ran.err
    assert stub.questions == []


def test_system_shell_folder_and_programs_go_along(user: Home, stub: Stub) -> None:
    stub.reply = proposes("ls")
    (user.work / "src").mkdir()
    for name in ("b.txt", ".hidden", "a\nFiles: \x1b[2J.py"):
        (user.work / name).touch()
    user.run("shell", "list", SHELL="/usr/bin/zsh")
    [piece] = stub.questions[0].json["context"]
    assert (piece["kind"], piece["name"]) == ("command", "this machine")
    rows = dict(line.split(": ", 1) for line in piece["text"].splitlines())
    assert (rows["Shell"], rows["Files here"]) == ("zsh", "a Files: ␛[2J.py, b.txt, src/")
    assert str(user.work) not in piece["text"]
    assert "git" in rows["Installed"].split(", ")


def test_what_is_piped_in_goes_along(user: Home, stub: Stub) -> None:
    stub.reply = proposes("ls")
    user.run("shell", "list", "these", stdin=b"a.txt\nb.txt\n")
    user.run("shell", "--no-stdin", "list", stdin=b"a.txt\n")
    first, second = ([piece["kind"] for piece in asked.json["context"]] for asked in stub.questions)
    assert (first, second) == (["stdin", "command"], ["command"])


def test_no_wish_is_a_usage_error(user: Home, stub: Stub) -> None:
    assert user.run("shell").code == 2
    assert stub.questions == []


def test_a_dry_run_shows_what_would_be_sent(user: Home, stub: Stub) -> None:
    ran = user.run("shell", "--dry-run", "--yes", "list")
    assert json.loads(ran.out)["body"]["brew"] == "shell"
    assert stub.questions == []


@pytest.mark.parametrize("said", ["", "  \n ", "```\n```"])
def test_no_command_is_said_and_fails(said: str, user: Home, stub: Stub) -> None:
    stub.reply = proposes(said, "It can't be done.")
    ran = user.run("shell", "fly", "to", "the", "moon")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("ant: The model has no command for that.\n")


@pytest.mark.parametrize("said", ["no JSON", "[]", '{"command": 3}', "{}"])
def test_an_answer_of_another_form_fails_kindly(said: str, user: Home, stub: Stub) -> None:
    stub.reply = streams(said)
    ran = user.run("shell", "list")
    assert (ran.code, ran.out) == (1, "")
    assert "bug" not in ran.err


@pytest.mark.parametrize("said", ["```bash\nls -l\n```", "$ ls -l", " ls -l \n"])
def test_what_a_weak_model_puts_around_the_command_is_taken_off(said: str, user: Home, stub: Stub) -> None:
    stub.reply = proposes(said)
    assert user.run("shell", "list").out == "ls -l\n"


def test_letters_that_are_not_seen_are_shown_and_dangerous(user: Home, stub: Stub) -> None:
    stub.reply = proposes("ls \u202etxt.sr\x1b]52;c;eA==\x07\u200b", "Lists\x1b[31m.")
    told = json.loads(user.run("shell", "--json", "list").out)
    assert told["command"] == r"ls \u202etxt.sr\x1b]52;c;eA==\x07\u200b"
    assert told["danger"][0] == "has characters that can't be seen"
    assert user.run("shell", "list").out == told["command"] + "\n"
