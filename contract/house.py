"""A whole house for tests: a real `aniate-server up` on data of its own, and a real `ant` with a home of its own."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import psycopg

from aniate_server.parts import embedded_postgres
from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.settings import Settings
from server.tests.doubles.groq import KEY, Groq

BIN = Path(sys.executable).parent
Finished = subprocess.CompletedProcess[str]


@dataclass
class House:
    """One data folder, one home, and the commands to use them."""

    folder: Path
    env: dict[str, str]

    @property
    def data(self) -> Path:
        """The server's data folder."""
        return self.folder / "data"

    @property
    def pid(self) -> int:
        """The serving process."""
        here = running(self.data)
        assert here is not None
        return here.pid

    def server(self, *arguments: str, check: bool = True) -> Finished:
        """Run `aniate-server` to its end."""
        command = [str(BIN / "aniate-server"), "--data", str(self.data), *arguments]
        return subprocess.run(command, env=self.env, text=True, capture_output=True, check=check, timeout=100)

    def ant(self, *arguments: str, stdin: str | None = None) -> Finished:
        """Run `ant` to its end; its standard input is empty unless given."""
        with self.start_ant(*arguments, stdin=stdin) as process:
            stdout, stderr = process.communicate(stdin, timeout=100)
        return subprocess.CompletedProcess(process.args, process.returncode, stdout, stderr)

    def start_ant(self, *arguments: str, stdin: str | None = None) -> subprocess.Popen[str]:
        """Start `ant` and leave it running."""
        source = subprocess.DEVNULL if stdin is None else subprocess.PIPE
        command = [str(BIN / "ant"), *arguments]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.env, text=True, stdin=source, stdout=pipe, stderr=pipe)

    def up(self, *options: str) -> None:
        """Start the server in the background and come back when it is ready."""
        self.server("up", "--port", "0", "--background", *options)

    def log_in(self, email: str = "me@localhost") -> None:
        """Make the user if need be, and log `ant` in with a new key."""
        if email not in self.server("admin", "user", "list").stdout:
            self.server("admin", "user", "add", email)
        key = self.server("admin", "key", "add", email).stdout
        url = self.server("status", "--url").stdout.strip()
        logged_in = self.ant("login", "--with-token", "--host", url, stdin=key)
        assert logged_in.returncode == 0, logged_in.stderr

    def processes(self) -> dict[int, str]:
        """Every process that works on this data folder, by its command line."""
        return {pid: line for pid, line in command_lines() if str(self.data) in line}

    def family(self, pid: int) -> dict[int, str]:
        """A process and all below it, by command line."""
        lines = dict(command_lines())
        found, parents = {pid}, {child: parent_of(child) for child in lines}
        while more := {child for child, parent in parents.items() if parent in found} - found:
            found |= more
        return {member: lines.get(member, "") for member in found}

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """What a query says, asked as the superuser of the running server's database."""
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            done = connection.execute(sql.encode())
            return done.fetchall() if done.description else []

    @property
    def superuser_url(self) -> str:
        """Where the embedded database is, for whoever may do everything there."""
        return embedded_postgres(Settings(data=self.data, cache=self.folder)).superuser_url


def command_lines() -> Iterator[tuple[int, str]]:
    """Every process of this machine with its command line."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                yield int(entry.name), (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue


def parent_of(pid: int) -> int:
    """The parent of a process, 0 if it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def until(condition: object, what: str, patience_s: float = 15.0) -> None:
    """Wait until a condition holds; fail and say what did not happen."""
    assert callable(condition)
    deadline = time.monotonic() + patience_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {patience_s} s"
        time.sleep(0.02)


class Double(Protocol):
    """A server that a test runs on a loop."""

    def running(self) -> AbstractAsyncContextManager[object]:
        """It listens."""
        ...


def groq_in_a_thread() -> AbstractContextManager[Groq]:
    """The double of Groq, on a loop of its own."""
    return in_a_thread(Groq())


D = TypeVar("D", bound=Double)


@contextmanager
def in_a_thread(double: D) -> Iterator[D]:
    """A double on a loop of its own."""
    started, stop = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def live() -> None:
        async with double.running():
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),), daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield double
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)
        loop.close()


def environment(folder: Path, groq: Groq | None) -> dict[str, str]:
    """The environment of a new user, with Groq's double as provider or none; of the real cache, the weights alone.

    No answer is given twice: each question of a test goes to the model.
    """
    real_cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    cache = folder / "cache" / "aniate"
    cache.mkdir(parents=True)
    (cache / "models").symlink_to(real_cache / "aniate" / "models")
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TMPDIR") if name in os.environ}
    home = {"HOME": str(folder / "home"), "XDG_CACHE_HOME": str(folder / "cache")}
    home["ANIATE_CACHE"] = "off"
    return {**kept, **home, **({"GROQ_API_KEY": KEY, "GROQ_BASE_URL": groq.base_url} if groq else {})}
