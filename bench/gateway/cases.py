"""What is measured: the same question, straight to the upstream and through the gateway, in several ways."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DIRECT, OURS = "direct", "ours"
MESSAGES = [{"role": "user", "content": "hi"}]


@dataclass(frozen=True)
class Case:
    """One way to ask. Paced: the first event comes after `first_ms`, the next ones `gap_ms` apart."""

    name: str
    connections: int
    stream: bool = True
    first_ms: int = 0
    gap_ms: int = 0


CASES = (
    Case("stream, one at a time", 1),
    Case("stream, 64 at a time", 64),
    Case("whole JSON, 64 at a time", 64, stream=False),
    Case("paced stream (20 ms, then 50 tokens 4 ms apart), 64 at a time", 64, first_ms=20, gap_ms=4),
)


@dataclass(frozen=True)
class Target:
    """Where a request goes and how a good streamed answer looks."""

    name: str
    port: int
    path: str
    body: dict[str, Any]  # Any: JSON
    key: str
    first_text: str
    end: str

    def request_file(self, folder: Path, *, stream: bool) -> Path:
        """The bytes of the request, kept in a file for the load to send."""
        body = json.dumps({**self.body, "stream": stream})
        head = [
            f"POST {self.path} HTTP/1.1",
            f"host: 127.0.0.1:{self.port}",
            f"authorization: Bearer {self.key}",
            "content-type: application/json",
            "cache-control: no-store",  # the same is asked all the time, and the model shall answer
            f"content-length: {len(body)}",
        ]
        file = folder / f"{self.name}-{'stream' if stream else 'json'}.http"
        file.write_text("\r\n".join([*head, "", body]), newline="")
        return file

    def load_options(self, case: Case) -> list[str]:
        """What the load must find in a stream; a whole answer shows by its length that it is whole."""
        return ["-f", self.first_text, "-e", self.end] if case.stream else []


def direct(port: int) -> Target:
    """The upstream itself, in the protocol that our server speaks to it."""
    body = {"model": "stub", "messages": MESSAGES}
    return Target(DIRECT, port, "/v1/chat/completions", body, "bench", '"content":" ', "data: [DONE]")


def ours(port: int, key: str) -> Target:
    """Our server, asked as the client asks it."""
    return Target(OURS, port, "/v1/chat", {"brew": "ask", "messages": MESSAGES}, key, "event: delta", "event: done")
