"""`ant` as a real process, far from the real home."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import published
from ant_stub import KEY

_SCRIPT = Path(sys.executable).with_name("ant")
ANT = [str(_SCRIPT)] if _SCRIPT.exists() else [sys.executable, "-m", "aniate"]
TIMEOUT_S = 30


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Home:
    """A home folder of its own, and commands that run in it."""

    folder: Path
    work: Path
    environ: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT") if name in os.environ}
        self.environ = {**kept, "HOME": str(self.folder), "LANG": "C.UTF-8", "TERM": "xterm", **self.environ}
        self.environ.setdefault("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")

    @property
    def config(self) -> Path:
        return self.folder / ".config" / "aniate"

    @property
    def cache(self) -> Path:
        return self.folder / ".cache" / "aniate"

    def log_in(self, url: str, profile: str = "default", key: str = KEY) -> None:
        """As after `ant login` there."""
        self.config.mkdir(parents=True, exist_ok=True, mode=0o700)
        (self.config / "config.json").write_text(json.dumps({"profiles": {profile: {"host": url}}}))
        path = self.config / "credentials.json"
        path.write_text(json.dumps({"profiles": {profile: {url: key}}}))
        path.chmod(0o600)

    def run(self, *words: str | bytes, stdin: bytes | None = None, **environ: str) -> Ran:
        """Run `ant` with these words to its end."""
        done = subprocess.run(
            [*ANT, *words],
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            cwd=self.work,
            env={**self.environ, **environ},
            timeout=TIMEOUT_S,
            check=False,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        published.check([str(word) for word in words], ran.code, ran.out, ran.err)
        return ran

    def start(
        self, *words: str, stdin: int | IO[bytes] = subprocess.DEVNULL, stdout: int | IO[bytes] = subprocess.PIPE
    ) -> subprocess.Popen[bytes]:
        """Start `ant` with these words, its output in pipes."""
        process = subprocess.Popen(
            [*ANT, *words], cwd=self.work, env=self.environ, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE
        )
        self.started.append(process)
        return process

    def begin(self, *words: str) -> tuple[subprocess.Popen[bytes], IO[bytes]]:
        """As `start`; also what the process writes."""
        process = self.start(*words)
        assert process.stdout is not None
        return process, process.stdout

    def close(self) -> None:
        """End what a test left running."""
        for process in self.started:
            if process.poll() is None:
                process.kill()
                process.communicate()
