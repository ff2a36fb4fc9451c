"""A server that answers at once, from memory: what is measured is the client. Run as a program, prints its port.

It speaks our wire on `/v1/chat` and the OpenAI protocol on `/v1/chat/completions`, for `llm`.
"""

from __future__ import annotations

import json
import re
import socket
import time

SHORT, LONG = 200, 2200
"""Pieces of an answer; the long one goes to a question for the model `long`."""
AWAY_S = 0.03
"""How long the answer to a question for the model `away` is on its way."""
_TEXT = """\
## Part

Some words with **bold**, `code` and a [link](https://example.org/). It goes on for more than one line of the screen, \
as answers do.

- first
- second
  - deeper

```python
def f(x):
    return "text" + x  # why
```

> quoted words

"""
_PARTS: list[str] = re.findall(r" ?\w+| ?[^\w\s]+|\s", _TEXT)
"""An answer's tokens, as a model may cut it: repeated for as many as are wanted."""


def _piece(at: int) -> str:
    return _PARTS[at % len(_PARTS)]


def _ours(pieces: int) -> bytes:
    start = {"request_id": "0198c000-0000-7000-8000-000000000000", "model": "fast", "notice": ""}
    usage = {"input_tokens": 9, "output_tokens": pieces, "cost_micro_usd": 3, "estimated": False}
    events: list[tuple[str, object]] = [("start", start), *[("delta", {"text": _piece(at)}) for at in range(pieces)]]
    events += [("usage", usage), ("done", {"finish_reason": "stop"})]
    return b"".join(_chunk(f"event: {name}\ndata: {json.dumps(data)}\n\n") for name, data in events)


def _openai(pieces: int) -> bytes:
    def event(delta: dict[str, str], reason: str | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        shape = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "stub", "choices": [choice]}
        return _chunk(f"data: {json.dumps(shape)}\n\n")

    events = [event({"role": "assistant", "content": ""})]
    events += [event({"content": _piece(at)}) for at in range(pieces)]
    return b"".join([*events, event({}, "stop"), _chunk("data: [DONE]\n\n")])


def _chunk(text: str) -> bytes:
    data = text.encode()
    return b"%x\r\n%b\r\n" % (len(data), data)


def _whole(body: bytes) -> bytes:
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    return head + body + b"0\r\n\r\n"


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return b""
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = lengths[0] if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + body


def main() -> None:
    """Serve until we are ended."""
    short, long, openai = _whole(_ours(SHORT)), _whole(_ours(LONG)), _whole(_openai(SHORT))
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:
        print(listener.getsockname()[1], flush=True)
        while True:
            connection, _ = listener.accept()
            with connection:
                request = _read_request(connection)
                if request.startswith(b"GET "):  # of peers and libraries that look around first
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                elif b"/v1/chat/completions" in request[:100]:
                    connection.sendall(openai)
                elif request:
                    if b'"model": "away"' in request:
                        time.sleep(AWAY_S)
                    connection.sendall(long if b'"model": "long"' in request else short)


if __name__ == "__main__":
    main()
