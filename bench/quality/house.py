"""A server of its own for one run, with the provider that the environment sets or the local model, and its `ant`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.quality import sandbox

BIN = Path(sys.executable).parent
LIMIT_S = 300
PASSED_ON = ("ANIATE_", "GROQ_", "OPENAI_", "OLLAMA_", "PATH", "LANG", "TMPDIR", "XDG_CACHE_HOME")
"""The beginnings of the variables that the server is given: which provider, and its key."""


@dataclass
class Ant:
    """`ant`, logged in, in a home of its own."""

    home: Path
    env: dict[str, str]
    model: str = "default"

    def run(
        self, words: Sequence[str], folder: Path, stdin: str | None = None, *, sandboxed: bool = False
    ) -> subprocess.CompletedProcess[str]:
        """Run it to its end; `sandboxed`, it and what it starts can write below the home and the folder's parent."""
        argv = [str(BIN / "ant"), *words]
        if sandboxed:
            argv = sandbox.command(argv, self.home.parent, folder, network=True)
        try:
            return subprocess.run(
                argv, cwd=folder, env=self.env, input=stdin, stdin=subprocess.DEVNULL if stdin is None else None,
                capture_output=True, text=True, errors="replace", timeout=LIMIT_S, check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(argv, 124, "", "it took too long")


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Ant]:
    """A server on data of its own, its user without limits that matter here, and who is logged in."""
    environ = {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    cache = environ.setdefault("XDG_CACHE_HOME", str(Path.home() / ".cache"))
    environ |= {"HOME": str(folder / "home"), "ANIATE_CACHE": "off", "XDG_CACHE_HOME": cache, **settings}
    (folder / "home").mkdir()
    server = [str(BIN / "aniate-server"), "--data", str(folder / "data")]

    def tell(*words: str) -> str:
        return subprocess.run([*server, *words], env=environ, check=True, capture_output=True, text=True).stdout

    tell("up", "--port", "0", "--background")
    try:
        tell("admin", "user", "add", "bench@localhost")
        workspace = tell("admin", "workspace", "list").split()[0]
        tell("admin", "workspace", "plan", workspace, "enterprise")
        key = tell("admin", "key", "add", "bench@localhost")
        url = tell("status", "--url").strip()
        mine: dict[str, str] = {name: environ[name] for name in environ if name in ("PATH", "LANG", "TMPDIR")}
        mine |= {"HOME": environ["HOME"], "LANG": "C.UTF-8", "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring"}
        login = [str(BIN / "ant"), "login", "--with-token", "--in-file", "--host", url]
        subprocess.run(login, env=mine, input=key, text=True, check=True, capture_output=True)
        ant = Ant(folder / "home", mine)
        ant.model = answering(ant, tell("models"), tell("model", "list"))
        yield ant
    finally:
        subprocess.run([*server, "down"], env=environ, check=False, capture_output=True)


def answering(ant: Ant, models: str, weights: str) -> str:
    """The model that answers: its alias and its real name, of the local one that of its weights."""
    alias = str(json.loads(ant.run(["ask", "--json", "Say hello."], ant.home).stdout)["model"])
    if alias == "local":
        return f"local, {next(line.split()[1] for line in weights.splitlines() if line.startswith('*'))}"
    return next((" ".join(line.split()[:3]) for line in models.splitlines() if line.split()[:1] == [alias]), alias)
