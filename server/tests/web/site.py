"""The sample pages on a socket, with the headers they have in earnest, and a browser that looks at them."""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files

from playwright.sync_api import Browser, sync_playwright

from server.tests.web.samples import shown

CHROMIUM = "/usr/bin/chromium"
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TYPES = {"css": "text/css", "svg": "image/svg+xml"}


class Handler(BaseHTTPRequestHandler):
    def __init__(self, pages: dict[str, str], *args: object) -> None:
        self.pages = pages
        super().__init__(*args)  # type: ignore[arg-type] # what the server hands over, handed on

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/static/"):
            body = files("aniate_server.web").joinpath(path.lstrip("/")).read_bytes()
            self.answer(body, TYPES[path.rpartition(".")[2]])
        else:
            self.answer(self.pages[path.lstrip("/")].encode(), "text/html; charset=utf-8")

    def answer(self, body: bytes, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", CSP)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        pass


@contextmanager
def site() -> Iterator[str]:
    """The pages of `shown`, each at its name, under the address that is given."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, dict(shown())))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, with a home of its own, so that it leaves nothing in the user's."""
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        env: dict[str, str | float | bool] = {
            **os.environ,
            "HOME": home,
            "XDG_CONFIG_HOME": f"{home}/config",
            "XDG_CACHE_HOME": f"{home}/cache",
        }
        running = playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET), env=env)
        yield running
        running.close()
