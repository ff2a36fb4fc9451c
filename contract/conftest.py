"""What the contract tests share: both distributions, built once."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from contract.house import House, environment, groq_in_a_thread
from server.tests.doubles.groq import Groq

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the client's wheel and sdist, freshly built."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT / "client")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def groq() -> Iterator[Groq]:
    """The double of Groq, listening."""
    with groq_in_a_thread() as double:
        yield double


@pytest.fixture
def folder() -> Iterator[Path]:
    """A temporary folder with a path short enough for a socket in it."""
    with tempfile.TemporaryDirectory(prefix="ant-") as name:
        yield Path(name)


@pytest.fixture
def house(folder: Path, groq: Groq) -> Iterator[House]:
    """A house whose provider is the double, up and logged in; all of it is gone afterwards."""
    with standing(House(folder, environment(folder, groq))) as built:
        yield built


@pytest.fixture
def local_house(folder: Path) -> Iterator[House]:
    """A house with the real local model, up and logged in."""
    with standing(House(folder, environment(folder, None))) as built:
        yield built


@contextmanager
def standing(house: House) -> Iterator[House]:
    """Up and logged in, then down."""
    house.up()
    try:
        house.log_in()
        yield house
    finally:
        house.server("down")
