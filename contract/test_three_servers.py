"""Three server processes over one database: what ends at one is over at all of them, within a second."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from aniate_server.parts import embedded_postgres
from aniate_server.plumbing.settings import Settings
from contract.house import House, environment
from contract.person import Person, at_a_browser
from server.tests.doubles.groq import Groq


class Issuer(ThreadingHTTPServer):
    """The one name of all three; it says that logins are for the house that `house_url` names."""

    daemon_threads = True
    house_url = ""

    @property
    def url(self) -> str:
        """Its own address."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class Metadata(BaseHTTPRequestHandler):
    """What the issuer says, whatever it is asked."""

    server: Issuer

    def do_GET(self) -> None:
        at = self.server.house_url
        ends = {"authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/v1/oauth/token"}
        body = json.dumps({"issuer": self.server.url, **ends}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    """The issuer, at work."""
    with Issuer(("127.0.0.1", 0), Metadata) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def houses(folder: Path, groq: Groq, issuer: Issuer) -> Iterator[list[House]]:
    """The first runs the database, the others stand on it; they share the secret and the name."""
    env = {**environment(folder, groq), "ANIATE_SECRET": "s" * 32, "ANIATE_ISSUER": issuer.url}
    first = House(folder, env)
    with ExitStack() as stack:
        first.up()
        stack.callback(first.server, "down")
        url = embedded_postgres(Settings(data=first.data, cache=folder)).server_url
        all_three = [first]
        for name in ("two", "three"):
            other = replace(first, folder=folder / name, env={**env, "ANIATE_DATABASE_URL": url})
            other.up("--no-worker")  # mail without a mail server lies with who sends it: the first
            stack.callback(other.server, "down")
            all_three.append(other)
        yield all_three


def url_of(house: House) -> str:
    return house.server("status", "--url").stdout.strip()


def status(url: str, token: str) -> int:
    """What a server says to the token, on the chat path, where it is remembered."""
    request = urllib.request.Request(
        f"{url}/v1/chat",
        json.dumps({"messages": [{"role": "user", "content": "hi"}]}).encode(),
        {"authorization": f"Bearer {token}", "content-type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def log_in(ada: Person, issuer: Issuer, url: str) -> str:
    """A login of `ant`; its access token."""
    issuer.house_url = url
    terminal = ada.terminal("login", "--in-file", "--host", url)
    ada.page.goto(terminal.url())
    ada.decide("Allow")
    assert terminal.end()[0] == 0
    stored = json.loads((Path(ada.house.env["HOME"]) / ".config" / "aniate" / "credentials.json").read_text())
    return str(stored["profiles"]["default"][url]["access_token"])


def assert_dead_within_a_second(urls: list[str], token: str, ended_at: float) -> None:
    """Asked all the time, each server refuses the token from a moment on that is at most a second after its end."""

    def last_good(url: str) -> float:
        good = ended_at
        while time.monotonic() < ended_at + 2:
            asked_at = time.monotonic()
            if status(url, token) == 200:
                good = asked_at
            time.sleep(0.01)
        return good - ended_at

    with ThreadPoolExecutor() as pool:
        late = list(pool.map(last_good, urls))
    assert max(late) <= 1.0, late


def test_a_login_that_ends_is_dead_in_every_process_within_a_second(houses: list[House], issuer: Issuer) -> None:
    urls = [url_of(house) for house in houses]
    with at_a_browser(houses[0]) as ada:
        ada.sign_up(f"{urls[0]}/sign-up")
        token = log_in(ada, issuer, urls[0])
        assert [status(url, token) for url in urls] == [200] * 3
        assert ada.house.ant("logout").returncode == 0
        assert_dead_within_a_second(urls, token, time.monotonic())

        token = log_in(ada, issuer, urls[1])
        assert [status(url, token) for url in urls] == [200] * 3
        ada.page.goto(f"{urls[2]}/account")
        ada.page.get_by_role("button", name="End all others").click()
        ada.page.get_by_text("All other logins were ended.").wait_for()
        assert_dead_within_a_second(urls, token, time.monotonic())
