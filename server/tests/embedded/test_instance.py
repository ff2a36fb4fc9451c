"""One `up` per data folder, and where it is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from aniate_server.plumbing.embedded.instance import Instance, RunningInstance, running
from aniate_server.plumbing.errors import SetupError

Hold = Callable[..., subprocess.Popen[str]]
HOLDER = """
import pathlib, sys, time
from aniate_server.plumbing.embedded.instance import Instance
with Instance(pathlib.Path(sys.argv[1])) as instance:
    if len(sys.argv) > 2:
        instance.announce(sys.argv[2])
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def hold(tmp_path: Path) -> Iterator[Hold]:
    """Starts a process that holds the folder until its standard input closes."""
    started = []

    def start(*url: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", HOLDER, str(tmp_path / "data"), *url]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        started.append(process)
        return process

    yield start
    for process in started:
        process.communicate()


def test_nothing_runs_on_a_folder_that_nobody_holds(tmp_path: Path) -> None:
    assert running(tmp_path / "data") is None
    with Instance(tmp_path / "data") as instance:
        instance.announce("http://127.0.0.1:8484")
    assert running(tmp_path / "data") is None


def test_a_holder_is_found_by_its_url_and_pid(tmp_path: Path, hold: Hold) -> None:
    process = hold("http://127.0.0.1:8484")
    assert running(tmp_path / "data") == RunningInstance(process.pid, "http://127.0.0.1:8484")
    process.communicate()
    assert running(tmp_path / "data") is None


def test_a_second_one_is_told_where_the_first_is_and_how_to_stop_it(tmp_path: Path, hold: Hold) -> None:
    process = hold("http://127.0.0.1:8484")
    with pytest.raises(SetupError) as caught, Instance(tmp_path / "data"):
        pass
    assert caught.value.message == f"Aniate is already running at http://127.0.0.1:8484, pid {process.pid}."
    assert caught.value.hint == f"Stop it with: aniate-server --data {tmp_path / 'data'} down"
    assert running(tmp_path / "data") == RunningInstance(process.pid, "http://127.0.0.1:8484")


def test_one_that_is_still_starting_is_told_as_such(tmp_path: Path, hold: Hold) -> None:
    process = hold()
    assert running(tmp_path / "data") == RunningInstance(process.pid, "")
    with pytest.raises(SetupError, match=f"already starting on .*, pid {process.pid}"), Instance(tmp_path / "data"):
        pass


def test_a_killed_one_holds_nothing(tmp_path: Path, hold: Hold) -> None:
    process = hold("http://127.0.0.1:8484")
    process.kill()
    process.wait()
    assert running(tmp_path / "data") is None
    with Instance(tmp_path / "data"):
        assert running(tmp_path / "data") == RunningInstance(os.getpid(), "")


def test_asking_does_not_disturb(tmp_path: Path) -> None:
    """Asking takes the lock for a moment, which a start must not take for another server."""
    asker = "import pathlib, sys, time\nfrom aniate_server.plumbing.embedded.instance import running\n"
    asker += "print('asking', flush=True)\nend = time.monotonic() + 2\n"
    asker += "while time.monotonic() < end: running(pathlib.Path(sys.argv[1]))"
    with Instance(tmp_path / "data"):
        pass
    process = subprocess.Popen([sys.executable, "-c", asker, str(tmp_path / "data")], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    for _ in range(200):
        with Instance(tmp_path / "data"):
            pass
    process.kill()
    process.communicate()


def test_only_we_may_read_where_it_is(tmp_path: Path) -> None:
    with Instance(tmp_path / "data"):
        modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data").iterdir()}
    assert modes == {"up.lock": 0o600, "up.json": 0o600}
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SetupError, match=r"Cannot write to the data folder .*: Not a directory"):
        Instance(tmp_path / "file" / "data").__enter__()
