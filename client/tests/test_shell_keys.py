"""`ant shell` on a terminal: nothing is run but by a key, and what is dangerous not without a word."""

import json
import re
import signal
import time
from pathlib import Path
from threading import Event

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Handler, Stub, streams
from shell_dialogue import ASKED, Dialogue, proposes

_PWNED = "touch pwned"


def test_a_key_runs_it_in_the_users_shell(user: Home, stub: Stub) -> None:
    stub.reply = proposes('echo "ran in ${BASH_VERSION:+bash}"; exit 7', "Says something.", "nothing")
    with Dialogue(user, "shell", "say", "something") as dialogue:
        dialogue.expect(r"Says something\..*Touches: nothing")
        assert dialogue.answer("r", r"ran in bash") == 7


def test_a_little_colour_marks_programs_and_strings(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo 'a b' | wc")
    for environ, shown in (
        ({}, "\x1b[1mecho\x1b[0m \x1b[32m'a b'\x1b[0m | "),
        ({"NO_COLOR": "1"}, "echo 'a b' | wc\r"),
    ):
        user.environ.update(environ)
        with Dialogue(user, "shell", "count") as dialogue:
            assert dialogue.answer("n") == 1
            assert shown in dialogue.said


def test_a_program_that_was_killed_leaves_no_mute_terminal(user: Home, stub: Stub) -> None:
    stub.reply = proposes("stty -echo; ki''ll -KILL $$")
    with Dialogue(user, "shell", "die") as dialogue:
        dialogue.press("r")
        dialogue.expect('Type "run it"')
        assert dialogue.answer("run it\r", ask=False) == 137
        assert dialogue.echoed


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


@pytest.mark.parametrize("key", ["", "e"])
def test_who_ends_it_from_outside_finds_the_terminal_as_it_was(key: str, user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED)
    with Dialogue(user, "shell", "make", "it") as dialogue:
        dialogue.expect(ASKED)
        if key:
            dialogue.type(key)
            dialogue.expect(r"\$ touch pwned")
        assert dialogue.is_killed_by(signal.SIGTERM)
        assert dialogue.echoed


def test_other_keys_run_nothing(user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED)
    with Dialogue(user, "shell", "make", "it") as dialogue:
        dialogue.press("y")
        for key in ("q", "z", "1", " "):
            dialogue.expect("\a")
            dialogue.type(key)
        dialogue.expect("\a")
        assert dialogue.answer("n", ask=False) == 1
    assert list(user.work.iterdir()) == []


def test_a_pasted_text_is_no_key(user: Home, stub: Stub) -> None:
    stub.reply = proposes(_PWNED)
    with Dialogue(user, "shell", "make", "it") as dialogue:
        dialogue.press("rest of a sentence\r")
        dialogue.expect("\a")
        assert dialogue.answer("n", ask=False) == 1
    assert list(user.work.iterdir()) == []


def test_keys_from_before_it_was_seen_are_no_answer(user: Home, stub: Stub) -> None:
    (user.work / "old.txt").write_text("x")
    late, typed = proposes("rm old.txt"), Event()

    def reply(handler: Handler) -> None:
        assert typed.wait(20)
        late(handler)

    stub.reply = reply
    for options, keys in (([], "r\rrun it\r"), (["--yes"], "run it\r")):
        typed.clear()
        stub.asked.clear()
        with Dialogue(user, "shell", *options, "delete", "it") as dialogue:
            assert stub.asked.wait(20)
            dialogue.type(keys)
            typed.set()
            dialogue.expect('Type "run it".*:' if options else ASKED)
            assert dialogue.answer("\r", ask=False) == 1
        assert (user.work / "old.txt").exists()


@pytest.mark.parametrize("letter", ["\0", "\ud800"])
def test_letters_that_no_program_can_be_handed_are_refused(letter: str, user: Home, stub: Stub) -> None:
    stub.reply = proposes(f"echo a{letter}b")
    with Dialogue(user, "shell", "say") as dialogue:
        dialogue.press("r")
        dialogue.expect('Type "run it"')
        dialogue.type("run it\r")
        dialogue.expect("no program can be handed")
        assert dialogue.ended() == 1


def test_ctrl_z_stops_it_and_fg_goes_on(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo rea''dy; read x; echo got:$x")
    shell = pexpect.spawn(
        "bash", ["--norc", "-i"], env={**user.environ, "SHELL": "/bin/bash", "PS1": "READY> "}, cwd=str(user.work),
        encoding="utf-8", timeout=20,
    )  # fmt: skip
    shell.expect("READY> ")
    shell.sendline(f"{ANT[0]} shell wait; echo code:$?")
    shell.expect(ASKED)
    time.sleep(0.1)
    shell.send("r")
    shell.expect("ready")
    shell.send("\x1a")
    shell.expect("Stopped")
    shell.expect("READY> ")
    shell.sendline("fg")
    shell.expect("shell wait")
    time.sleep(0.2)
    shell.sendline("more")
    shell.expect("got:more")
    shell.expect("READY> ")
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()


def test_a_dangerous_one_needs_the_word(user: Home, stub: Stub) -> None:
    (user.work / "old.txt").write_text("x")
    stub.reply = proposes("rm old.txt")
    for typed, left in (("y", True), ("run", True), ("run it", False)):
        with Dialogue(user, "shell", "delete", "it") as dialogue:
            dialogue.expect("Dangerous: rm deletes files")
            dialogue.press("r")
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
        dialogue.press("e")
        dialogue.expect(r"\$ echo one")
        dialogue.type("; rm two\r")
        dialogue.expect("Dangerous: rm deletes files")
        assert dialogue.answer("n") == 1


def test_it_is_revised_by_a_few_words(user: Home, stub: Stub) -> None:
    stub.reply = proposes("echo one", "Says one.")
    with Dialogue(user, "shell", "say", "one") as dialogue:
        dialogue.expect("Says one")
        stub.reply = proposes("echo two", "Says two.")
        dialogue.press("v")
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
        dialogue.press("x")
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
        dialogue.press("r")
        dialogue.expect("ready")
        dialogue.type("\x03")
        dialogue.expect("caught")
        assert dialogue.ended() == 9
    stub.reply = proposes("echo rea''dy; exec sleep 20")
    with Dialogue(user, "shell", "wait") as dialogue:
        dialogue.press("r")
        dialogue.expect("ready")
        dialogue.type("\x03")
        assert dialogue.ended() == 130
        assert "Traceback" not in dialogue.said


def test_a_signal_is_told_as_shells_tell_it(user: Home, stub: Stub) -> None:
    stub.reply = proposes("ki''ll -TERM $$")
    with Dialogue(user, "shell", "stop") as dialogue:
        dialogue.press("r")
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
