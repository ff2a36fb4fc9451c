"""What is measured, each installed alone: our client's wheel, `llm` and `sgpt`."""

from __future__ import annotations

import shutil
from pathlib import Path

from bench import venvs

BUILD = venvs.BUILD / "cli"


def install_ant() -> Path:
    """Build the client's wheel, install it alone; the folder of its programs."""
    place, wheels = BUILD / "ant", BUILD / "wheels"
    for folder in (place, wheels):
        shutil.rmtree(folder, ignore_errors=True)
    venvs.pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(venvs.ROOT / "client"))
    [wheel] = wheels.glob("aniate-*.whl")
    programs = venvs.empty_environment(place)
    python, pins = str(programs / "python"), str(venvs.REQUIREMENTS / "client.txt")
    venvs.pip("--python", python, "install", "--require-hashes", "-r", pins)
    venvs.pip("--python", python, "install", "--no-deps", str(wheel))
    return programs


def install_llm() -> Path:
    """Install `llm` as it is pinned; the folder of its programs."""
    return venvs.install_pinned(BUILD / "llm", venvs.REQUIREMENTS / "bench.txt")


def install_sgpt() -> Path:
    """Install `sgpt` as it is pinned; the folder of its programs."""
    return venvs.install_pinned(BUILD / "sgpt", venvs.REQUIREMENTS / "bench-sgpt.txt")
