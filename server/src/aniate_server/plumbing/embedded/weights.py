"""The weights of local models: which there are, where they lie, and how they get there.

They come from the official address or, part by part, from places that a mirror file names. Whatever the
way, the file appears under its name only when all of it is there and its SHA-256 is right.
"""

from __future__ import annotations

import fcntl
import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aniate_server.plumbing.embedded import mirror as mirrors
from aniate_server.plumbing.errors import NotFound, SetupError

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes in all."""

DEFAULT = "qwen2.5-coder-0.5b"
CHUNK_BYTES = 1 << 20
SPARE_BYTES = 200 << 20
"""What must stay free on the disk after a download; a mirror's part lies there for a moment, too."""
SILENCE_S = 30.0
MAX_FRUITLESS = 3
"""So often in a row may the other side give nothing new before we stop asking."""


@dataclass(frozen=True)
class Weights:
    """One file of weights. `url` is its official address; None: only a mirror has it."""

    name: str
    file: str
    size_bytes: int
    sha256: str
    url: str | None
    licence: str
    label: str


CATALOGUE = {
    each.name: each
    for each in (
        Weights(
            DEFAULT,
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            491_400_064,
            "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
            "https://huggingface.co/Qwen/Qwen2.5-Coder-0.5B-Instruct-GGUF/resolve/main/"
            "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
            "Apache-2.0",
            "offline demo model: right about half of the time",
        ),
        Weights(
            "smollm2-135m",
            "SmolLM2-135M-Instruct.Q4_1.gguf",
            98_362_432,
            "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            None,
            "Apache-2.0",
            "last resort: rarely right",
        ),
    )
}


def known(name: str) -> Weights:
    """The catalogue's entry of that name; raises NotFound that lists the names."""
    if name not in CATALOGUE:
        raise NotFound(f"There is no local model {name!r}.", f"There are: {', '.join(CATALOGUE)}")
    return CATALOGUE[name]


def path(cache: Path, name: str) -> Path:
    """Where the weights lie, or will."""
    return cache / "models" / known(name).file


def present(cache: Path, name: str) -> bool:
    """Whether they are there; their hash was checked before they got their name."""
    where = path(cache, name)
    return where.is_file() and where.stat().st_size == known(name).size_bytes


def pull(cache: Path, name: str, mirror: Path | None = None, progress: Progress = lambda *_: None) -> Path:
    """Fetch the weights unless they are there, and return where they lie.

    What an interrupted download left is continued. Raises SetupError with one sentence.
    """
    return fetch(known(name), cache / "models", mirror, progress)


def fetch(wanted: Weights, folder: Path, mirror: Path | None, progress: Progress) -> Path:
    """As `pull`, for weights that need not be in the catalogue."""
    target = folder / wanted.file
    folder.mkdir(parents=True, exist_ok=True)
    with alone(folder / f".{wanted.file}.lock"):
        if target.is_file() and target.stat().st_size == wanted.size_bytes and sha256_of(target) == wanted.sha256:
            return target
        part = target.with_name(f"{target.name}.part")
        demand_space(wanted, part)
        if mirror is not None:
            mirrors.fetch(mirrors.parts(mirror, wanted.name), part, wanted.size_bytes, progress)
        else:
            download(wanted, part, progress)
        demand_hash(wanted, part)
        part.replace(target)
    return target


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """One process at a time; the others wait, and find the work done."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def demand_space(wanted: Weights, part: Path) -> None:
    """Raise SetupError unless the rest of the file fits on the disk."""
    missing = wanted.size_bytes - (part.stat().st_size if part.exists() else 0)
    free = shutil.disk_usage(part.parent).free
    if free < missing + SPARE_BYTES:
        raise SetupError(
            f"The disk of {part.parent} has {free >> 20} MB free; the model {wanted.name} needs "
            f"{(missing + SPARE_BYTES) >> 20} MB."
        )


def demand_hash(wanted: Weights, part: Path) -> None:
    """Raise SetupError, and remove what was fetched, unless it is byte for byte what we want."""
    found = sha256_of(part)
    if found != wanted.sha256:
        part.unlink()
        raise SetupError(
            f"What was fetched is not the model {wanted.name}: its SHA-256 is {found}, not {wanted.sha256}.",
            "It was removed. Try again, or from another place with --mirror.",
        )


def sha256_of(file: Path) -> str:
    """Its SHA-256 in hexadecimal; half a second for what is in the catalogue."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def download(wanted: Weights, part: Path, progress: Progress) -> None:
    """Fetch from the official address into `part`, going on where it ends, also after a cut."""
    if wanted.url is None:
        raise SetupError(f"The model {wanted.name} has no official address.", "Name a mirror file: --mirror FILE")
    fruitless, reason = 0, "it ended early"
    while (have := part.stat().st_size if part.exists() else 0) < wanted.size_bytes:
        try:
            download_rest(wanted, part, have, progress)
        except (OSError, http.client.HTTPException) as broken:  # URLError is an OSError
            reason = str(getattr(broken, "reason", broken))
        grown = part.exists() and part.stat().st_size > have
        fruitless = 0 if grown else fruitless + 1
        if fruitless == MAX_FRUITLESS:
            raise SetupError(
                f"The model {wanted.name} could not be fetched from {wanted.url}: {reason}.",
                "Run it again to continue, or name another place with --mirror FILE.",
            )


def download_rest(wanted: Weights, part: Path, have: int, progress: Progress) -> None:
    """One request for the bytes from `have` on; a server that cannot do that starts from the beginning."""
    assert wanted.url  # noqa: S101 - `download` saw to it
    asked = urllib.request.Request(wanted.url, headers={"Range": f"bytes={have}-"} if have else {})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=SILENCE_S) as answer:  # noqa: S310 - the catalogue's address
        continued = answer.status == http.client.PARTIAL_CONTENT
        with part.open("ab" if continued else "wb") as file:
            done = have if continued else 0
            while done < wanted.size_bytes and (chunk := answer.read(min(CHUNK_BYTES, wanted.size_bytes - done))):
                file.write(chunk)
                done += len(chunk)
                progress(done, wanted.size_bytes)
