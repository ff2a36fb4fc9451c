"""`ant init`: what it prints, and what a shell that has read it does at a key, a Tab and a star."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ant_process import Home
from joined_shell import JoinedShell

SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed"))
    for shell in ("bash", "zsh", "fish")
]
_CHECK = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}
Start = Callable[..., JoinedShell]


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """Starts a shell whose `ant` notes how it is called, and answers as `ant shell` does."""
    (home.folder / "fake").mkdir()
    fake = home.folder / "fake" / "ant"
    fake.write_text(
        "#!/bin/sh\n"
        f'[ "$1" = init ] && exec {home.folder}/bin/ant "$@"\n'
        f"printf '%s\\n' \"$@\" >> {home.work}/called\n"
        'case $3 in *nothing*) exit 4 ;; esac\n[ "$1" = shell ] && echo "echo \'made it\' > made"\n'
    )
    fake.chmod(0o755)
    made: list[JoinedShell] = []

    def begin(shell: str, options: str = "", before: str = "") -> JoinedShell:
        made.append(JoinedShell(home, shell, before, options, f"{fake.parent}:"))
        return made[-1]

    yield begin
    for shell in made:
        shell.pty.close(force=True)


def _appears(path: Path) -> str:
    """What is in a file, as soon as there is something."""
    until = time.monotonic() + 10
    while not path.exists() or not path.read_text():
        assert time.monotonic() < until, f"{path.name} should be there by now"
        time.sleep(0.02)
    return path.read_text()


@pytest.mark.parametrize(("shell", "options"), [("bash", ""), ("bash", " --key ctrl-g"), ("zsh", ""), ("fish", "")])
def test_a_key_turns_words_into_a_command_and_runs_nothing(shell: str, options: str, start: Start, home: Home) -> None:
    at = start(shell, options)
    at.settle()
    at.pty.send("what's new; in *")
    at.settle()
    at.pty.send("\x07" if options else "\x1ba")
    at.pty.expect_exact("made it")
    at.settle()
    assert (home.work / "called").read_text() == "shell\n--\nwhat's new; in *\n"
    assert not (home.work / "made").exists()
    at.pty.send("\r")
    assert _appears(home.work / "made") == "made it\n"


@pytest.mark.parametrize("shell", SHELLS)
def test_where_no_command_comes_the_words_stay(shell: str, start: Start, home: Home) -> None:
    at = start(shell)
    at.settle()
    at.pty.send("echo nothing > made")
    at.settle()
    at.pty.send("\x1ba")
    _appears(home.work / "called")
    at.settle()
    at.pty.send("\r")
    assert _appears(home.work / "made") == "nothing\n"


def test_in_zsh_a_star_in_a_question_is_no_pattern(start: Start, home: Home) -> None:
    (home.work / "file").touch()
    at = start("zsh")
    at.run("ant what is * and why?")
    assert (home.work / "called").read_text() == "what\nis\n*\nand\nwhy?\n"


def test_zsh_completes_also_where_compinit_has_not_run_yet(start: Start, home: Home) -> None:
    late = "autoload -Uz compinit; precmd() { compinit -u -d $HOME/.zcompdump; unfunction precmd }"
    at = start("zsh", before=late)
    at.settle()
    at.pty.send("ant comple\t")
    at.pty.expect_exact("tion")


@pytest.mark.parametrize("shell", ["bash", "fish"])
def test_the_others_complete_too(shell: str, start: Start) -> None:
    at = start(shell)
    at.settle()
    at.pty.send("ant comple\t")
    at.pty.expect_exact("tion")


@pytest.mark.parametrize("record", ["off", "commands", "on"])
@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_finds_nothing_wrong_in_the_script(shell: str, record: str, home: Home) -> None:
    home.run("config", "set", "record", record)
    ran = home.run("init", shell, XDG_STATE_HOME=f'{home.folder}/it\'s $(a) "state"')
    assert (ran.code, ran.err) == (0, "") and "#<" not in ran.out
    assert ("ANIATE_RECORD" in ran.out, "ANIATE_ASKED_BY" in ran.out) == (record != "off", record == "on")
    (home.work / "script").write_text(ran.out)
    done = subprocess.run([*_CHECK[shell], str(home.work / "script")], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_shell_that_asks_needs_no_name(home: Home) -> None:
    for shell in ("bash", "zsh", "fish"):
        assert home.run("init", SHELL=f"/bin/{shell}").out == home.run("init", shell).out
    asked = home.run("init", SHELL="/bin/tcsh")
    assert asked.code == 2 and "ant init zsh" in asked.err


@pytest.mark.parametrize("key", ["a", "alt-", "alt-ab", "meta-a", "ctrl-'", "alt-\x1b", "ctrl-A"])
def test_a_key_that_is_none_is_a_usage_error(key: str, home: Home) -> None:
    ran = home.run("init", "bash", "--key", key)
    assert (ran.code, ran.out) == (2, "") and "--key takes" in ran.err and "\x1b" not in ran.err


def test_no_key_is_taken_if_none_is_wanted(home: Home) -> None:
    assert "bind -x" in home.run("init", "bash").out
    assert "bind -x" not in home.run("init", "bash", "--key", "none").out


def test_the_recorder_without_a_terminal_says_so_by_its_exit_code(home: Home) -> None:
    ran = home.run("init", "bash", "--recorder")
    assert (ran.code, ran.out) == (1, "")
