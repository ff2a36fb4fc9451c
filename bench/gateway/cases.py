"""What is measured: the same question, straight to the upstream and through each gateway, in several ways."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.gateway.programs import TOKENS

DIRECT, OURS, OURS_OPENAI = "direct", "ours", "ours, OpenAI's door"
FIRST_TOKEN = " tok00"
ANEW = ("cache-control: no-store",)
"""The same is asked all the time, and the model shall answer each time."""
MESSAGES = [{"role": "user", "content": "hi"}]


@dataclass(frozen=True)
class Case:
    """One way to ask. Paced: the first event comes after `first_ms`, the next ones `gap_ms` apart."""

    name: str
    connections: int
    stream: bool = True
    first_ms: int = 0
    gap_ms: int = 0


ONE = Case("Streams, one at a time", 1)
STREAMS = Case("Streams, 64 at a time", 64)
WHOLE = Case("Whole JSON, 64 at a time", 64, stream=False)
PACED_ONE = Case("Paced streams, one at a time", 1, first_ms=20, gap_ms=4)
PACED = Case("Paced streams, 64 at a time", 64, first_ms=20, gap_ms=4)
CASES = (ONE, STREAMS, WHOLE, PACED_ONE, PACED)


@dataclass(frozen=True)
class Target:
    """Where a request goes and how a good stream ends. With several keys they take turns."""

    name: str
    port: int
    path: str
    body: dict[str, Any]  # Any: JSON
    end: str
    headers: Sequence[str] = ()
    keys: Sequence[str] = ()
    patience: float = 1.0
    """So many times longer does each of its runs take."""

    def head(self, key: str | None = None) -> list[str]:
        """The headers that do not hang on the body."""
        authorization = [f"authorization: Bearer {key}"] if key else []
        return ["content-type: application/json", *self.headers, *authorization]

    def request_file(self, folder: Path, *, stream: bool) -> Path:
        """The bytes of the requests, kept in a file for the load to send."""
        file = folder / f"{'stream' if stream else 'json'}.http"
        file.write_text("".join(self.request(key, stream=stream) for key in (self.keys or (None,))), newline="")
        return file

    def request(self, key: str | None, *, stream: bool) -> str:
        """One whole request."""
        body = json.dumps({**self.body, "stream": stream})
        first = [f"POST {self.path} HTTP/1.1", f"host: 127.0.0.1:{self.port}"]
        return "\r\n".join([*first, *self.head(key), f"content-length: {len(body)}", "", body])

    def load_options(self, case: Case) -> list[str]:
        """What the load must find in an answer: each token, in order, and in a stream its proper end."""
        marks = ["-f", FIRST_TOKEN, "-e", self.end] if case.stream else []
        return ["-t", str(TOKENS), *marks]


def openai(name: str, port: int, *, headers: Sequence[str] = (), patience: float = 1.0) -> Target:
    """Whoever speaks the protocol that our server speaks to its upstream, too."""
    body = {"model": "stub", "messages": MESSAGES}
    path = "/v1/chat/completions"
    return Target(name, port, path, body, "data: [DONE]", headers, patience=patience)


def ours(port: int, *keys: str) -> Target:
    """Our server, asked as the client asks it."""
    body = {"brew": "ask", "messages": MESSAGES}
    return Target(OURS, port, "/v1/chat", body, "event: done", ANEW, keys)


def ours_openai(port: int, *keys: str) -> Target:
    """Our server, asked as OpenAI's clients ask it."""
    body = {"model": "default", "messages": MESSAGES}
    return Target(OURS_OPENAI, port, "/v1/chat/completions", body, "data: [DONE]", ANEW, keys)
