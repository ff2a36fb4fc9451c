"""The addresses on this machine where the browser begins a login and comes back to (RFC 8252, section 7.3)."""

import hmac
import secrets
from http.server import BaseHTTPRequestHandler
from queue import Empty, Queue
from socketserver import ThreadingTCPServer
from threading import Lock, Thread
from urllib.parse import parse_qsl, urlsplit

from aniate import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PATH = "/callback"
OPENED_TWICE = "opened_twice"
"""The `error` of the answer that ends a login whose beginning was opened by two."""
_OTHER_LOGIN = "An answer of another login came from the browser, and was left aside."
_OTHER_SERVER = "An answer of another server came from the browser, and was left aside."
_BEGUN = "This login was begun already, perhaps by somebody else, so it was ended. Nothing was agreed to here."
_SENSELESS = "An answer that makes no sense came from the browser, and was left aside."


class Listener(ThreadingTCPServer):
    """Waits for the one answer that has our `state` and comes from `issuer`; then the browser goes on to `done`.

    What the browser is to open is `start`, which sends it on to the page that `goes_to` names, once: others on this
    machine see it on the browser's command line, and must not learn `state` from there.
    """

    daemon_threads = True
    block_on_close = False

    def __init__(self, state: str, issuer: str, done: str) -> None:
        super().__init__(("127.0.0.1", 0), _Visit)
        self.redirect_uri = f"http://127.0.0.1:{self.server_address[1]}{PATH}"
        self.answers: Queue[dict[str, str]] = Queue()
        self.done = done
        self.goes_to = ""
        self._start = f"/start/{secrets.token_urlsafe(24)}"
        self.start = f"http://127.0.0.1:{self.server_address[1]}{self._start}"
        self._turn = Lock()
        self._state = state
        self._issuer = issuer
        self._told: set[str] = set()
        Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def wait(self, limit_s: float) -> "dict[str, str] | None":
        """The answer's fields, `code` or `error` among them; None if none came in time."""
        try:
            return self.answers.get(timeout=limit_s)
        except Empty:
            return None

    def begins(self, path: str) -> bool:
        """Whether `path` is where the login begins."""
        return _same(path, self._start)

    def first_page(self) -> str:
        """The page that the login begins with, the first time; then nothing, and the login is over."""
        with self._turn:
            page, self.goes_to = self.goes_to, ""
        if not page:
            self.answers.put({"error": OPENED_TWICE})
        return page

    def objection(self, given: "dict[str, str]") -> str:
        """Why that can't be the answer, or nothing. `state` and `iss` keep out what others send here (RFC 9207)."""
        if not _same(given.get("state", ""), self._state):
            return _OTHER_LOGIN
        if not _same(given.get("iss", ""), self._issuer):
            return _OTHER_SERVER
        return "" if given.get("code") or given.get("error") else _SENSELESS

    def tell(self, objection: str) -> None:
        """Tell the user, once, however often it comes."""
        if objection not in self._told:
            self._told.add(objection)
            terminal.say(objection)

    def handle_error(self, *_: object) -> None:
        """A browser that left is no error."""


class _Visit(BaseHTTPRequestHandler):
    """One request of whoever found the port."""

    server: Listener
    server_version, sys_version = "ant", ""
    timeout = 10

    def do_GET(self) -> None:
        target = urlsplit(self.path)
        if self.server.begins(target.path):
            self._begin()
        elif target.path == PATH:
            self._take(_fields(target.query))
        else:
            self._nothing()

    def _begin(self) -> None:
        page = self.server.first_page()
        if page:
            self._answer(303, "", Location=page)
        else:
            self._answer(410, _BEGUN)

    def _take(self, given: "dict[str, str]") -> None:
        objection = self.server.objection(given)
        if objection:
            self.server.tell(objection)
            self._answer(400, objection)
            return
        try:
            denied = "" if given.get("code") else "?denied"
            self._answer(303, "", Location=f"{self.server.done}{denied}")
        finally:
            self.server.answers.put(given)

    def _nothing(self) -> None:
        self._answer(404, "There is nothing here.")

    def __getattr__(self, name: str) -> "Callable[[], None]":
        """Every other method finds nothing, too."""
        if not name.startswith("do_"):
            raise AttributeError(name)
        return self._nothing

    def _answer(self, status: int, sentence: str, **headers: str) -> None:
        body = f"{sentence}\n".encode()
        fixed = {"Content-Type": "text/plain; charset=utf-8", "Content-Length": str(len(body)), "Connection": "close"}
        guards = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
        self.send_response(status)
        for name, value in {**fixed, **guards, **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: what comes here would drive the terminal if it could."""


def _fields(query: str) -> "dict[str, str]":
    """The query's fields; none if one is there twice."""
    try:
        pairs = parse_qsl(query, max_num_fields=20)
    except ValueError:
        return {}
    fields = dict(pairs)
    return fields if len(fields) == len(pairs) else {}


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())
