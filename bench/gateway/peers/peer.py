"""What each gateway beside us is to the measurement, and how one runs for its time."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aniate_server.plumbing.embedded.guarded import guarded_command
from bench.gateway.cases import Target, openai
from bench.gateway.programs import Stub, stop

START_S = 120.0


class NotHere(Exception):
    """One sentence on why a peer can't be had on this machine; the measurement goes on without it."""


class Peer(Protocol):
    """A gateway that others made."""

    name: str
    how: str
    """How it is set up, in words, for the page."""
    patience: float
    """So many times longer does it get than the rest, since it answers that much more slowly."""

    def install(self) -> str:
        """Make it ready below `bench/build`; its version. NotHere if it can't be had."""
        ...

    def command(self, folder: Path, port: int, upstream: int) -> list[str]:
        """How it is started to listen at `port` and ask `upstream`; its settings are written to `folder`."""
        ...

    def environment(self) -> dict[str, str]:
        """What it is told besides; nothing of the caller's settings."""
        ...

    def headers(self, upstream: int) -> list[str]:
        """What it wants to hear with each request."""
        ...


@dataclass(frozen=True)
class RunningPeer:
    """A peer at work."""

    pid: int
    target: Target


@contextmanager
def running_peer(peer: Peer, folder: Path, stub: Stub) -> Iterator[RunningPeer]:
    """The peer in front of that upstream, until the end. It ends with us, even if we are killed."""
    folder.mkdir()
    port, log = free_port(), folder / "log"
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), **peer.environment()}
    command = guarded_command(peer.command(folder, port, stub.port))
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    target = openai(peer.name, port, headers=peer.headers(stub.port), patience=peer.patience)
    try:
        wait_for_an_answer(process, target, log)
        yield RunningPeer(process.pid, target)
    finally:
        stop(process)


def free_port() -> int:
    """A port that nobody listens at now; the peers can't be told to choose one."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for_an_answer(process: subprocess.Popen[bytes], target: Target, log: Path) -> None:
    """Ask until it answers as it should. NotHere if it never does."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and process.poll() is None:
        if answers(target):
            return
        time.sleep(0.2)
    said = log.read_text(errors="replace").strip().rpartition("\n")[2]
    raise NotHere(f"it did not start ({said[-200:] or 'it said nothing'})")


def answers(target: Target) -> bool:
    """Whether it answers one question."""
    head = dict(line.split(": ", 1) for line in target.head())
    body = json.dumps({**target.body, "stream": False}).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{target.port}{target.path}", body, head)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return bool(json.load(answer)["choices"])
    except (OSError, ValueError, urllib.error.HTTPError):
        return False
