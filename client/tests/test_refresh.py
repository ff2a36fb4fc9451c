"""A login is renewed in time, once for all that need it, and is not lost by accident."""

from __future__ import annotations

import json
import signal
import subprocess
import time

import pytest
from ant_process import Home
from ant_stub import KEY, Handler, Reply, answers, refuses, sends_events, sends_raw, stalls, streams
from logging_in import keyring_of, logged_in, run_with, stored
from oauth_stub import Logins, oauth_error

_SLACK_S = 2.0
"""What a busy machine may add."""


@pytest.mark.parametrize("where", ["keyring", "file"])
@pytest.mark.parametrize("left_s", [-5000, 0, 50, 10**6])
def test_a_login_that_is_about_to_expire_is_renewed(where: str, left_s: int, home: Home, logins: Logins) -> None:
    old = logged_in(home, logins, where, left_s)
    logins.stub.tokens.discard(str(old["access_token"]))
    assert home.run("ask", "hi").out == "Hello.\n"
    new = stored(home, logins)
    assert logins.stub.questions[0].headers["authorization"] == f"Bearer {new['access_token']}"
    assert int(str(new["expires_at"])) > time.time() + 800
    kept = json.loads(keyring_of(home).read_text()).values() if where == "keyring" else [new["refresh_token"]]
    assert list(kept) == [logins.current]
    assert home.run("ask", "hi").code == 0
    assert len(logins.refreshes) == 1


def test_a_login_that_is_good_makes_one_request(home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=120)
    assert home.run("ask", "hi").code == 0
    assert logins.seen == ["POST /v1/chat"]


@pytest.mark.parametrize("where", ["keyring", "file"])
def test_twenty_at_once_renew_it_once(where: str, home: Home, logins: Logins) -> None:
    logged_in(home, logins, where, left_s=0)
    running: list[subprocess.Popen[bytes]] = [home.start("whoami", "--check") for _ in range(20)]
    assert [(process.communicate(), process.returncode) for process in running] == [((b"", b""), 0)] * 20
    assert len(logins.refreshes) == 1
    assert len({request.headers.get("authorization") for request in logins.stub.requests} - {None}) == 1


@pytest.mark.parametrize("lost", [sends_raw(b""), answers(200, "text/plain", b"oops")])
@pytest.mark.parametrize("where", ["keyring", "file"])
def test_a_lost_answer_is_asked_for_again(lost: Reply, where: str, home: Home, logins: Logins) -> None:
    logged_in(home, logins, where, left_s=0)
    logins.token_answers = [lost]
    assert home.run("ask", "hi").code == 1
    assert home.run("ask", "hi").out == "Hello.\n"
    first, second = logins.refreshes
    assert first == second
    assert logins.current == next(iter(logins.successors.values()))


def _interrupted_while_it_renews(home: Home, logins: Logins, *answer: Reply) -> float:
    """Ctrl-C while the answer is awaited; how many seconds later the command has ended."""
    logged_in(home, logins, left_s=0)
    logins.token_answers = list(answer)
    process = home.start("ask", "hi")
    while not logins.refreshes:
        time.sleep(0.01)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert process.communicate() == (b"", b"")
    return time.monotonic() - began


def test_ctrl_c_waits_for_an_answer_that_must_not_be_lost(home: Home, logins: Logins) -> None:
    def late(handler: Handler) -> None:
        time.sleep(0.4)
        handler.send_json(200, logins.tokens_of(logins.current))

    _interrupted_while_it_renews(home, logins, late)
    assert stored(home, logins)["refresh_token"] == logins.current
    assert logins.stub.questions == []


def test_ctrl_c_does_not_wait_for_long(home: Home, logins: Logins) -> None:
    assert 0.9 < _interrupted_while_it_renews(home, logins, stalls()) < 1 + _SLACK_S


@pytest.mark.parametrize("where", ["keyring", "file"])
def test_a_login_that_is_over_is_forgotten_in_the_servers_words(where: str, home: Home, logins: Logins) -> None:
    logged_in(home, logins, where, left_s=0)
    logins.current = ""
    ran = home.run("ask", "hi")
    assert (ran.code, ran.err) == (4, "ant: This login has ended.\nLog in again with `ant login`.\n")
    assert stored(home, logins) == {}
    assert where == "file" or json.loads(keyring_of(home).read_text()) == {}
    assert "You are not logged in" in home.run("ask", "hi").err


@pytest.mark.parametrize(
    ("trouble", "code"),
    [
        (refuses(503, "unavailable", "Away.", retry_after="5"), 1),
        (refuses(429, "limit_reached", "Too many.", retry_after="5"), 5),
        (oauth_error("invalid_client", 401), 4),
        (answers(302, "text/plain", b"", location="https://evil.example/"), 1),
        (answers(200, "application/json", b"{}"), 1),
    ],
)
def test_trouble_loses_nothing(trouble: Reply, code: int, home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=0)
    before = (home.config / "credentials.json").read_text()
    logins.token_answers = [trouble]
    assert home.run("ask", "hi").code == code
    assert (home.config / "credentials.json").read_text() == before
    assert home.run("ask", "hi").code == 0


def test_a_server_that_is_away_loses_nothing(home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=0)
    path = home.config / "credentials.json"
    path.write_text(path.read_text().replace(logins.stub.url, "http://127.0.0.1:1"))
    before = path.read_text()
    ran = home.run("ask", "--host", "http://127.0.0.1:1", "hi")
    assert ran.code == 1
    assert "can't be reached" in ran.err
    assert path.read_text() == before


def test_a_server_that_says_nothing_is_not_waited_for_as_long_as_for_an_answer(home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=0)
    logins.token_answers = [stalls()]
    changed: dict[str, object] = {"aniate.oauth.PATIENCE_S": 0.3}
    ran = run_with(home, changed, "ask", "hi")
    assert ran.code == 1
    assert "said nothing for 0.3 s" in ran.err
    assert run_with(home, changed, "ask", "hi").out == "Hello.\n"


def test_a_login_whose_secret_is_gone_is_told(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring", left_s=0)
    keyring_of(home).write_text("{}")
    ran = home.run("ask", "hi")
    assert ran.code == 4
    assert "is gone from the keyring" in ran.err
    assert logins.refreshes == []


def test_a_keyring_that_takes_nothing_more_does_not_stop_the_question(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring", left_s=0)
    keyring_of(home, "ReadOnly")
    ran = home.run("ask", "hi")
    assert (ran.code, ran.out) == (0, "Hello.\n")
    assert "could not be kept there" in ran.err
    assert home.run("ask", "hi").err == ""


def test_a_token_in_the_environment_leaves_the_login_alone(home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=0)
    before = (home.config / "credentials.json").read_text()
    assert home.run("ask", "hi", ANT_TOKEN=KEY).code == 0
    assert (home.config / "credentials.json").read_text() == before
    assert logins.refreshes == []


def test_the_refresh_token_goes_to_no_other_host(home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=0)
    other = logins.stub.url.replace("127.0.0.1", "localhost")
    assert home.run("ask", "--host", other, "hi").code == 4
    assert logins.stub.requests == []


def _damaged(home: Home, logins: Logins, where: str = "file") -> str:
    """A login whose access token looks good and is refused; the token."""
    token = str(logged_in(home, logins, where)["access_token"])
    logins.stub.tokens.discard(token)
    logins.stub.reply = _heeds_the_token
    return token


def _heeds_the_token(handler: Handler) -> None:
    if handler.knows_the_caller():
        streams("Hello.")(handler)
    else:
        refuses(401, "not_authenticated", "This token is not valid.")(handler)


@pytest.mark.parametrize("where", ["keyring", "file"])
@pytest.mark.parametrize("words", [["ask", "hi"], ["ask", "--json", "hi"], ["whoami"], ["list"], ["keys"]])
def test_a_refused_token_is_renewed_once_and_asked_again(
    words: list[str], where: str, home: Home, logins: Logins
) -> None:
    old = _damaged(home, logins, where)
    ran = home.run(*words)
    assert (ran.code, ran.err) == (0, "")
    assert len(logins.refreshes) == 1
    asked = [request.headers["authorization"] for request in logins.stub.requests if "authorization" in request.headers]
    new = f"Bearer {stored(home, logins)['access_token']}"
    assert asked == [f"Bearer {old}", *[new] * (len(asked) - 1)]
    assert len(asked) >= 2


def test_a_token_that_stays_refused_is_asked_twice_and_no_more(home: Home, logins: Logins) -> None:
    _damaged(home, logins)
    logins.stub.reply = refuses(401, "not_authenticated", "This token is not valid.")
    ran = home.run("ask", "hi")
    assert (ran.code, ran.err.splitlines()[0]) == (4, "ant: This token is not valid.")
    assert (len(logins.stub.questions), len(logins.refreshes)) == (2, 1)


def test_twenty_whose_token_is_refused_renew_it_once(home: Home, logins: Logins) -> None:
    _damaged(home, logins)
    running: list[subprocess.Popen[bytes]] = [home.start("ask", "hi") for _ in range(20)]
    assert [(process.communicate(), process.returncode) for process in running] == [((b"Hello.\n", b""), 0)] * 20
    assert len(logins.refreshes) == 1


def test_a_refused_login_that_is_over_is_forgotten_in_the_servers_words(home: Home, logins: Logins) -> None:
    _damaged(home, logins)
    logins.current = ""
    ran = home.run("ask", "hi")
    assert (ran.code, ran.err) == (4, "ant: This login has ended.\nLog in again with `ant login`.\n")
    assert stored(home, logins) == {}


def test_an_answer_that_has_begun_is_not_asked_for_again(home: Home, logins: Logins) -> None:
    logged_in(home, logins)
    refused = b'event: error\ndata: {"code": "not_authenticated", "message": "Ended.", "hint": ""}\n\n'
    logins.stub.reply = sends_events(b'event: delta\ndata: {"text": "Hel"}\n\n', refused)
    ran = home.run("ask", "hi")
    assert (ran.code, ran.out) == (4, "Hel\n")
    assert (len(logins.stub.questions), logins.refreshes) == (1, [])


def test_a_refused_key_is_not_renewed_by_a_login(home: Home, logins: Logins) -> None:
    _damaged(home, logins)
    ran = home.run("ask", "hi", ANT_TOKEN="aniate_sk_old")
    assert ran.code == 4
    assert ran.err.splitlines()[-1] == "ANT_TOKEN is set and goes before every login: unset it, or set a good one."
    home.log_in(logins.stub.url, key="aniate_sk_old")
    assert home.run("ask", "hi").err.splitlines()[-1] == "Log in with `ant login`."
    assert (len(logins.stub.questions), logins.refreshes) == (2, [])


def test_the_hint_to_log_in_again_repeats_what_was_given(home: Home, logins: Logins) -> None:
    logged_in(home, logins, left_s=0)
    logins.current = ""
    ran = home.run("ask", "--host", logins.stub.url, "hi")
    assert ran.err.endswith(f"Log in again with `ant login --host {logins.stub.url}`.\n")
