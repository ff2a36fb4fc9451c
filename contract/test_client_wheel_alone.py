"""The built wheel of the client, in an environment with nothing else, on every Python that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.house import House

ROOT = Path(__file__).resolve().parent.parent
VERSIONS = ("3.10", "3.11", "3.12", "3.13")


def interpreters() -> Iterator[str]:
    """One interpreter of each version: from the PATH, from beside the one that runs this, or this one."""
    beside = Path(sys.base_prefix).parent
    for version in VERSIONS:
        others = [str(path) for path in sorted(beside.glob(f"{version}.*/bin/python{version}"))]
        for candidate in [shutil.which(f"python{version}"), *others, sys.executable]:
            if candidate and version_of(candidate) == version:
                yield candidate
                break


def version_of(interpreter: str) -> str:
    """Its version as 3.N, or nothing if it does not run."""
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run([interpreter, "-c", code], text=True, capture_output=True, check=False).stdout.strip()


@pytest.fixture(scope="module", params=list(interpreters()), ids=lambda path: version_of(str(path)))
def ant(request: pytest.FixtureRequest, dist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ant` from the built wheel, in a fresh environment with its pinned requirements alone."""
    venv = tmp_path_factory.mktemp("alone") / "venv"
    subprocess.run([request.param, "-m", "venv", "--without-pip", venv], check=True)
    pip = [sys.executable, "-m", "pip", "--python", str(venv / "bin" / "python"), "--quiet", "install"]
    [wheel] = dist.glob("*.whl")
    subprocess.run([*pip, "--require-hashes", "-r", str(ROOT / "requirements" / "client.txt")], check=True)
    subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True)
    return venv / "bin" / "ant"


def run(ant: Path, *arguments: str, env: dict[str, str], stdin: str = "") -> str:
    """What `ant` prints; it must end well and say nothing on standard error."""
    done = subprocess.run(
        [ant, *arguments], env=env, input=stdin, text=True, capture_output=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_helps_and_answers_from_its_wheel_alone(ant: Path, house: House, tmp_path: Path) -> None:
    env = {**house.env, "HOME": str(tmp_path), "PATH": os.defpath}
    assert run(ant, "--version", env=env).startswith("ant 1.")
    assert "ant what" in run(ant, "--help", env=env)

    url = house.server("status", "--url").stdout.strip()
    key = house.server("admin", "key", "add", "me@localhost").stdout
    run(ant, "login", "--with-token", "--host", url, env=env, stdin=key)
    (tmp_path / "notes.txt").write_text("remember the milk\n")
    assert run(ant, "what", str(tmp_path / "notes.txt"), env=env) == "Hello from Groq.\n"
