"""A real repository in the folder where `ant` works, and answers of a reviewer."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ant_stub import Handler, Reply, Request

Found = Mapping[str, object]


@dataclass
class Repo:
    """A repository whose first commit is made."""

    folder: Path

    def git(self, *words: str, **environ: str) -> str:
        who = ["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgSign=false"]
        kept = {"PATH": os.environ["PATH"], "HOME": str(self.folder.parent / "home"), **environ}
        done = subprocess.run(["git", *who, *words], cwd=self.folder, env=kept, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")

    def write(self, name: str, text: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    def commit(self, message: str = "more") -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "-m", message)


def begin(folder: Path, **files: str) -> Repo:
    """A repository with these files in its only commit."""
    repo = Repo(folder)
    repo.git("init", "-q", "-b", "main")
    for setting in ("user.name=ada", "user.email=ada@example.com", "commit.gpgSign=false"):
        repo.git("config", *setting.split("=", 1))
    for name, text in files.items():
        repo.write(name.replace("__", "."), text)
    repo.commit("first")
    return repo


def finding(file: str, line: object, message: str = "It fails.", severity: str = "high", suggestion: str = "") -> Found:
    return {"severity": severity, "file": file, "line": line, "message": message, "suggestion": suggestion}


def finds(*findings: object) -> Reply:
    """A reviewer who always finds just that."""
    return says({"findings": list(findings)})


def says(form: object) -> Reply:
    """An answer that is this JSON, or this text as it is."""
    return judges(lambda _: form)


def judges(judge: Callable[[dict[str, str]], object]) -> Reply:
    """A reviewer who looks at what was sent: texts by their names."""

    def reply(handler: Handler) -> None:
        form = judge(shown(handler.server.stub.requests[-1]))
        handler.begin()
        handler.event("delta", {"text": form if isinstance(form, str) else json.dumps(form)})
        handler.end()

    return reply


def shown(request: Request) -> dict[str, str]:
    """What went along with a question, by name."""
    pieces: list[dict[str, Any]] = request.json["context"]
    assert {piece["kind"] for piece in pieces} <= {"diff"}
    return {piece["name"]: piece["text"] for piece in pieces}
