"""The two C programs of this measurement: compile them, keep the upstream running, run the load."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

SOURCES = Path(__file__).parent
BUILD = SOURCES.parent / "build"
COMPILE = ["-O2", "-std=gnu11", "-Wall", "-Wextra"]
TOKENS = 50
"""How many pieces of text each answer of the upstream has."""
STOP_S = 30.0
MOST_S = 600.0


class BenchError(Exception):
    """One sentence on why nothing can be measured."""


def compile_programs() -> None:
    """Build `stub` and `load` if their sources have changed."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise BenchError("There is no C compiler here; on Debian: apt-get install gcc libc6-dev")
    BUILD.mkdir(exist_ok=True)
    newest = max(path.stat().st_mtime for path in SOURCES.glob("*.[ch]"))
    for name in ("stub", "load"):
        program = BUILD / name
        if program.exists() and program.stat().st_mtime > newest:
            continue
        command = [compiler, *COMPILE, "-o", str(program), str(SOURCES / f"{name}.c")]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchError(
                f"{name}.c does not compile (it needs Linux and gcc or clang): {done.stderr.strip()[:500]}"
            )


@dataclass(frozen=True)
class Stub:
    """The upstream at work."""

    pid: int
    port: int

    def get(self, path: str) -> Any:  # Any: JSON
        """What the upstream says about itself."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
            return json.load(answer)

    def pace(self, first_ms: int, gap_ms: int) -> None:
        """From now on streams wait `first_ms`, then `gap_ms` between two events; 0, 0: not at all."""
        self.get(f"/pace/{first_ms}/{gap_ms}")

    def requests(self) -> int:
        """How many chat requests have come so far."""
        return int(self.get("/stats")["requests"])


@contextmanager
def running_stub() -> Iterator[Stub]:
    """The upstream on a free port. It ends with its standard input, so also when we are killed."""
    command = [str(BUILD / "stub"), "-n", str(TOKENS)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield Stub(process.pid, int(process.stdout.readline()))
        finally:
            process.kill()


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ask it to stop, and wait; what it has started goes with it."""
    process.terminate()
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdin:
        process.stdin.close()


@dataclass(frozen=True)
class Percentiles:
    """Microseconds."""

    p50: int
    p90: int
    p99: int


@dataclass(frozen=True)
class Load:
    """What one run of the load saw; `response.h` and `load.c` say what counts as a good answer."""

    rps: float
    measured: int
    sent: int
    good: int
    refused: int
    unended: int
    broken: int
    unanswered: int
    whole_us: Percentiles
    first_byte_us: Percentiles
    first_text_us: Percentiles
    first_failure: str

    @property
    def failures(self) -> int:
        """Requests that got no good answer."""
        return self.sent - self.good


def run_load(port: int, request: Path, connections: int, seconds: float, options: list[str]) -> Load:
    """Send the requests in that file again and again over that many connections, a fifth of the time to warm up."""
    times = ["-s", str(seconds), "-w", str(seconds / 5)]
    return load(port, request, connections, [*times, *options], seconds * 1.2 + 60)


def load_of(port: int, request: Path, connections: int, requests: int, options: list[str]) -> Load:
    """Send so many requests and no more, however long they take; its `rps` says nothing."""
    return load(port, request, connections, ["-n", str(requests), "-s", str(MOST_S), "-w", "0", *options], MOST_S + 60)


def load(port: int, request: Path, connections: int, options: list[str], patience_s: float) -> Load:
    """Run the load program and read what it found."""
    command = [str(BUILD / "load"), "-p", str(port), "-r", str(request), "-c", str(connections), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=patience_s)
    if done.returncode:
        raise BenchError(f"The load stopped: {done.stderr.strip()}")
    found = json.loads(done.stdout)
    for field in fields(Load):
        if field.type == "Percentiles":
            found[field.name] = Percentiles(**found[field.name])
    return Load(**found)
