"""Virtual environments for what is measured, each with nothing in it but what is pinned."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "bench" / "build"
REQUIREMENTS = ROOT / "requirements"


def install_pinned(place: Path, pins: Path) -> Path:
    """Install what is pinned there; the folder of its programs. Kept as long as the pins are the same."""
    wanted = fingerprint(pins)
    if not is_stamped(place, wanted):
        shutil.rmtree(place, ignore_errors=True)
        programs = empty_environment(place)
        pip("--python", str(programs / "python"), "install", "--require-hashes", "-r", str(pins))
        stamp(place, wanted)
    return place / "bin"


def fingerprint(*pins: Path) -> str:
    """Changes with the pins and with our Python."""
    return hashlib.sha256(b"".join(file.read_bytes() for file in pins) + sys.version.encode()).hexdigest()


def is_stamped(place: Path, wanted: str) -> bool:
    """Whether just that was installed there, to the end."""
    mark = place / "installed"
    return mark.exists() and mark.read_text() == wanted


def stamp(place: Path, wanted: str) -> None:
    """Say that it is installed there."""
    (place / "installed").write_text(wanted)


def empty_environment(place: Path) -> Path:
    """A virtual environment with nothing in it: not even pip, whose companions slow every start of Python."""
    venv.create(place, with_pip=False, symlinks=True)
    return place / "bin"


def pip(*arguments: str) -> None:
    """Our own pip, which is current: the console scripts of pips before 24 import `re`."""
    subprocess.run([sys.executable, "-m", "pip", "-qq", "--disable-pip-version-check", *arguments], check=True)
