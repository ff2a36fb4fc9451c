"""Which core does what, and how much of it each process used. Linux only, like the C programs."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def separate(gateways: list[int], others: list[int]) -> str:
    """Keep the gateways on one core, which they take in turn; PostgreSQL, upstream, us and the load on the others.

    Call it when the gateways' threads and PostgreSQL run: what they start later inherits its place. Says what it did.
    """
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        return "one core for everything, so that each gateway competes with its own load"
    first, rest = {cores[0]}, set(cores[1:])
    for gateway in gateways:
        its_own, databases = processes(gateway)
        for pid in its_own:
            place(pid, first)
        others = [*others, *databases]
    for pid in [*others, os.getpid()]:
        place(pid, rest)
    return f"each gateway alone on one core; PostgreSQL, upstream and load together on {count(len(rest))}"


def processes(gateway: int) -> tuple[list[int], list[int]]:
    """The gateway with its children, and those children that are its PostgreSQL."""
    children = descendants(gateway)
    databases = [pid for pid in children if name(pid) == "postgres"]
    return [gateway, *(pid for pid in children if pid not in databases)], databases


def name(pid: int) -> str:
    """What the process is called; empty if it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def count(cores: int) -> str:
    """Cores, in words."""
    return "one other" if cores == 1 else f"{cores} others"


def place(pid: int, cores: set[int]) -> None:
    """Move a process with all its threads."""
    with suppress(FileNotFoundError, ProcessLookupError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), cores)


def descendants(pid: int) -> list[int]:
    """Its children and theirs."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        if fields := stat_fields(int(folder.name)):
            parents[int(folder.name)] = int(fields[1])
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        children = [child for child, its_parent in parents.items() if its_parent == parent]
        found += children
        todo += children
    return found


def cpu_s(pids: list[int]) -> float:
    """Seconds of CPU that these processes have used so far; one that has ended counts no more."""
    ticks = 0
    for pid in pids:
        if fields := stat_fields(pid):
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pids: list[int]) -> float:
    """Memory that these processes hold."""
    pages = 0
    for pid in pids:
        with suppress(FileNotFoundError, ProcessLookupError):
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def stat_fields(pid: int) -> list[str]:
    """`/proc/PID/stat` from the state on (the name before it may hold spaces); empty if the process has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return []


def cpu_model() -> str:
    """What the processor calls itself."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown processor"
