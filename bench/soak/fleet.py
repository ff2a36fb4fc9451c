"""Real servers over one real database: started as anyone starts them, killed without a word, started again."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aniate_server.plumbing.embedded.guarded import guarded_command
from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.migrations import migrate

START_S, STOP_S = 60.0, 20.0


class SoakError(Exception):
    """It cannot go on; the message says why."""


@dataclass
class Server:
    """One `aniate-server up` on a port of its own."""

    folder: Path
    env: dict[str, str]
    port: int
    process: subprocess.Popen[bytes] | None = None
    serving: bool = False

    @property
    def url(self) -> str:
        """Its address, which stays the same."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it; `ready` waits until it serves."""
        words = ["--data", str(self.folder / "d"), "up", "--port", str(self.port)]
        # Guarded: should we be killed, it is told to stop.
        command = guarded_command([sys.executable, "-P", "-m", "aniate_server", *words])
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                command, env=self.env, stdin=subprocess.PIPE, stdout=log, stderr=log, start_new_session=True
            )

    async def ready(self) -> None:
        """Wait until it serves; a start that failed, since the database was just away, is made again."""
        deadline = time.monotonic() + START_S
        while not self._announced():
            if time.monotonic() > deadline:
                raise SoakError(f"A server did not start: {(self.folder / 'log').read_text()[-500:]}")
            if self.process is None or self.process.poll() is not None:
                self._forget()
                self.start()
            await asyncio.sleep(0.05)
        self.serving = True

    def _announced(self) -> bool:
        here = running(self.folder / "d")
        return bool(here and here.url and self.process and here.pid == self.process.pid)

    def kill(self) -> None:
        """End it without a word."""
        assert self.process
        self.process.kill()
        self.process.wait()
        self._forget()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._forget()

    def _forget(self) -> None:
        if self.process and self.process.stdin:
            self.process.stdin.close()
        self.process, self.serving = None, False


@dataclass
class Fleet:
    """The database and the servers over it."""

    postgres: EmbeddedPostgres
    servers: list[Server] = field(default_factory=list)

    async def start(self) -> None:
        """All servers, until they serve."""
        for server in self.servers:
            server.start()
        for server in self.servers:
            await server.ready()

    async def restart_database(self) -> None:
        """As `pg_ctl restart -m immediate`: no goodbye to anybody, and a recovery from the log."""
        self.postgres.process.send_signal(signal.SIGQUIT)
        await asyncio.to_thread(self.postgres.process.wait, STOP_S)
        self.postgres.start()  # from this thread: it ends with the thread that started it


@contextmanager
def standing(folder: Path, base_url: str, count: int, *, durable: bool) -> Iterator[Fleet]:
    """A migrated database and so many servers, not started yet; all is stopped at the end."""
    settings = {"max_connections": "120", **({} if durable else {"fsync": "off"})}
    fleet = Fleet(EmbeddedPostgres(folder / "pg", settings=settings))
    fleet.postgres.start()
    try:
        migrate(fleet.postgres.superuser_url)
        fleet.postgres.allow_server_role()
        for number, port in enumerate(free_ports(count)):
            home = folder / f"s{number}"
            home.mkdir()
            fleet.servers.append(Server(home, environment(home, fleet.postgres.server_url, base_url), port))
        yield fleet
    finally:
        for server in fleet.servers:
            server.stop()
        fleet.postgres.stop()


def environment(home: Path, database_url: str, base_url: str) -> dict[str, str]:
    """Nothing of the caller's settings; one secret for all."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "ANIATE_DATABASE_URL": database_url,
        "ANIATE_SECRET": "s" * 32,
        "GROQ_API_KEY": "soak",
        "GROQ_BASE_URL": base_url,
    }


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports
