"""One `up` per data folder, and a way to find it: a lock that the kernel releases, whatever becomes of us."""

from __future__ import annotations

import fcntl
import json
import os
import shlex
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Self

from aniate_server.plumbing.errors import SetupError

PATIENCE_S = 0.5
"""`running` holds the lock for a moment, which must not be taken for another `up`."""


@dataclass(frozen=True)
class RunningInstance:
    """An `up` at work. `url` is empty while it starts."""

    pid: int
    url: str


class Instance:
    """Our claim on a data folder, from `__enter__` to `__exit__`. Raises SetupError if another has it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._lock: IO[str] | None = None

    def __enter__(self) -> Self:
        try:
            self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = open_private(lock_path(self._data))
        except OSError as error:
            raise SetupError(f"Cannot write to the data folder {self._data}: {error.strerror}.") from None
        deadline = time.monotonic() + PATIENCE_S
        while not try_lock(self._lock, fcntl.LOCK_EX):
            if time.monotonic() > deadline:
                self._lock.close()
                raise already_running(self._data)
            time.sleep(0.02)
        self.announce("")
        return self

    def __exit__(self, *_error: object) -> None:
        info_path(self._data).unlink(missing_ok=True)
        if self._lock:
            self._lock.close()

    def announce(self, url: str) -> None:
        """Tell others where we are."""
        draft = info_path(self._data).with_suffix(".new")
        with open_private(draft, truncate=True) as file:
            json.dump(asdict(RunningInstance(os.getpid(), url)), file)
        draft.replace(info_path(self._data))


def running(data: Path) -> RunningInstance | None:
    """The `up` that holds that data folder now, or None."""
    if not lock_path(data).exists():
        return None
    with open_private(lock_path(data)) as lock:
        if try_lock(lock, fcntl.LOCK_SH):
            return None  # what a killed one announced no longer counts
    try:
        return RunningInstance(**json.loads(info_path(data).read_text()))
    except FileNotFoundError:  # between the lock and the announcement, or just ended
        return None
    except (ValueError, TypeError):
        raise SetupError(
            f"A server runs on {data}, but {info_path(data)}, which says where, is damaged.",
            "End its process by hand; the next start repairs the file.",
        ) from None


def already_running(data: Path) -> SetupError:
    """Where the other one is and how to stop it."""
    stop = f"Stop it with: aniate-server --data {shlex.quote(str(data))} down"
    here = running(data)
    if here is None:
        return SetupError(f"Another server is starting or stopping on {data}.", "Try again in a moment.")
    if not here.url:
        return SetupError(f"Aniate is already starting on {data}, pid {here.pid}.", stop)
    return SetupError(f"Aniate is already running at {here.url}, pid {here.pid}.", stop)


def lock_path(data: Path) -> Path:
    """The file whose lock is the claim."""
    return data / "up.lock"


def info_path(data: Path) -> Path:
    """The file that says where the holder of the lock is."""
    return data / "up.json"


def open_private(path: Path, *, truncate: bool = False) -> IO[str]:
    """A file that only we may read."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if truncate else 0)
    return os.fdopen(os.open(path, flags, 0o600), "w")


def try_lock(file: IO[str], kind: int) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
