"""What a shell records for `ant fix`, in real shells: only if it is turned on, only for the user, unseen."""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest
from ant_process import Home
from joined_shell import PROMPT, JoinedShell

SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed"))
    for shell in ("bash", "zsh", "fish")
]
Start = Callable[..., JoinedShell]


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """Starts a shell that is joined, with recording as it is set."""
    made: list[JoinedShell] = []

    def begin(shell: str, record: str = "on", **more: str) -> JoinedShell:
        if record != "off":
            assert home.run("config", "set", "record", record).code == 0
        made.append(JoinedShell(home, shell, **more))
        return made[-1]

    yield begin
    for shell in made:
        shell.pty.close(force=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_failed_command_is_recorded_with_its_exit_code_and_output(shell: str, start: Start, home: Home) -> None:
    at = start(shell)
    at.run("sh -c 'echo one; echo two >&2; exit 3'")
    assert at.recorded()[0] == "3 sh -c 'echo one; echo two >&2; exit 3'"
    assert "one\r\ntwo\r\n" in at.recorded()[1]
    for path in at.records.iterdir():
        assert path.stat().st_mode & 0o777 == 0o600
    assert at.records.stat().st_mode & 0o777 == 0o700
    at.run("true")
    assert at.recorded()[0].startswith("3 sh"), "what succeeds takes no record away"
    at.run(" sh -c 'echo hidden; exit 4'")
    assert at.recorded()[0].startswith("3 sh") and "hidden" not in at.recorded()[1]
    at.run("sh -c 'echo three; exit 5'")
    assert at.recorded()[0].startswith("5 sh") and "three" in at.recorded()[1] and "one" not in at.recorded()[1]
    assert home.run("config", "set", "record", "off").code == 0
    at.run("sh -c 'exit 6'")
    assert not at.records.exists(), "to turn it off deletes all records, and stops at once"
    assert at.end("exit 7") == 7


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_joined_at_its_prompt_records_commands(shell: str, start: Start, home: Home) -> None:
    at = start(shell, before="return")  # so that its own file joins it to nothing
    at.run("ant init fish | source" if shell == "fish" else f'eval "$(ant init {shell})"')
    at.run("sh -c 'echo one; exit 3'")
    assert at.recorded() == ("3 sh -c 'echo one; exit 3'", "")
    assert at.end("exit 7") == 7


def test_by_default_nothing_is_recorded(start: Start) -> None:
    at = start("bash", "off")
    at.run("sh -c 'exit 3'")
    assert not at.records.parent.exists()
    assert "nothing is recorded" in at.run("ant fix").replace("\r\n", " ")
    assert at.end("exit 7") == 7


def test_commands_alone_can_be_recorded_without_a_terminal_between(start: Start) -> None:
    at = start("fish", "commands")
    at.run("sh -c 'echo one; exit 3'")
    assert at.recorded() == ("3 sh -c 'echo one; exit 3'", "")
    assert len(list(at.records.iterdir())) == 1


@pytest.mark.parametrize("shell", SHELLS)
def test_ant_fix_mends_the_last_failed_command_by_what_it_said(shell: str, start: Start, home: Home) -> None:
    (home.work / "projects").mkdir()
    (home.work / "projects" / "notes.txt").write_text("what it says\n")
    at = start(shell)
    at.run("cd projcets")
    at.pty.send("ant fix\r")
    at.pty.expect_exact("cd projects")
    at.pty.expect_exact("[c]ancel")
    at.pty.send("r")
    at.pty.expect_exact(PROMPT)
    at.run("cat ntoes.txt")
    assert home.work / "projects" == Path(at.recorded_folder()), "the shell itself has changed its folder"
    at.run("true")
    assert "what it says" in at.run("ant fix --yes")
    if shell != "fish":  # whose history can't be added to before version 4
        assert "cat notes.txt" in at.run("fc -l -2")
    assert "No failed command" in at.run("ant fix").replace("\r\n", " "), "it is mended"


def test_where_only_the_command_is_known_it_is_run_again_after_a_yes(start: Start, home: Home) -> None:
    (home.work / "notes.txt").write_text("what it says\n")
    at = start("bash", "commands")
    at.run("cat ntoes.txt")
    at.pty.send("ant fix\r")
    at.pty.expect_exact("[n]o")
    at.pty.send("y")
    at.pty.expect_exact("[c]ancel")
    at.pty.send("r")
    at.pty.expect_exact("what it says")


def test_of_much_output_only_the_end_is_kept(start: Start) -> None:
    at = start("bash")
    at.run("seq 1 300000; false")
    command, output = at.recorded()
    assert command == "1 seq 1 300000; false"
    assert len(output) <= 64 * 1024 and output.startswith("2") and output.endswith("\n300000\r\n")


def test_ctrl_c_resizing_and_a_program_that_reads_work_as_without(start: Start) -> None:
    at = start("bash")
    at.pty.setwinsize(33, 99)
    time.sleep(0.1)
    assert "33 99" in at.run("stty size")
    at.pty.send("sleep 30\r")
    time.sleep(0.3)
    at.pty.sendintr()
    at.pty.expect_exact(PROMPT)
    assert at.recorded()[0] == "", "what the user ended did not fail"
    at.pty.send("read -r word; echo got=$word\r")
    time.sleep(0.2)
    at.pty.send("hello\r")
    at.pty.expect_exact("got=hello\r\n")
    at.pty.expect_exact(PROMPT)
    at.pty.send("sleep 31\r")
    time.sleep(0.2)
    at.pty.send("\x1a")
    at.pty.expect_exact("Stopped")
    at.pty.expect_exact(PROMPT)
    assert "sleep 31" in at.run("jobs; kill -9 %1")


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="this system does not tell where a process is")
def test_the_recorder_follows_the_shell_into_its_folder(start: Start, home: Home) -> None:
    (home.work / "inner").mkdir()
    at = start("zsh")
    at.run("cd inner")
    [record] = at.records.iterdir()
    recorder = Path(f"/proc/{record.name}/stat").read_text().rpartition(")")[2].split()[1]
    assert Path(f"/proc/{recorder}/cwd").resolve() == home.work / "inner"
    assert os.tcgetpgrp(at.pty.child_fd) == int(recorder), "it is what the terminal looks at"


def test_a_shell_takes_its_records_with_it(start: Start) -> None:
    at = start("bash")
    at.run("sh -c 'echo one; exit 3'")
    at.end()
    assert not list(at.records.iterdir())


def test_a_shell_ends_though_it_leaves_something_running(start: Start) -> None:
    at = start("bash")
    at.run("(trap '' HUP; exec sleep 3) & disown")
    began = time.monotonic()
    assert at.end("exit 5") == 5
    assert time.monotonic() - began < 2.5


def test_the_end_of_the_terminal_ends_shell_and_recorder(start: Start) -> None:
    at = start("bash")
    [record] = at.records.iterdir()
    inner = int(record.name)
    at.pty.kill(signal.SIGHUP)
    until = time.monotonic() + 10
    while record.exists():
        assert time.monotonic() < until
        time.sleep(0.05)
    with pytest.raises(ProcessLookupError):
        os.kill(inner, 0)


def test_no_output_can_pass_for_the_shells_own_marks(start: Start) -> None:
    at = start("bash")
    at.run("sh -c 'echo real; exit 3'")
    at.run("printf '\\e]7713;0123456789;D;1\\a'; printf 'forged'")
    assert "real" in at.recorded()[1] and "forged" not in at.recorded()[1]
    assert "7713" not in at.run("printenv | grep -i mark; echo end")


def test_what_the_user_has_hooked_into_bash_survives(start: Start) -> None:
    before = (
        "PROMPT_COMMAND='printf \"<code=$?>\"'\nPS0='<before>'\nHISTCONTROL=ignoreboth\n"
        "trap 'debugged=$((debugged + 1))' DEBUG"
    )
    at = start("bash", before=before)
    shown = at.run("sh -c 'exit 3'")
    assert "<before>" in shown and "<code=3>" in shown
    assert "debugged=0" not in at.run("echo debugged=${debugged:-0}")
    assert at.recorded()[0] == "3 sh -c 'exit 3'"


def test_the_same_command_again_is_recorded_again(start: Start) -> None:
    at = start("bash", before="HISTCONTROL=ignoreboth")
    at.run("cat times; echo x > times; false")
    at.run("cat times; echo x > times; false")
    assert at.recorded() == ("1 cat times; echo x > times; false", "x\r\n")
    at.run(" sh -c 'echo hidden; exit 4'")
    assert at.recorded() == ("1 cat times; echo x > times; false", "x\r\n")


def test_hooks_of_zsh_see_the_exit_code(start: Start) -> None:
    at = start("zsh", before='precmd() { print -n "<code=$?>" }')
    assert "<code=3>" in at.run("sh -c 'exit 3'")


@pytest.mark.parametrize(
    ("shell", "before"),
    [
        ("bash", "set -eu"),
        pytest.param("zsh", "setopt errexit nounset ksharrays", marks=SHELLS[1].marks),
    ],
)
def test_strict_shells_live_on_and_hear_no_error(shell: str, before: str, start: Start) -> None:
    at = start(shell, before=before)
    started = str(at.pty.before)
    assert not any(error in started for error in ("not set", "unbound", "bad "))
    at.run("true && ! true")
    assert "here=yes" in at.run("echo here=yes")
    assert at.recorded()[0].startswith("1 ")
    assert at.end("exit 7") == 7


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="this system does not tell how a shell was started")
def test_the_shell_keeps_the_options_that_it_was_started_with(start: Start, home: Home) -> None:
    at = start("bash")
    (home.work / "other-rc").write_text("PS1='OTHER> '\neval \"$(ant init bash)\"\n")
    words = ["--rcfile", "other-rc", "-i"]
    other = pexpect.spawn("bash", words, env=at.environ, cwd=str(home.work), encoding="utf-8", timeout=10)
    other.expect_exact("OTHER> ")
    other.send("sh -c 'echo heard; exit 3'\r")
    other.expect_exact("OTHER> ")
    assert any(b"heard" in path.read_bytes() for path in at.records.glob("*.output"))
    other.close(force=True)


@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_that_is_told_what_to_run_just_runs_it(shell: str, start: Start, home: Home) -> None:
    at = start(shell)
    at.settle()
    (home.work / "script").write_text("echo from a script; exit 6\n")
    for words in (["-ic", "echo a word; exit 6"], ["-i", "script"]):
        if shell == "fish" and "script" in words:
            continue  # it is not interactive then
        ran = pexpect.spawn(shell, words, env=at.environ, cwd=str(home.work), encoding="utf-8", timeout=10)
        ran.expect(pexpect.EOF)
        ran.close()
        assert ran.exitstatus == 6


def test_where_the_recorder_cant_start_the_shell_does(start: Start, home: Home, tmp_path: Path) -> None:
    programs = tmp_path / "broken"
    programs.mkdir()
    (programs / "ant").write_text(
        f'#!/bin/sh\ncase "$*" in *--recorder*) exit 1 ;; esac\nexec {home.folder}/bin/ant "$@"\n'
    )
    (programs / "ant").chmod(0o755)
    at = start("bash", programs=f"{programs}:")
    at.run("sh -c 'echo one; exit 3'")
    assert at.recorded() == ("3 sh -c 'echo one; exit 3'", "")
    assert at.end("exit 9") == 9


def test_records_of_shells_that_ended_are_deleted(start: Start, home: Home) -> None:
    home.run("config", "set", "record", "on")
    folder = home.folder / ".local" / "state" / "aniate" / "shells"
    gone = pexpect.spawn("true")
    gone.expect(pexpect.EOF)
    gone.close()
    (folder / f"{gone.pid}").write_text("1\0" + "1\0" + "1\0/\0secret")
    (folder / f"{os.getpid()}").write_text("")
    home.run("init", "bash")
    assert [path.name for path in folder.iterdir()] == [f"{os.getpid()}"]


def test_only_a_record_in_its_own_folder_is_read(home: Home) -> None:
    (home.work / "mine").write_bytes(b"1\x001\x00127\x00/\x00gti status")
    ran = home.run("fix", ANIATE_RECORD=str(home.work / "mine"))
    assert (ran.code, ran.out) == (2, "")


def test_a_damaged_record_is_none(home: Home) -> None:
    home.run("config", "set", "record", "on")
    path = home.folder / ".local" / "state" / "aniate" / "shells" / "77"
    for data in (b"", b"1\x00", b"\xff\x00" * 4, b"2\x001\x001\x00/\x00x", b"1\x001\x00x\x00/\x00x"):
        path.write_bytes(data)
        ran = home.run("fix", ANIATE_RECORD=str(path))
        assert (ran.code, ran.out) == (2, "") and "No failed command" in ran.err


@pytest.mark.parametrize("value", ["yes", "ON", ""])
def test_recording_is_off_or_on_and_nothing_else(value: str, home: Home) -> None:
    ran = home.run("config", "set", "record", value)
    assert ran.code == 2 and "off, commands or on" in ran.err


def test_recording_belongs_to_no_profile(home: Home) -> None:
    home.run("config", "set", "record", "on", "--profile", "work")
    assert home.run("config", "get", "record").out == "on\n"
    home.run("config", "unset", "record")
    assert home.run("config", "get", "record").out == "off\n"
    assert not (home.folder / ".local" / "state" / "aniate" / "shells").exists()
