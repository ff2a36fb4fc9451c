"""Each test has a home, a folder to work in and, if it asks for one, a server of its own."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent / "doubles"))  # what the tests share

from ant_process import Home
from ant_stub import Server, Stub
from brewed_stub import Commands
from oauth_stub import Logins


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Ctrl-C reaches what the tests start, also where they run in the background of a shell, which ignores it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """A home where nobody is logged in."""
    for name in ("home", "work"):
        (tmp_path / name).mkdir()
    made = Home(tmp_path / "home", tmp_path / "work")
    yield made
    made.close()


@pytest.fixture
def stub() -> Iterator[Stub]:
    """A server that nobody is logged in to."""
    made = Stub()
    with Server(made):
        yield made


@pytest.fixture
def logins(stub: Stub) -> Logins:
    """The account's logins at `stub`."""
    return Logins(stub)


@pytest.fixture
def commands(stub: Stub) -> Commands:
    """The workspace's brewed commands at `stub`."""
    return Commands(stub)


@pytest.fixture
def user(home: Home, stub: Stub) -> Home:
    """A home that is logged in to `stub`."""
    home.log_in(stub.url)
    return home
