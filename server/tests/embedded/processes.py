"""Looking at processes from outside, by /proc."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres

LIMIT_S = 20
Ask = Callable[[EmbeddedPostgres, str], object]


def alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def gone(pids: list[int]) -> bool:
    """Whether all of them end within the limit."""
    deadline = time.monotonic() + LIMIT_S
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, pids))


def family(pid: int) -> list[int]:
    """A process and its children."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]
