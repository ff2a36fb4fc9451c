"""Our server for real, as `aniate-server up` starts it: embedded PostgreSQL, worker, every station."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from aniate_server.plumbing.embedded.guarded import guarded_command
from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from bench.gateway.programs import BenchError, Stub, stop

EMAIL = "bench@localhost"
START_S = 120.0


@dataclass(frozen=True)
class Gateway:
    """The server at work. `database_url` is the superuser's: books are checked from outside the server's rules."""

    pid: int
    port: int
    key: str
    database_url: str


@contextmanager
def running_gateway(folder: Path, stub: Stub) -> Iterator[Gateway]:
    """The server in front of that upstream, with its data in `folder`; stopped at the end, whatever happens."""
    folder.mkdir(exist_ok=True)
    data, log = folder / "d", folder / "server.log"
    env = environment(folder, stub)
    # Guarded instead of --background: should we be killed, it is told to stop.
    command = guarded_command([*server_command(data), "up", "--port", "0"])
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, env=env, stdin=subprocess.PIPE, stdout=output, stderr=output, start_new_session=True
        )
    try:
        port = wait_until_up(process, data, log)
        admin(data, env, "user", "add", EMAIL)
        workspace = admin(data, env, "workspace", "list").split()[0]
        admin(data, env, "workspace", "plan", workspace, "enterprise")  # counted like any other, and not limited
        key = admin(data, env, "key", "add", EMAIL)
        yield Gateway(process.pid, port, key, EmbeddedPostgres(data / "postgres").superuser_url)
    finally:
        stop(process)


def environment(folder: Path, stub: Stub) -> dict[str, str]:
    """Nothing of the caller's settings. The upstream takes Groq's place, since its models have prices."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "GROQ_API_KEY": "bench",
        "GROQ_BASE_URL": f"http://127.0.0.1:{stub.port}/v1",
    }


def server_command(data: Path) -> list[str]:
    """Our server's command line, up to the command."""
    return [sys.executable, "-m", "aniate_server", "--data", str(data)]


def wait_until_up(process: subprocess.Popen[bytes], data: Path, log: Path) -> int:
    """The port, as soon as the server says that it is ready."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        here = running(data)
        if here and here.url:
            return urlsplit(here.url).port or 80
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise BenchError(f"The server did not start: {log.read_text().strip()[-500:]}")


def admin(data: Path, env: dict[str, str], *words: str) -> str:
    """What `aniate-server admin` says on its standard output."""
    command = [*server_command(data), "admin", *words]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"aniate-server admin {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout.strip()
