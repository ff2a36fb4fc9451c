"""`ant login` by a code: chosen where no browser can be, and patient with the server."""

from __future__ import annotations

import signal
import time

import pytest
from ant_process import Home
from ant_stub import Reply, refuses, sends_raw
from logging_in import browser_of, keyring_of, run_with, stored
from oauth_stub import Logins, oauth_error

_PENDING = oauth_error("authorization_pending")
_SOON: dict[str, object] = {"aniate.oauth.SHORTEST_INTERVAL_S": 0.2}
"""Lets a server tell an interval of 0, so that nobody waits for whole seconds."""


@pytest.fixture(autouse=True)
def keyring(home: Home) -> None:
    keyring_of(home)


def test_a_code_is_shown_and_waited_for(home: Home, logins: Logins) -> None:
    logins.device_answers = [_PENDING]
    ran = home.run("login", "--device", "--host", logins.stub.url, "--name", "box")
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert ran.err.splitlines()[:-1] == [
        f"On any machine, open {logins.stub.url}/device and type this code:", "", "WDJB-MJHT", "",
        f"Or open: {logins.stub.url}/device?code=WDJB-MJHT", "Waiting; the code is good for 1 minute.",
    ]  # fmt: skip
    assert logins.asked == [{"client_id": "ant", "device_name": "box"}]
    assert stored(home, logins)["refresh"] == "keyring"
    assert home.run("ask", "hi").out == "Hello.\n"


@pytest.mark.parametrize(
    ("environ", "sentence"),
    [
        ({"SSH_CONNECTION": "1 2 3 4", "DISPLAY": ":0"}, "This is a session over SSH"),
        ({"SSH_TTY": "/dev/pts/1", "DISPLAY": ":0"}, "This is a session over SSH"),
        ({"SSH_CLIENT": "1 2 3", "DISPLAY": ":0"}, "This is a session over SSH"),
        ({}, "There is no display here"),
        ({"DISPLAY": ":0", "PATH": "/nonexistent"}, "There is no browser here"),
    ],
)
def test_where_no_browser_can_be_a_code_is_taken(
    environ: dict[str, str], sentence: str, home: Home, logins: Logins
) -> None:
    home.environ |= environ
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    assert ran.err.splitlines()[0] == f"{sentence}, so the login goes by a code."


@pytest.mark.parametrize("environ", [{"SSH_TTY": "/dev/pts/1"}, {}])
def test_the_browser_can_be_insisted_on(environ: dict[str, str], home: Home, logins: Logins) -> None:
    browser_of(home)
    home.environ |= environ
    assert home.run("login", "--web", "--host", logins.stub.url).code == 0
    assert [form["grant_type"] for _, form in logins.forms] == ["authorization_code"]


def test_an_account_is_made_before_the_code_is_typed(home: Home, logins: Logins) -> None:
    ran = home.run("signup", "--device", "--host", logins.stub.url)
    assert ran.code == 0
    assert ran.err.startswith(f"To make an account, first open: {logins.stub.url}/sign-up\n")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (oauth_error("access_denied"), "ant: The login was refused in the browser."),
        (oauth_error("expired_token"), "ant: The code has expired before anybody agreed to the login."),
    ],
)
def test_a_refusal_and_an_end_are_told_apart(answer: Reply, sentence: str, home: Home, logins: Logins) -> None:
    logins.interval_s, logins.device_answers = 0, [_PENDING, answer]
    ran = run_with(home, _SOON, "login", "--device", "--host", logins.stub.url)
    assert ran.code == 4
    assert ran.err.splitlines()[-2] == sentence
    assert not (home.config / "credentials.json").exists()


def test_another_refusal_ends_it_in_the_servers_words(home: Home, logins: Logins) -> None:
    logins.device_answers = [oauth_error("invalid_grant")]
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "ant: It is invalid_grant.")


@pytest.mark.parametrize(
    "lost", [sends_raw(b""), refuses(503, "unavailable", "Away.", retry_after="1"), refuses(500, "internal", "Oh.")]
)
def test_a_lost_answer_ends_nothing(lost: Reply, home: Home, logins: Logins) -> None:
    logins.interval_s, logins.device_answers = 0, [_PENDING, lost, _PENDING]
    ran = run_with(home, _SOON, "login", "--device", "--host", logins.stub.url)
    assert ran.code == 0, ran.err


def test_it_is_slower_each_time_that_the_server_says_so(home: Home, logins: Logins) -> None:
    logins.interval_s, logins.device_answers = 0, [oauth_error("slow_down"), oauth_error("slow_down"), _PENDING]
    began = time.monotonic()
    changed = {**_SOON, "aniate.login_device.SLOWER_S": 0.8}
    assert run_with(home, changed, "login", "--device", "--host", logins.stub.url).code == 0
    assert time.monotonic() - began >= 0.2 + 1 + 1.8 + 1.8


def test_it_leaves_a_server_alone_for_as_long_as_that_says(home: Home, logins: Logins) -> None:
    logins.device_answers = [refuses(429, "limit_reached", "Too many.", retry_after="3")]
    began = time.monotonic()
    assert home.run("login", "--device", "--host", logins.stub.url).code == 0
    assert time.monotonic() - began >= 1 + 3


def test_ctrl_c_ends_the_wait_and_stores_nothing(home: Home, logins: Logins) -> None:
    logins.device_answers = [_PENDING] * 99
    process = home.start("login", "--device", "--host", logins.stub.url)
    assert process.stderr is not None
    while b"Waiting" not in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert process.communicate() == (b"", b"")
    assert not (home.config / "credentials.json").exists()


@pytest.mark.parametrize("page", ["http://example.com", "javascript:alert(1)//"])
def test_nobody_is_told_to_type_a_code_where_it_is_not_safe(page: str, home: Home, logins: Logins) -> None:
    logins.web = page
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert ran.code == 1
    assert "which is not https" in ran.err


def test_absurd_numbers_are_no_bug(home: Home, logins: Logins) -> None:
    logins.code_s, logins.lifetime_s = 10**400, 10**400
    logins.device_answers = [refuses(429, "limit_reached", "Too many.", retry_after="9" * 40)]
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert (ran.code, ran.err.splitlines()[-2]) == (4, "ant: The code has expired before anybody agreed to the login.")
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    assert int(str(stored(home, logins)["expires_at"])) <= time.time() + 24 * 3600
    assert home.run("ask", "hi").code == 0


def test_an_absurd_interval_is_no_bug(home: Home, logins: Logins) -> None:
    logins.interval_s, logins.code_s = 10**17, 30
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert (ran.code, ran.err.splitlines()[-2]) == (4, "ant: The code has expired before anybody agreed to the login.")
