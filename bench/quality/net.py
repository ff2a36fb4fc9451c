"""`ant net` over local pages, found by a search engine that is ours: the answer, and what its citations hold."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from bench.quality.house import Ant
from bench.quality.tasks import Result, Task
from bench.quality.what import lacks


class Web(ThreadingHTTPServer):
    """Pages, and a search that finds them all, in SearXNG's form."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.pages: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    """One request."""

    server: Web

    def do_GET(self) -> None:
        name = self.path.split("?")[0].strip("/")
        if name == "search":
            found = [
                {"url": f"{self.server.url}/{page}", "title": page, "content": "", "engine": "bench"}
                for page in self.server.pages
            ]
            self.answer("application/json", json.dumps({"query": "", "results": found}))
        else:
            self.answer("text/html; charset=utf-8", self.server.pages.get(name, ""))

    def answer(self, kind: str, text: str) -> None:
        """A whole response."""
        body = text.encode()
        self.send_response(200)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@contextmanager
def serving() -> Iterator[Web]:
    """The web of one run."""
    web = Web()
    thread = threading.Thread(target=web.serve_forever, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.shutdown()
        web.server_close()
        thread.join()


def run(task: Task, ant: Ant, folder: Path, web: Web) -> Result:
    """Solved if it says what it must, nothing that it must not, and what it cites holds what is claimed."""
    web.pages = task["pages"]
    asked = ant.run(["net", "--json", task["question"]], folder)
    if asked.returncode:
        return Result(task["id"], False, f"ant: {asked.stderr.strip()[-120:]}")
    answer = json.loads(asked.stdout)
    lacking = lacks(answer["text"], task["says"])
    said = [word for word in task.get("never", ()) if word in answer["text"]]
    notes = [f"lacks {lacking}"] * bool(lacking) + [f"says {said}"] * bool(said)
    unsupported = answer["unsupported"]
    notes += [f"{len(unsupported)} unsupported, marked"] * bool(unsupported)
    return Result(task["id"], not lacking and not said, "; ".join(notes))
