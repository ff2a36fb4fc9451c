"""`ant shell`: a command is proposed, and nothing is run but by a key on a terminal."""

import json
import re
from pathlib import Path

import pytest
from ant_process import Home
from ant_stub import Stub, streams
from shell_dialogue import Dialogue, proposes

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
    user.run("shell", "list", SHELL="/usr/bin/zsh")
    [piece] = stub.questions[0].json["context"]
    assert (piece["kind"], piece["name"]) == ("command", "this machine")
    rows = dict(line.split(": ", 1) for line in piece["text"].splitlines())
    assert (rows["Shell"], rows["Folder"]) == ("zsh", str(user.work))
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


# On a terminal.


def test_a_key_runs_it_in_the_users_shell(user: Home, stub: Stub) -> None:
    stub.reply = proposes('echo "ran in ${BASH_VERSION:+bash}"; exit 7', "Says something.", "nothing")
    with Dialogue(user, "shell", "say", "something") as dialogue:
        dialogue.expect(r"Says something\..*Touches: nothing")
        assert dialogue.answer("r", r"ran in bash") == 7


@pytest.mark.parametrize("key", ["\r", "\x1b", "n", "\x04"])
def test_cancel_is_the_default(key: str, user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED)
    with Dialogue(user, "shell", "make", "it") as dialogue:
        assert dialogue.answer(key) == 1
    assert list(user.work.iterdir()) == []


def test_ctrl_c_at_the_question_runs_nothing(user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED)
    with Dialogue(user, "shell", "make", "it") as dialogue:
        assert dialogue.answer("\x03") == 130
        assert "Traceback" not in dialogue.said
    assert list(user.work.iterdir()) == []


def test_other_keys_run_nothing(user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED)
    with Dialogue(user, "shell", "make", "it") as dialogue:
        for key in ("y", "q", "z", "1", " "):
            dialogue.type(key)
        assert dialogue.answer("n") == 1
    assert list(user.work.iterdir()) == []


def test_a_dangerous_one_needs_the_word(user: Home, stub: Stub) -> None:
    (user.work / "old.txt").write_text("x")
    stub.reply = proposes("rm old.txt")
    for typed, left in (("y", True), ("run", True), ("run it", False)):
        with Dialogue(user, "shell", "delete", "it") as dialogue:
            dialogue.expect("Dangerous: rm deletes files")
            dialogue.type("r")
            dialogue.expect('Type "run it"')
            assert dialogue.answer(typed + "\r", ask=False) == (1 if left else 0)
        assert (user.work / "old.txt").exists() == left


def test_yes_runs_at_once_but_for_what_is_dangerous(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo at''once")
    with Dialogue(user, "shell", "--yes", "say") as dialogue:
        dialogue.expect("atonce")
        assert dialogue.ended() == 0
    stub.reply = proposes("rm -rf old")
    with Dialogue(user, "shell", "--yes", "delete") as dialogue:
        dialogue.expect('Type "run it"')
        assert dialogue.answer("\r", ask=False) == 1


def test_it_is_edited_in_place_and_read_anew(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo one", "Says one.")
    with Dialogue(user, "shell", "say") as dialogue:
        dialogue.expect("Says one")
        dialogue.type("e")
        dialogue.expect(r"\$ echo one")
        dialogue.type("; rm two\r")
        dialogue.expect("Dangerous: rm deletes files")
        assert dialogue.answer("n") == 1


def test_it_is_revised_by_a_few_words(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo one", "Says one.")
    with Dialogue(user, "shell", "say", "one") as dialogue:
        dialogue.expect("Says one")
        stub.reply = proposes("echo two", "Says two.")
        dialogue.type("v")
        dialogue.expect("What should be different")
        dialogue.type("say two\r")
        dialogue.expect("Says two")
        assert dialogue.answer("r", "two") == 0
    turns = stub.questions[1].json["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert json.loads(turns[1]["content"])["command"] == "echo one"
    assert turns[2]["content"] == "say two"


def test_it_is_explained(user: Home, stub: Stub) -> None:
    stub.reply = proposes("tar -xzf a.tgz", "Unpacks.")
    with Dialogue(user, "shell", "unpack") as dialogue:
        dialogue.expect("Unpacks")
        stub.reply = streams("x extracts, z gunzips.")
        dialogue.type("x")
        dialogue.expect("x extracts, z gunzips")
        assert dialogue.answer("n") == 1
    assert stub.questions[1].json["brew"] == "what"
    assert stub.questions[1].json["context"][0]["text"] == "tar -xzf a.tgz"


def test_it_is_copied_through_the_terminal(user: Home, stub: Stub) -> None:
    stub.reply = proposes("ls -l")
    with Dialogue(user, "shell", "list") as dialogue:
        assert dialogue.answer("c", re.escape("\x1b]52;c;bHMgLWw=\x07")) == 0


def test_a_hostile_answer_cannot_drive_the_terminal(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo x\x1b]0;t\x07\x9b2J\u202e", "Says\x1b]52;c;eA==\x07 x.", "\x1b[2J\x08")
    with Dialogue(user, "shell", "say") as dialogue:
        dialogue.expect("can't be seen")
        assert dialogue.answer("n") == 1
        assert re.sub(r"\x1b\[[0-9;]*m", "", dialogue.said).count("\x1b") == 0
        assert not {"\x9b", "\u202e", "\x08"} & set(dialogue.said)


def test_ctrl_c_goes_to_the_command(user: Home, stub: Stub) -> None:
    stub.reply = proposes("trap 'echo cau''ght; exit 9' INT; echo rea''dy; sleep 20 & wait")
    with Dialogue(user, "shell", "wait") as dialogue:
        dialogue.type("r")
        dialogue.expect("ready")
        dialogue.type("\x03")
        dialogue.expect("caught")
        assert dialogue.ended() == 9
    stub.reply = proposes("echo rea''dy; sleep 20")
    with Dialogue(user, "shell", "wait") as dialogue:
        dialogue.type("r")
        dialogue.expect("ready")
        dialogue.type("\x03")
        assert dialogue.ended() == 130
        assert "Traceback" not in dialogue.said


def test_a_signal_is_told_as_shells_tell_it(user: Home, stub: Stub) -> None:
    stub.reply = proposes("ki''ll -TERM $$")
    with Dialogue(user, "shell", "stop") as dialogue:
        dialogue.type("r")
        dialogue.expect('Type "run it"')
        assert dialogue.answer("run it\r", ask=False) == 143


@pytest.mark.parametrize(("shell", "prints"), [("zsh", "$ZSH_NAME"), ("fish", "fi(echo s)h"), ("dash", "${0##*/}")])
def test_other_shells_run_their_own_language(shell: str, prints: str, user: Home, stub: Stub) -> None:
    stub.reply = proposes(f"echo is:{prints}")
    with Dialogue(user, "shell", "--yes", "say", shell=shell) as dialogue:
        if shell == "fish":  # bash's grammar can't read it
            dialogue.expect('Type "run it"')
            dialogue.type("run it\r")
        dialogue.expect(f"is:{shell}")
        assert dialogue.ended() == 0


def test_a_narrow_terminal_still_asks(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo one", "Says one, and after that nothing more.")
    with Dialogue(user, "shell", "say", columns=20) as dialogue:
        assert dialogue.answer("n") == 1


def test_a_home_that_cannot_be_written_stops_no_command(user: Home, stub: Stub) -> None:
    (user.folder / ".bash_history").mkdir()
    stub.reply = proposes("echo r''an")
    with Dialogue(user, "shell", "say") as dialogue:
        assert dialogue.answer("r", "not in the history.*ran") == 0


def test_nothing_is_left_behind(user: Home, stub: Stub) -> None:
    stub.reply = proposes("true")
    with Dialogue(user, "shell", "do", "nothing") as dialogue:
        assert dialogue.answer("r") == 0
    left = sorted(str(path.relative_to(user.folder)) for path in user.folder.rglob("*") if path.is_file())
    assert [name for name in left if not name.startswith(".config")] == [".bash_history"]
    assert Path(user.folder, ".bash_history").read_text() == "true\n"
