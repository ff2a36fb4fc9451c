"""Ctrl-C ends a command within 100 ms, whatever it is doing, and the server sees that it went."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ant_process import Home
from ant_stub import Handler, Stub, stalls

_BOUND_S = 0.1
_TRIES = 5


def _end_within_the_bound(start: Callable[[], subprocess.Popen[bytes]]) -> None:
    """Interrupt what `start` has brought to the right moment.

    The time counts from the signal. A busy machine can make it longer, never shorter, so the best of a
    few tries is held against the bound; a command that waits for anything misses it in each of them.
    """
    best_s = 9.0
    for _ in range(_TRIES):
        process = start()
        before = time.monotonic()
        process.send_signal(signal.SIGINT)
        code = process.wait(timeout=10)
        best_s = min(best_s, time.monotonic() - before)
        _, err = process.communicate()
        assert (code, err) == (130, b"")
        if best_s < _BOUND_S:
            return
    assert best_s < _BOUND_S


def test_before_the_answer(user: Home, stub: Stub) -> None:
    stub.reply = stalls()

    def start() -> subprocess.Popen[bytes]:
        stub.asked.clear()
        stub.client_left.clear()
        process = user.start("ask", "hi")
        assert stub.asked.wait(10)
        return process

    _end_within_the_bound(start)
    assert stub.client_left.wait(5)


def test_during_the_answer(user: Home, stub: Stub) -> None:
    stub.reply = stalls("Half")

    def start() -> subprocess.Popen[bytes]:
        process, written = user.begin("ask", "hi")
        assert written.read(4) == b"Half"
        stub.client_left.clear()
        return process

    _end_within_the_bound(start)
    assert stub.client_left.wait(5)


def test_while_it_waits_for_standard_input(user: Home, stub: Stub) -> None:
    def start() -> subprocess.Popen[bytes]:
        process = user.start("what", stdin=subprocess.PIPE)
        _wait_until_it_sleeps(process)
        return process

    _end_within_the_bound(start)
    assert stub.requests == []


def test_while_nobody_reads_the_answer(user: Home, stub: Stub) -> None:
    def endless(handler: Handler) -> None:
        handler.begin()
        while True:
            handler.event("delta", {"text": "x" * 10_000})

    stub.reply = endless

    def start() -> subprocess.Popen[bytes]:
        process, written = user.begin("ask", "hi")
        assert written.read(1) == b"x"
        _wait_until_it_sleeps(process)  # the pipe is full now
        return process

    process = start()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=5) == 130
    process.communicate()


def _wait_until_it_sleeps(process: subprocess.Popen[bytes]) -> None:
    """Until the process has done what it can and waits for the world."""
    deadline, samples = time.monotonic() + 10, [""]
    while time.monotonic() < deadline:
        fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
        samples.append(" ".join([fields[0], *fields[11:13]]))  # its state, and the time it has used
        if fields[0] == "S" and len(set(samples[-4:])) == 1:
            return
        time.sleep(0.1)
    raise AssertionError("it never came to rest")


@pytest.mark.parametrize("module", ["aniate.brews.tools.ask", "aniate.engine", "aniate.sse", "select", "_json"])
def test_while_a_module_is_imported(module: str, user: Home, stub: Stub) -> None:
    program = f"""
import os, signal, sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
from aniate.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", program, "ask", "hi"], env=user.environ, capture_output=True, check=False, timeout=30,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


def test_a_second_ctrl_c_changes_nothing(user: Home, stub: Stub) -> None:
    stub.reply = stalls("Half")
    process, written = user.begin("ask", "hi")
    assert written.read(4) == b"Half"
    for _ in range(20):
        process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert process.communicate()[1] == b""
