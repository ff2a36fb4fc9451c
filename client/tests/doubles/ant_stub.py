"""A server on a real socket that speaks the contract of the wire, and can be told to break it."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

KEY = "aniate_sk_" + "k" * 43
ACCOUNT = {
    "user_id": "0198c000-0000-7000-8000-000000000001",
    "email": "ada@example.com",
    "workspace_id": "0198c000-0000-7000-8000-000000000002",
    "workspace": "engines",
    "plan": "free",
    "key_name": "laptop",
}


@dataclass
class Request:
    """What arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # what JSON holds is what the tests look at
        return json.loads(self.body)


Reply = Callable[["Handler"], None]


@dataclass
class Stub:
    """The server; `reply` is what it does on a question."""

    url: str = ""
    requests: list[Request] = field(default_factory=list)
    reply: Reply = field(default_factory=lambda: streams("Hello."))
    account: Reply | None = None
    brews: object = field(default_factory=lambda: [{"name": "ask", "summary": "s"}, {"name": "what", "summary": "s"}])
    asked: threading.Event = field(default_factory=threading.Event)
    assistants: dict[str, Any] = field(default_factory=dict)
    commands: dict[str, Any] = field(default_factory=dict)
    client_left: threading.Event = field(default_factory=threading.Event)
    connections: int = 0
    tokens: set[str] = field(default_factory=lambda: {KEY})
    routes: Callable[[Handler, bytes], bool] = lambda *_: False
    """What is asked first; whether it has answered."""

    @property
    def questions(self) -> list[Request]:
        return [request for request in self.requests if request.path == "/v1/chat"]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Server

    def handle(self) -> None:
        self.server.stub.connections += 1
        try:
            super().handle()
        except OSError:
            self.server.stub.client_left.set()

    def do_GET(self) -> None:
        self._note(b"")
        if self.server.stub.routes(self, b""):
            return
        if self.path == "/healthz":
            self.send_json(200, {"status": "ok"})
        elif self.path.startswith(("/v1/assistants", "/v1/names")):
            self.assistants(b"")
        elif self.server.stub.account is not None:
            self.server.stub.account(self)
        elif self.path == "/v1/brews":
            self.send_json(200, {"brews": self.server.stub.brews})
        elif not self.knows_the_caller():
            self.send_json(401, error("not_authenticated", "This key is not valid.", ""))
        else:
            self.send_json(200, ACCOUNT)

    def knows_the_caller(self) -> bool:
        return (self.headers["Authorization"] or "").removeprefix("Bearer ") in self.server.stub.tokens

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._note(body)
        if not self.server.stub.routes(self, body):
            self.assistants(body)

    def do_DELETE(self) -> None:
        self._note(b"")
        if not self.server.stub.routes(self, b""):
            self.assistants(b"")

    def assistants(self, body: bytes) -> None:
        """The assistants as the wire has them, versions and all."""
        name = self.path.removeprefix("/v1/assistants").lstrip("/")
        if not self.knows_the_caller():
            self.send_json(401, error("not_authenticated", "This key is not valid.", ""))
        elif name == "v1/names":
            self.list_names()
        elif self.command == "PUT":
            self.write_assistant(name, json.loads(body))
        elif name not in self.server.stub.assistants:
            self.send_json(404, error("not_found", f"There is no assistant {name}.", ""))
        elif self.command == "DELETE":
            del self.server.stub.assistants[name]
            self.send_body(204, "application/json", b"")
        else:
            self.send_json(200, self.server.stub.assistants[name])

    def list_names(self) -> None:
        kept = {"assistant": self.server.stub.assistants, "command": self.server.stub.commands}
        etag = f'"{zlib.crc32(json.dumps(kept, sort_keys=True).encode()):x}"'
        if self.headers["If-None-Match"] == etag:
            self.send_body(304, "application/json", b"", ETag=etag)
            return
        summary = {"assistant": "summary", "command": "description"}
        named = [(kind, each) for kind, all_of in kept.items() for each in all_of.values()]
        rows = [{"name": each["name"], "kind": kind, "summary": each[summary[kind]]} for kind, each in named]
        self.send_json(200, {"names": rows}, ETag=etag)

    def write_assistant(self, name: str, text: dict[str, Any]) -> None:
        kept = self.server.stub.assistants
        version = kept[name]["version"] if name in kept else 0
        if self.headers["If-None-Match"] == "*" and version:
            self.send_json(412, error("conflict", f"There is an assistant {name} already.", "Edit it."))
        elif self.headers["If-Match"] not in (None, f'"{version}"'):
            self.send_json(412, error("conflict", f"{name} was changed meanwhile.", ""))
        else:
            kept[name] = {**text, "name": name, "version": version + 1, "updated_at": "2026-11-23T00:00:00Z"}
            self.send_json(200, kept[name])

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self._note(body)
        if self.server.stub.routes(self, body):
            return
        self.server.stub.asked.set()
        self.server.stub.reply(self)
        self.close_connection = True

    def _note(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.stub.requests.append(Request(self.command, self.path, headers, body))

    def send_json(self, status: int, value: object, **headers: str) -> None:
        body = json.dumps(value).encode()
        self.send_body(status, "application/json", body, **headers)

    def send_body(self, status: int, kind: str, body: bytes, **headers: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def start_stream(self, kind: str = "text/event-stream") -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Transfer-Encoding", "chunked")
        self.send_header("x-request-id", "req-1")
        self.end_headers()

    def chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.flush()

    def event(self, name: str, data: object) -> None:
        self.chunk(f"event: {name}\ndata: {json.dumps(data)}\n\n".encode())

    def begin(self, notice: str = "") -> None:
        self.start_stream()
        self.event("start", {"request_id": "req-1", "model": "fast", "notice": notice})

    def end(self, reason: str = "stop") -> None:
        self.event("usage", {"input_tokens": 3, "output_tokens": 5, "cost_micro_usd": 7, "estimated": False})
        self.event("done", {"finish_reason": reason})
        self.chunk(b"")

    def wait_for_the_client_to_leave(self, limit_s: float = 10) -> None:
        self.connection.settimeout(limit_s)
        try:
            if self.connection.recv(1) == b"":
                self.server.stub.client_left.set()
        except (TimeoutError, OSError):
            return

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def error(code: str, message: str, hint: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message, "hint": hint}}


def streams(*pieces: str, notice: str = "", reason: str = "stop", pause_s: float = 0) -> Reply:
    """A good answer in these pieces."""

    def reply(handler: Handler) -> None:
        handler.begin(notice)
        for piece in pieces:
            handler.event("delta", {"text": piece})
            time.sleep(pause_s)
        handler.end(reason)

    return reply


def refuses(status: int, code: str, message: str, hint: str = "", **headers: str) -> Reply:
    """An error before the first event."""
    return lambda handler: handler.send_json(status, error(code, message, hint), **headers)


def answers(status: int, kind: str, body: bytes, **headers: str) -> Reply:
    """Any HTTP answer."""
    return lambda handler: handler.send_body(status, kind, body, **headers)


def sends_events(*chunks: bytes) -> Reply:
    """A stream of these bytes, whatever they are."""

    def reply(handler: Handler) -> None:
        handler.start_stream()
        for chunk in chunks:
            handler.chunk(chunk)
        handler.chunk(b"")

    return reply


def sends_raw(data: bytes) -> Reply:
    """These bytes on the socket and its end, HTTP or not."""

    def reply(handler: Handler) -> None:
        handler.wfile.write(data)
        handler.wfile.flush()
        handler.connection.shutdown(socket.SHUT_RDWR)

    return reply


def stalls(*pieces: str) -> Reply:
    """These pieces, and then nothing until the client leaves."""

    def reply(handler: Handler) -> None:
        if pieces:
            handler.begin()
            for piece in pieces:
                handler.event("delta", {"text": piece})
        handler.wait_for_the_client_to_leave()

    return reply


class Server(ThreadingHTTPServer):
    """Runs a Stub in threads of its own."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, stub: Stub, certificate: str | None = None) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.stub = stub
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
            scheme = "https"
        stub.url = f"{scheme}://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, *_: object) -> None:
        """A client that left is no error."""

    def __enter__(self) -> Server:
        self.thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self.thread.join()
        self.server_close()
