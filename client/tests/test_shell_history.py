"""The command stands in the history of real shells, and no history is ever damaged by it."""

import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from ant_process import Home
from ant_stub import Stub
from shell_dialogue import Dialogue, proposes

_ADD = "import sys; from aniate.shell_history import add; add(*sys.argv[1:])"
_ODD = "echo \"größe – 'q' ń ā\" \\\\ a\\nb %s"
_LINES = "for a in 1 2\ndo echo $a\ndone"


def needs(shell: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed")


def add(home: Home, shell: str, command: str, **environ: str) -> int:
    """Put a command into the history of this home."""
    return subprocess.run(
        [sys.executable, "-c", _ADD, shell, command], env={**home.environ, **environ}, check=False, capture_output=True
    ).returncode  # fmt: skip


def told(home: Home, *command: str, **environ: str) -> str:
    """What a shell says."""
    done = subprocess.run(command, env={**home.environ, **environ}, cwd=home.work, capture_output=True, check=True)
    return done.stdout.decode()


def bash_history(home: Home) -> list[str]:
    code = "history -r; HISTTIMEFORMAT= history | sed 's/^ *[0-9]* *//'"
    return told(home, "bash", "--norc", "-ic", f"set -o history; history -c; {code}").splitlines()


def zsh_history(home: Home, *options: str) -> str:
    code = "HISTSIZE=100; SAVEHIST=100; fc -p $HOME/.zsh_history 100 100; fc -ln 1"
    return told(home, "zsh", "-f", *options, "-ic", code)


def fish_history(home: Home) -> list[str]:
    return told(home, "fish", "-ic", "history --null").split("\0")[:-1]


@needs("bash")
def test_bash_finds_it(home: Home) -> None:
    path = home.folder / ".bash_history"
    path.write_text("ls\n")
    assert add(home, "bash", _ODD) == 0
    assert path.read_text() == f"ls\n{_ODD}\n"
    assert bash_history(home)[:2] == ["ls", _ODD]


@needs("bash")
def test_bash_has_times_where_it_had_times(home: Home) -> None:
    path = home.folder / ".bash_history"
    path.write_text("#1700000000\nls\n")
    add(home, "bash", "echo new")
    assert re.fullmatch(r"#1700000000\nls\n#\d{10}\necho new\n", path.read_text())
    assert bash_history(home)[:2] == ["ls", "echo new"]
    add(home, "bash", _LINES)
    assert path.read_text().endswith(f"\n{_LINES}\n")


@needs("bash")
def test_bash_without_times_is_spared_several_lines(home: Home) -> None:
    path = home.folder / ".bash_history"
    path.write_text("ls\n")
    add(home, "bash", _LINES)
    assert path.read_text() == "ls\n"


@needs("zsh")
@pytest.mark.parametrize("before", ["ls\n", ": 1700000000:0;ls\n", ""])
def test_zsh_finds_it(before: str, home: Home) -> None:
    path = home.folder / ".zsh_history"
    path.write_text(before)
    for command in (_ODD, _LINES, "echo end\\"):
        add(home, "zsh", command)
    shown = zsh_history(home)
    for command in (_ODD, _LINES.replace("\n", "\\n"), "echo end\\"):
        assert command in shown
    assert path.read_text(errors="replace").count(": ") == (4 if before.startswith(":") else 0)


@needs("zsh")
def test_zsh_waits_for_no_lock_for_ever_and_writes_past_none(home: Home) -> None:
    path = home.folder / ".zsh_history"
    path.write_text("ls\n")
    lock = home.folder / ".zsh_history.LOCK"
    lock.symlink_to("/pid-1/host-other")
    assert add(home, "zsh", "echo new") == 0
    assert path.read_text() == "ls\n"
    lock.unlink()
    add(home, "zsh", "echo new")
    assert (path.read_text(), lock.is_symlink()) == ("ls\necho new\n", False)


@needs("fish")
def test_fish_finds_it(home: Home) -> None:
    told(home, "fish", "-c", "true")
    for command in ("ls", _ODD, _LINES):
        add(home, "fish", command)
    assert fish_history(home) == [_LINES, _ODD, "ls"]


@needs("fish")
def test_fish_keeps_it_beside_its_own(home: Home) -> None:
    add(home, "fish", "echo ours")
    setup = "function fish_prompt; echo 'READY> '; end; set -g fish_greeting"
    shell = pexpect.spawn("fish", ["-C", setup], env=home.environ, cwd=str(home.work), timeout=20, dimensions=(24, 80))
    shell.expect("READY> ")
    time.sleep(0.3)  # it reads its history meanwhile
    shell.send("echo the''irs\r")
    shell.expect("theirs\r\n")
    shell.expect("READY> ")
    time.sleep(0.3)
    add(home, "fish", "echo meanwhile")
    shell.send("exit\r")
    shell.expect(pexpect.EOF)
    shell.wait()  # it writes its history last
    until = time.monotonic() + 5
    while not set(fish_history(home)) >= {"echo the''irs", "echo ours", "echo meanwhile"}:
        assert time.monotonic() < until, fish_history(home)  # a new fish dates its commands a second ahead


def test_no_newline_at_the_end_is_mended(home: Home) -> None:
    path = home.folder / ".bash_history"
    path.write_text("ls")
    add(home, "bash", "echo new")
    assert path.read_text() == "ls\necho new\n"


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_the_file_keeps_its_mode_and_a_new_one_is_private(mode: int, home: Home) -> None:
    path = home.folder / ".bash_history"
    path.write_text("ls\n")
    path.chmod(mode)
    add(home, "bash", "echo new")
    assert path.stat().st_mode & 0o777 == mode
    add(home, "zsh", "echo new")
    assert (home.folder / ".zsh_history").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("named", ["", "/dev/null"])
def test_who_wants_no_history_gets_none(named: str, home: Home) -> None:
    for shell in ("bash", "zsh"):
        assert add(home, shell, "echo new", HISTFILE=named) == 0
    assert add(home, "fish", "echo new", fish_history="") == 0
    assert add(home, "sh", "echo new") == 0
    assert list(home.folder.iterdir()) == []


def test_histfile_and_the_file_that_is_there_are_heeded(home: Home) -> None:
    add(home, "bash", "echo new", HISTFILE=str(home.folder / "mine"))
    assert (home.folder / "mine").read_text() == "echo new\n"
    (home.folder / ".histfile").write_text("ls\n")
    add(home, "zsh", "echo new")
    assert (home.folder / ".histfile").read_text() == "ls\necho new\n"


def test_many_at_once_lose_nothing(home: Home) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", _ADD, shell, f"echo {number} {'x' * 200}"], env=home.environ)
        for shell in ("bash", "zsh", "fish")
        for number in range(5)
    ]
    assert [process.wait(30) for process in started] == [0] * 15
    for name in (".bash_history", ".zsh_history", ".local/share/fish/fish_history"):
        text = (home.folder / name).read_text()
        assert sorted(re.findall(r"echo (\d) x{200}$", text, re.MULTILINE)) == list("01234")


def test_a_full_disk_leaves_the_file_as_it_was(home: Home) -> None:
    path = home.folder / ".bash_history"
    path.write_text("ls\n")
    limited = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (10, 10)); import signal; "
    limited += "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); "
    done = subprocess.run(
        [sys.executable, "-c", limited + _ADD, "bash", "echo " + "x" * 100], env=home.environ, check=False
    )
    assert (done.returncode, path.read_text()) == (0, "ls\n")


def test_a_device_or_pipe_in_its_place_is_left_alone(home: Home) -> None:
    os.mkfifo(home.folder / ".bash_history")
    assert add(home, "bash", "echo new") in (0, 1)


@needs("bash")
def test_what_is_run_is_in_the_history_and_what_is_cancelled_is_not(user: Home, stub: Stub) -> None:
    for key, command in (("r", "echo run"), ("n", "echo cancelled")):
        stub.reply = proposes(command)
        with Dialogue(user, "shell", "say") as dialogue:
            dialogue.answer(key)
    assert Path(user.folder, ".bash_history").read_text() == "echo run\n"
