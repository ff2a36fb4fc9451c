"""What is measured, each installed alone: our client's wheel, and `llm`."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / "bench" / "build" / "cli"
REQUIREMENTS = ROOT / "requirements"


def install_ant() -> Path:
    """Build the client's wheel, install it alone; the folder of its programs."""
    place, wheels = BUILD / "ant", BUILD / "wheels"
    for folder in (place, wheels):
        shutil.rmtree(folder, ignore_errors=True)
    _pip("wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT / "client"))
    [wheel] = wheels.glob("aniate-*.whl")
    programs = _environment(place)
    _pip("--python", str(programs / "python"), "install", "--require-hashes", "-r", str(REQUIREMENTS / "client.txt"))
    _pip("--python", str(programs / "python"), "install", "--no-deps", str(wheel))
    return programs


def install_llm() -> Path:
    """Install `llm` as it is pinned; the folder of its programs. Kept as long as the pins are the same."""
    place, pins = BUILD / "llm", REQUIREMENTS / "bench.txt"
    wanted = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()
    stamp = place / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(place, ignore_errors=True)
        programs = _environment(place)
        _pip("--python", str(programs / "python"), "install", "--require-hashes", "-r", str(pins))
        stamp.write_text(wanted)
    return place / "bin"


def _environment(place: Path) -> Path:
    """A virtual environment with nothing in it: not even pip, whose companions slow every start of Python."""
    venv.create(place, with_pip=False, symlinks=True)
    return place / "bin"


def _pip(*arguments: str) -> None:
    """Our own pip, which is current: the console scripts of pips before 24 import `re`."""
    subprocess.run([sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments], check=True)
