"""A guarded program never outlives who started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from aniate_server.plumbing.embedded.guarded import NO_SUCH_PROGRAM, PARENT_GONE, REFUSED_NAMESPACE, guarded_command
from server.tests.embedded.processes import LIMIT_S, alive, family, gone

SLEEPER = "import signal, sys, time; signal.signal(signal.SIGINT, lambda *_: sys.exit(33)); print('up', flush=True)\n"
SLEEPER += "while True: time.sleep(1)"
PARENT = """
import subprocess, sys, time
from aniate_server.plumbing.embedded.guarded import guarded_command
command = guarded_command([sys.executable, "-c", sys.argv[1]], watch=sys.argv[2] == "watch", signal=sys.argv[3])
child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", ["kernel", "watch"])
@pytest.mark.parametrize("last_signal", ["INT", "KILL"])
def test_a_program_dies_with_its_killed_parent(how: str, last_signal: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, SLEEPER, how, last_signal], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    started = family(child)
    assert len(started) == (2 if how == "watch" else 1)
    assert all(map(alive, started))
    parent.kill()
    parent.wait()
    assert gone(started)
    parent.stdout.close()


def test_a_watched_program_gets_its_signal_and_its_status_comes_back() -> None:
    child = subprocess.Popen(
        guarded_command([sys.executable, "-c", SLEEPER], watch=True), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == b"up\n"
    child.stdin.close()
    assert child.wait(LIMIT_S) == 33
    child.stdout.close()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_watcher_reaches_the_program(number: int) -> None:
    with subprocess.Popen(
        guarded_command([sys.executable, "-c", SLEEPER], watch=True), stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        child.send_signal(number)
        assert child.wait(LIMIT_S) == (33 if number == signal.SIGINT else 128 + signal.SIGTERM)


@pytest.mark.parametrize("watch", [False, True])
def test_arguments_output_and_status_are_those_of_the_program(watch: bool) -> None:
    script = "import sys; print(sys.argv[1:]); sys.exit(7)"
    command = guarded_command([sys.executable, "-c", script, "--signal", "a b", "--", ""], watch=watch)
    read_end, write_end = os.pipe()
    done = subprocess.run(command, stdin=read_end, stdout=subprocess.PIPE, text=True, timeout=LIMIT_S)
    os.close(read_end)
    os.close(write_end)
    assert (done.returncode, done.stdout) == (7, "['--signal', 'a b', '--', '']\n")


def test_a_program_is_not_started_when_its_parent_is_gone_already(tmp_path: Path) -> None:
    command = guarded_command(["/bin/touch", str(tmp_path / "started")])
    command[command.index("--parent") + 1] = "1"
    done = subprocess.run(command, stdin=subprocess.DEVNULL, timeout=LIMIT_S)
    assert done.returncode == PARENT_GONE
    assert not (tmp_path / "started").exists()


def test_a_program_that_is_missing_is_said_in_one_line() -> None:
    done = subprocess.run(
        guarded_command(["/no/such/program"]), stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    )
    assert done.returncode == NO_SUCH_PROGRAM
    assert done.stderr == "Cannot run /no/such/program: No such file or directory.\n"


def test_ignored_signals_are_not_passed_on() -> None:
    """Python ignores SIGPIPE, and a shell lets background jobs ignore SIGINT."""
    done = subprocess.run(
        guarded_command(["/bin/sh", "-c", "grep SigIgn /proc/self/status"]),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    from_32_on_they_are_the_c_librarys = (1 << 31) - 1
    assert int(done.stdout.split()[1], 16) & from_32_on_they_are_the_c_librarys == 0


def test_nothing_is_imported_from_the_current_folder(tmp_path: Path) -> None:
    for name in ("ctypes", "argparse", "aniate_server"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('hostile')")
    done = subprocess.run(
        guarded_command(["/bin/echo", "fine"]), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, cwd=tmp_path
    )
    assert done.stdout == b"fine\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another user id")
def test_as_uid_1000_root_is_an_ordinary_user_with_the_same_files(tmp_path: Path) -> None:
    (tmp_path / "mine").touch(mode=0o600)
    done = subprocess.run(
        guarded_command(["/bin/sh", "-c", f"id -u; id -g; test -w {tmp_path}/mine && echo writes"], as_other_user=True),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert done.stdout.split() == ["1000", "1000", "writes"]


REFUSING = """
import ctypes, os, pathlib, subprocess, sys
libc = ctypes.CDLL(None)
uid = os.geteuid()
if libc.unshare(0x10000000) == 0:  # a namespace of our own, in which we may forbid further ones
    pathlib.Path("/proc/self/setgroups").write_text("deny")
    pathlib.Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    pathlib.Path("/proc/sys/user/max_user_namespaces").write_text("0")
"""
"""Makes the rest of the script a root that the kernel allows no user namespace."""


def test_a_refused_user_namespace_is_said_in_one_line() -> None:
    script = (
        REFUSING
        + """
from aniate_server.plumbing.embedded.guarded import guarded_command
sys.exit(subprocess.run(guarded_command(["/bin/echo", "ran"], as_other_user=True)).returncode)"""
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == REFUSED_NAMESPACE
    assert done.stdout == ""
    assert done.stderr.startswith("The kernel refused a user namespace: ")
    assert done.stderr.count("\n") == 1


def test_root_without_user_namespaces_is_told_what_to_do(short_folder: Path) -> None:
    script = (
        REFUSING
        + """
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import SetupError
try:
    EmbeddedPostgres(pathlib.Path(sys.argv[1])).start()
except SetupError as error:
    print(error.message, error.hint)"""
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(short_folder / "refused")], capture_output=True, text=True, timeout=60
    )
    assert done.stdout == (
        "PostgreSQL does not run as root, and this system allows no user namespace to run it in."
        " Run this as an ordinary user, or name a database with --database-url.\n"
    ), done.stderr
