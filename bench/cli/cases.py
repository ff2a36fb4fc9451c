"""What is run: the commands, and the homes that they run in."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.cli.places import BUILD

_HERE = Path(__file__).parent
_KEY = "aniate_sk_" + "b" * 43
_TOKEN = "e" * 700
"""As long as an access token is."""
SLOW_EVERY = 4
"""`llm` and `sgpt` take some hundred times as long as the rest, so they run in each fourth round."""


@dataclass(frozen=True)
class Cost:
    """Medians over the rounds, and how many there were. Memory is the largest of the peaks."""

    cpu_ms: float
    wall_ms: float
    peak_mib: float
    first_ms: float
    runs: int


@contextmanager
def running_upstream() -> Iterator[int]:
    """The instant server; its port."""
    command = [sys.executable, str(_HERE / "upstream.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


def commands(ant: Path, llm: Path, sgpt: Path, port: int) -> list[list[str]]:
    """Name, in which rounds, where, and the command line, of each case."""
    slow = str(SLOW_EVERY)
    ask, llm_hi = [str(ant / "ant"), "ask"], [str(llm / "llm"), "-m", "stub", "--no-log", "--key", "k", "hi"]
    sgpt_hi = [str(sgpt / "sgpt"), "--no-cache", "hi"]
    return [
        *_piped(ant, port),
        ["ant ask hi, terminal", "1", "terminal", *ask, "hi"],
        ["ant ask hi, terminal, 2,200 pieces", "1", "terminal", *ask, "--model", "long", "hi"],
        ["ant ask hi, terminal, 30 ms away", "1", "terminal", *ask, "--model", "away", "hi"],
        ["llm --version", slow, "nowhere", str(llm / "llm"), "--version"],
        ["llm --help", slow, "nowhere", str(llm / "llm"), "--help"],
        ["llm hi", slow, "nowhere", *llm_hi],
        ["llm hi, terminal", slow, "terminal", *llm_hi],
        ["sgpt --version", slow, "nowhere", str(sgpt / "sgpt"), "--version"],
        ["sgpt --help", slow, "nowhere", str(sgpt / "sgpt"), "--help"],
        ["sgpt hi", slow, "nowhere", *sgpt_hi],
        ["sgpt hi, terminal", slow, "terminal", *sgpt_hi],
    ]


def _piped(ant: Path, port: int) -> list[list[str]]:
    python = str(ant / "python")
    return [
        ["python -c pass", "1", "nowhere", python, "-c", "pass"],
        ["ant --version", "1", "nowhere", str(ant / "ant"), "--version"],
        ["ant --help", "1", "nowhere", str(ant / "ant"), "--help"],
        ["ant list", "1", "nowhere", str(ant / "ant"), "list"],
        ["ant ask hi", "1", "nowhere", str(ant / "ant"), "ask", "hi"],
        ["ant coder hi", "1", "nowhere", str(ant / "ant"), "coder", "hi"],
        ["ant ask hi, 2,200 pieces", "1", "nowhere", str(ant / "ant"), "ask", "--model", "long", "hi"],
        ["raw http.client", "1", "nowhere", python, str(_HERE / "raw_http_client.py"), str(port), _KEY],
        ["raw socket", "1", "nowhere", python, str(_HERE / "raw_socket_client.py"), str(port), _KEY],
    ]


def make_home(port: int) -> dict[str, str]:
    """An environment where `ant` is logged in to the instant server and knows an assistant; the peers know a model."""
    home, url = BUILD / "home", f"http://127.0.0.1:{port}"
    ours, theirs = home / ".config" / "aniate", home / "llm"
    for folder in (ours, theirs):
        folder.mkdir(parents=True, exist_ok=True)
    (ours / "config.json").write_text(json.dumps({"profiles": {"default": {"host": url}}}))
    credentials = ours / "credentials.json"
    credentials.touch(mode=0o600)  # as `ant` writes it; of one that others may read it would warn
    credentials.chmod(0o600)
    login = {"access_token": _TOKEN, "expires_at": int(time.time()) + 3600, "refresh": "keyring"}
    credentials.write_text(json.dumps({"profiles": {"default": {url: login}}}))
    names = home / ".cache" / "aniate" / "assistants.tsv"
    names.parent.mkdir(parents=True, exist_ok=True)
    rows = [("default", url, "", '"1"', str(int(time.time()))), ("default", url, "coder", "reviews code")]
    names.write_text("".join("\t".join(row) + "\n" for row in rows))
    model = f"- model_id: stub\n  model_name: stub\n  api_base: {url}/v1\n"
    (theirs / "extra-openai-models.yaml").write_text(model)
    sgpt = {
        "OPENAI_API_KEY": "k",
        "API_BASE_URL": f"{url}/v1",
        "DEFAULT_MODEL": "stub",
        "CACHE_PATH": str(home / "sgpt"),
    }
    common = {"HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
    return {**common, "LLM_USER_PATH": str(theirs), **sgpt, "CHAT_CACHE_PATH": str(home / "sgpt-chats")}


def measure(cases: list[list[str]], environ: dict[str, str], rounds: int) -> dict[str, Cost]:
    """Run all cases in turn, `rounds` times. RuntimeError if one of them fails."""
    lines = "".join("\t".join(case) + "\n" for case in cases)
    runner = [sys.executable, "-S", "-E", str(_HERE / "runner.py"), str(rounds)]
    done = subprocess.run(runner, input=lines, env=environ, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, list[list[float]]] = {}
    for line in done.stdout.splitlines():
        name, code, *figures = line.split("\t")
        if code != "0":
            raise RuntimeError(f"`{name}` ended with {code}")
        found.setdefault(name, []).append([float(figure) for figure in figures])
    return {name: _cost(rows) for name, rows in found.items()}


def _cost(rows: list[list[float]]) -> Cost:
    cpu, wall, peak, first = zip(*rows, strict=True)
    return Cost(median(cpu) * 1000, median(wall) * 1000, max(peak) / 1024, median(first) * 1000, len(rows))
