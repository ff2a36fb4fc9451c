"""`ant login` in the browser: what comes back counts only if it is ours, and nothing secret is shown on the way."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import socket
import time
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import urlencode

import pytest
from ant_process import Home
from ant_stub import KEY, Stub, answers
from logging_in import browser_of, keyring_of, run_with, stored
from oauth_stub import BackTo, Form, Logins, agrees, denies, oauth_error

_LEFT_ASIDE = "came from the browser, and was left aside."


@pytest.fixture
def visited(home: Home) -> Path:
    """Where the browser ended."""
    keyring_of(home)
    return browser_of(home)


def _visited(path: Path) -> list[str]:
    """The lines, when the browser has written them: it may end after `ant`."""
    deadline = time.monotonic() + 10
    while not path.exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    return path.read_text().splitlines()


def _knocks(method: str, url: str) -> tuple[int, str]:
    """What `ant` answers to a request of somebody else."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_a_login_in_the_browser_is_kept_and_used(home: Home, logins: Logins, visited: Path) -> None:
    ran = home.run("login", "--host", logins.stub.url, "--name", "my laptop")
    assert (ran.code, ran.out) == (0, ""), ran.err
    assert ran.err.splitlines()[-1] == (
        f"Logged in to {logins.stub.url} as ada@example.com (workspace engines, profile default)."
        " The login is kept in the keyring."
    )
    assert _visited(visited) == [f"200 {logins.stub.url}/done"]
    assert home.run("ask", "hi").out == "Hello.\n"  # the host is remembered too
    assert logins.stub.questions[0].headers["authorization"] == f"Bearer {stored(home, logins)['access_token']}"


def test_the_browser_is_asked_as_the_contract_has_it(home: Home, logins: Logins, visited: Path) -> None:
    home.run("login", "--host", logins.stub.url, "--name", "my laptop")
    [asked] = logins.asked
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/callback", asked.pop("redirect_uri"))
    assert len(asked.pop("state")) >= 32
    assert re.fullmatch(r"[\w-]{43}", asked.pop("code_challenge"))
    assert asked == {
        "response_type": "code", "client_id": "ant", "code_challenge_method": "S256", "device_name": "my laptop"
    }  # fmt: skip
    [(_, form)] = logins.forms
    assert set(form) == {"grant_type", "code", "redirect_uri", "client_id", "code_verifier"}
    assert re.fullmatch(r"[\w-]{43,128}", form["code_verifier"])


def test_a_machine_is_called_as_it_calls_itself(home: Home, logins: Logins, visited: Path) -> None:
    home.run("login", "--host", logins.stub.url)
    assert logins.asked[0]["device_name"] == socket.gethostname().partition(".")[0]


def test_signup_asks_for_a_new_account(home: Home, logins: Logins, visited: Path) -> None:
    assert home.run("signup", "--host", logins.stub.url).code == 0
    assert logins.asked[0]["prompt"] == "create"


def test_as_json_standard_output_holds_that_alone(home: Home, logins: Logins, visited: Path) -> None:
    told = json.loads(home.run("login", "--host", logins.stub.url, "--json").out)
    assert (told["email"], told["token_kind"], told["refresh_place"]) == ("ada@example.com", "login", "keyring")
    assert told["token_place"] == f"{home.config}/credentials.json"


def test_no_token_is_on_a_command_line_or_in_the_browser(home: Home, logins: Logins, visited: Path) -> None:
    seen: set[str] = set()

    def look(form: Form) -> str:
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with contextlib.suppress(OSError):
                seen.add(path.read_bytes().decode("utf-8", "replace"))
        return agrees()(form)

    logins.agree = look
    assert home.run("login", "--host", logins.stub.url).code == 0
    tokens = [logins.current, str(stored(home, logins)["access_token"]), logins.forms[0][1]["code_verifier"]]
    assert any("login" in line for line in seen)
    assert any("/start/" in line for line in seen)  # the browser's
    for secret in (logins.asked[0]["state"], logins.asked[0]["code_challenge"]):
        assert not any(secret in line for line in seen)
    for token in tokens:
        assert not any(token in line for line in [*seen, *_visited(visited), json.dumps(logins.asked)])


def test_the_browser_is_sent_on_once_and_the_terminal_shows_the_whole_address(
    home: Home, logins: Logins, visited: Path
) -> None:
    ran = home.run("login", "--host", logins.stub.url)
    opened = visited.with_name("opened").read_text()
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/start/[\w-]{32}", opened)
    assert f"go to: {logins.stub.url}/authorize?" in ran.err
    assert logins.asked[0]["state"] in ran.err
    assert opened not in ran.err


def test_a_login_that_two_have_begun_is_over(home: Home, logins: Logins, visited: Path) -> None:
    second: list[tuple[int, str]] = []

    def somebody_else_was_first(form: Form) -> str:
        second.append(_knocks("GET", visited.with_name("opened").read_text()))
        time.sleep(0.5)  # what comes later does not count
        return agrees()(form)

    logins.agree = somebody_else_was_first
    ran = home.run("login", "--host", logins.stub.url)
    assert (ran.code, ran.err.splitlines()[1:]) == (4, [
        "ant: The login was opened twice in a browser, perhaps by somebody else on this machine, so it was ended.",
        "Nothing was stored. `ant login` begins anew.",
    ])  # fmt: skip
    [(status, sentence)] = second
    assert (status, "was begun already" in sentence) == (410, True)
    assert logins.forms == []
    assert not (home.config / "credentials.json").exists()


@pytest.mark.parametrize("wrong", [{"state": "x"}, {"state": ""}, {"iss": "https://evil.example"}, {"iss": ""}])
def test_an_answer_that_is_not_ours_is_told_and_the_wait_goes_on(
    wrong: dict[str, str], home: Home, logins: Logins, visited: Path
) -> None:
    refused: list[tuple[int, str]] = []

    def someone_else_first(form: Form) -> str:
        fields = {**form, **wrong}
        url = form["redirect_uri"] + "?" + urlencode({"code": "c", "state": fields["state"], "iss": fields["iss"]})
        refused.extend(_knocks("GET", url) for _ in range(3))
        return agrees()(form)

    logins.agree = someone_else_first
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    assert ran.err.count(_LEFT_ASIDE) == 1
    assert [code for code, _ in refused] == [400] * 3
    assert refused[0][1].strip() in ran.err
    assert [form["code"] for _, form in logins.forms] == ["the-code"]


def test_an_answer_that_says_a_thing_twice_is_left_aside(home: Home, logins: Logins, visited: Path) -> None:
    refused: list[int] = []

    def twice_first(form: Form) -> str:
        good = agrees()(form)
        refused.append(_knocks("GET", good + "&code=other")[0])
        return good

    logins.agree = twice_first
    assert home.run("login", "--host", logins.stub.url).code == 0
    assert refused == [400]


def test_every_other_request_finds_nothing(home: Home, logins: Logins, visited: Path) -> None:
    found: list[int] = []

    def knock_first(form: Form) -> str:
        base, good = form["redirect_uri"].removesuffix("/callback"), agrees()(form)
        paths = ("", "/favicon.ico", "/start/", "/start/x")
        others = [("POST", good), ("HEAD", good), ("BREW", good)]
        for method, url in [*(("GET", base + path) for path in paths), *others]:
            found.append(_knocks(method, url)[0])
        return good

    logins.agree = knock_first
    ran = home.run("login", "--host", logins.stub.url)
    assert (ran.code, found) == (0, [404] * 7), ran.err


def test_a_browser_that_connects_and_says_nothing_holds_nothing_up(home: Home, logins: Logins, visited: Path) -> None:
    held: list[socket.socket] = []

    def connect_first(form: Form) -> str:
        port = int(form["redirect_uri"].removesuffix("/callback").rpartition(":")[2])
        held.append(socket.create_connection(("127.0.0.1", port)))
        return agrees()(form)

    logins.agree = connect_first
    began = time.monotonic()
    assert home.run("login", "--host", logins.stub.url).code == 0
    assert time.monotonic() - began < 8  # where one would wait for the other, it would be 10
    held[0].close()


@pytest.mark.parametrize(
    ("back_to", "code", "sentence"),
    [
        (denies(), 4, "ant: Not by me.\nNothing was stored.\n"),
        (denies(sentence=""), 4, "ant: The login was refused in the browser.\nNothing was stored.\n"),
        (denies("server_error", "Broken\x1b[2J."), 1, "ant: Broken␛[2J.\n"),
    ],
)
def test_a_refusal_in_the_browser_ends_the_login(
    back_to: BackTo, code: int, sentence: str, home: Home, logins: Logins, visited: Path
) -> None:
    logins.agree = back_to
    ran = home.run("login", "--host", logins.stub.url)
    assert (ran.code, ran.out) == (code, "")
    assert ran.err.endswith(sentence)
    assert _visited(visited) == [f"200 {logins.stub.url}/done?denied"]
    assert not (home.config / "credentials.json").exists()


def test_a_code_that_the_server_does_not_take_is_told(home: Home, logins: Logins, visited: Path) -> None:
    logins.token_answers = [oauth_error("invalid_grant")]
    ran = home.run("login", "--host", logins.stub.url)
    assert (ran.code, ran.err.splitlines()[-1]) == (1, "ant: It is invalid_grant.")
    assert not (home.config / "credentials.json").exists()


@pytest.mark.parametrize(
    "tokens",
    [{}, {"access_token": "a"}, {"access_token": "a\nb", "refresh_token": "r", "expires_in": 5},
     {"access_token": "a", "refresh_token": "r", "expires_in": "soon"}, {"access_token": 5, "refresh_token": []}],
)  # fmt: skip
def test_tokens_that_make_no_sense_are_no_login(tokens: object, home: Home, logins: Logins, visited: Path) -> None:
    logins.token_answers = [lambda handler: handler.send_json(200, tokens)]
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 1
    assert "what it answered is no login" in ran.err


@pytest.mark.parametrize(
    "web", ["http://example.com", "ftp://example.com", "javascript:alert(1)//", "https://", "https://a b", "file:///x"]
)
def test_a_browser_is_sent_over_https_or_to_this_machine_alone(
    web: str, home: Home, logins: Logins, visited: Path
) -> None:
    logins.web = web
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 1
    assert "which is not https" in ran.err
    assert not visited.exists()


def test_a_server_that_knows_no_login_is_told(home: Home, stub: Stub) -> None:
    stub.account = answers(404, "text/plain", b"")
    browser_of(home)
    keyring_of(home)
    ran = home.run("login", "--host", stub.url)
    assert ran.code == 1
    assert "does not seem to be an Aniate server" in ran.err


def test_when_nobody_comes_back_the_login_goes_by_a_code(home: Home, logins: Logins, visited: Path) -> None:
    home.environ["BROWSER"] = "/bin/true"
    changed: dict[str, object] = {"aniate.login_browser.WAIT_S": 0.3}
    ran = run_with(home, changed, "login", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    assert "Nobody came back from the browser, so the login goes by a code; the browser still may come back." in ran.err
    assert "WDJB-MJHT" in ran.err


@pytest.mark.parametrize("agrees_late", [True, False])
def test_a_browser_that_comes_back_late_still_counts(
    agrees_late: bool, home: Home, logins: Logins, visited: Path
) -> None:
    logins.device_answers = [oauth_error("authorization_pending")] * 99

    def late(form: Form) -> str:
        time.sleep(1.5)
        return agrees()(form) if agrees_late else denies()(form)

    logins.agree = late
    changed: dict[str, object] = {"aniate.login_browser.WAIT_S": 0.3}
    ran = run_with(home, changed, "login", "--host", logins.stub.url)
    assert "WDJB-MJHT" in ran.err
    assert ran.code == (0 if agrees_late else 4), ran.err
    assert [form.get("grant_type") for _, form in logins.forms].count("authorization_code") == int(agrees_late)
    assert _visited(visited) == [f"200 {logins.stub.url}/done{'' if agrees_late else '?denied'}"]


def test_ctrl_c_ends_the_wait_and_stores_nothing(home: Home, logins: Logins, visited: Path) -> None:
    home.environ["BROWSER"] = "/bin/true"
    process = home.start("login", "--host", logins.stub.url)
    assert process.stderr is not None
    assert b"/authorize?" in process.stderr.readline()
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=10) == 130
    assert process.communicate() == (b"", b"")
    assert not (home.config / "credentials.json").exists()


@pytest.mark.parametrize("words", [["--device", "--web"], ["--with-token", "--web"], ["laptop"], ["--name", " "]])
def test_a_login_in_two_ways_or_with_words_is_refused(words: list[str], home: Home, logins: Logins) -> None:
    assert home.run("login", *words, "--host", logins.stub.url).code == 2
    assert logins.stub.requests == []


def test_ways_to_log_in_are_named_and_counted(home: Home) -> None:
    assert home.run("login", "--device", "--web").err == "ant: --web and --device are two ways to log in; choose one.\n"
    told = home.run("login", "--device", "--web", "--with-token").err
    assert told == "ant: --with-token, --web and --device are three ways to log in; choose one.\n"


def test_a_login_takes_the_place_of_a_key_and_a_key_that_of_a_login(home: Home, logins: Logins, visited: Path) -> None:
    home.log_in(logins.stub.url)
    assert home.run("login").code == 0
    first = logins.current
    assert home.run("login").code == 0
    assert logins.revoked == [first]  # the login that it takes the place of ends
    assert home.run("login", "--with-token", stdin=KEY.encode()).code == 0
    assert logins.revoked == [first, logins.current]
    assert home.run("ask", "hi").code == 0
    assert json.loads((home.folder.parent / "keyring.json").read_text()) == {}
