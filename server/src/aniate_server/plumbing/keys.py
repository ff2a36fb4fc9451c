"""A key of ours at a provider: as it is set, or as it stands in a file that may change while we run."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Protocol

import structlog

from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Provider, SearchEngine

LOOK_EVERY_S = 1.0
MAX_KEY_BYTES = 8192

log = structlog.get_logger()


class Key(Protocol):
    """What a provider knows us by. It never appears in a repr or a log."""

    def now(self) -> str:
        """Today's key; empty if there is none."""
        ...

    def other_than(self, refused: str) -> bool:
        """Whether there is another one by now than that which was refused."""
        ...


class SetKey:
    """One that stays as it is."""

    def __init__(self, key: str) -> None:
        self._key = key

    def now(self) -> str:
        """See `Key`."""
        return self._key

    def other_than(self, refused: str) -> bool:
        """See `Key`."""
        return self._key != refused


class KeyFile:
    """The first line of a file. A file that is away, or holds no key, leaves the last one in force."""

    def __init__(self, file: Path, clock: Clock) -> None:
        self._file = file
        self._clock = clock
        self._stamp = stamp_of(file)
        self._key = key_in(file)
        self._looked_at = clock.monotonic()

    def now(self) -> str:
        """See `Key`; it looks at the file at most once a second."""
        if self._clock.monotonic() - self._looked_at >= LOOK_EVERY_S:
            self._look()
        return self._key

    def other_than(self, refused: str) -> bool:
        """See `Key`; it looks at once."""
        self._look()
        return self._key != refused

    def _look(self) -> None:
        self._looked_at = self._clock.monotonic()
        try:
            stamp = stamp_of(self._file)
            if stamp == self._stamp:
                return
            key = key_in(self._file)
        except SetupError:
            log.warning("no key in the file", file=str(self._file))
            return
        if key != self._key:
            log.info("key changed", file=str(self._file))
        self._stamp, self._key = stamp, key


def key_of(provider: Provider | SearchEngine, clock: Clock) -> Key:
    """The key of that provider or search engine; SetupError if it stands in a file that cannot be read."""
    return KeyFile(provider.key_file, clock) if provider.key_file else SetKey(provider.key)


def stamp_of(file: Path) -> tuple[int, int, int]:
    """What changes when the file does."""
    try:
        found = os.stat(file)  # noqa: PTH116 - a path may be a symbolic link that is exchanged
    except OSError as error:
        raise unreadable(file, error) from None
    return found.st_mtime_ns, found.st_ino, found.st_size


def key_in(file: Path) -> str:
    """The first line without blanks around it; SetupError if that cannot be a key."""
    try:
        with file.open("rb") as opened:
            line = opened.read(MAX_KEY_BYTES).split(b"\n")[0].strip()
    except OSError as error:
        raise unreadable(file, error) from None
    if not line or any(not 0x21 <= byte <= 0x7E for byte in line):
        raise SetupError(f"There is no key in {file}.", "The key is all that may stand in its first line.")
    return line.decode("ascii")


def unreadable(file: Path, error: OSError) -> SetupError:
    """The file is not there, or not for us."""
    return SetupError(f"Cannot read the key in {file}: {error.strerror}.")
