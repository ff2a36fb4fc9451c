"""The local model as seen by who starts it: start, where it listens, stop."""

from __future__ import annotations

import json
import os
import secrets
import select
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from aniate_server.plumbing.embedded import model_process
from aniate_server.plumbing.errors import SetupError

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 5.0
MAX_LOG_BYTES = 1 << 20


class LocalModel:
    """A child process that serves one file of weights on loopback, with a key that only we know.

    The kernel ends it when the *thread* that called `start` ends: call it from one that lives on.
    """

    def __init__(self, weights: Path, log: Path | None = None) -> None:
        self.weights = weights
        self.log = log or weights.with_suffix(".log")
        self.key = secrets.token_urlsafe(24)
        self.base_url = ""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The running child."""
        if self._process is None:
            raise SetupError("The local model has not been started.")
        return self._process

    def start(self) -> None:
        """Load the weights (1 to 3 s) and wait until it listens. Raises SetupError with one sentence."""
        if not self.weights.is_file():
            raise SetupError(f"There are no weights at {self.weights}.", "Fetch them: aniate-server model pull")
        with self.log.open("ab") as log:
            if log.tell() > MAX_LOG_BYTES:
                log.truncate(0)
            self._process = subprocess.Popen(  # noqa: S603 - our own module
                command(self.weights),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                env={**os.environ, model_process.KEY_VARIABLE: self.key},
            )
        try:
            self.base_url = self._first_line()
        except BaseException:
            self.stop()
            raise

    def _first_line(self) -> str:
        """What the child says when it is ready: its base URL."""
        said = read_line(self.process, START_TIMEOUT_S)
        if said is None:
            raise SetupError(f"The local model did not start within {START_TIMEOUT_S:.0f} s; see {self.log}.")
        if not said:
            code = self.process.wait(STOP_TIMEOUT_S)
            raise SetupError(f"The local model ended while it started (code {code}); see {self.log}.")
        line = json.loads(said)
        if "error" in line:
            raise SetupError(line["error"], "If the file is damaged, this fetches it anew: aniate-server model pull")
        return str(line["base_url"])

    def stop(self) -> None:
        """End the child; a running answer breaks off. May be called twice."""
        process, self._process = self._process, None
        if process is None:
            return
        assert process.stdin and process.stdout  # noqa: S101 - both are pipes
        with suppress(BrokenPipeError):
            process.stdin.close()
        try:
            process.wait(STOP_TIMEOUT_S if self.base_url else 0)  # while it loads, it looks at nothing
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stdout.close()


def command(weights: Path) -> list[str]:
    """What to run; on Linux the kernel kills it with us, elsewhere it sees its stdin end."""
    argv = [sys.executable, "-P", "-m", model_process.__name__, str(weights)]  # -P: never from the current folder
    if sys.platform != "linux":
        return argv
    from aniate_server.plumbing.embedded.guarded import guarded_command

    return guarded_command(argv, signal="KILL")


def read_line(process: subprocess.Popen[bytes], timeout_s: float) -> bytes | None:
    """One line of its stdout, empty if it ended without one, None if nothing came in time."""
    assert process.stdout  # noqa: S101 - a pipe
    descriptor, line, deadline = process.stdout.fileno(), b"", time.monotonic() + timeout_s
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            return None
        read = os.read(descriptor, 4096)
        if not read:
            return b""
        line += read
    return line
