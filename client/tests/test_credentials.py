"""Where a login lies: in the keyring, by consent in a file, and never longer than it should."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pexpect
import pytest
from ant_process import ANT, Home, Ran
from ant_stub import KEY, answers, error, refuses
from logging_in import browser_of, keyring_of, logged_in, stored
from oauth_stub import LOGIN_ACCOUNT, Logins, session

_START_UP_S = 2.0
"""What else a command may take on a busy machine."""


@pytest.fixture
def browser(home: Home) -> Path:
    return browser_of(home)


def test_the_refresh_token_lies_in_the_keyring_alone(home: Home, logins: Logins, browser: Path) -> None:
    kept = keyring_of(home)
    began = int(time.time())
    assert home.run("login", "--host", logins.stub.url).code == 0
    entry = stored(home, logins)
    assert set(entry) == {"access_token", "expires_at", "refresh"}
    assert began + 900 <= int(str(entry["expires_at"])) <= time.time() + 900
    assert json.loads(kept.read_text()) == {f"aniate/default@{logins.stub.url}": logins.current}
    for path in home.folder.rglob("*"):
        assert not path.is_file() or logins.current not in path.read_text()
    assert (home.config / "credentials.json").stat().st_mode & 0o777 == 0o600
    assert home.config.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("kind", ["", "Worthless", "Failing", "Nosuch"])
def test_without_a_keyring_and_a_terminal_nothing_is_opened(
    kind: str, home: Home, logins: Logins, browser: Path
) -> None:
    if kind:
        keyring_of(home, kind)
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 2
    assert ran.err.startswith("ant: There is no keyring here.\n`ant login --in-file` keeps the login in ")
    assert (logins.stub.requests, browser.exists(), home.config.exists()) == ([], False, False)


@pytest.mark.parametrize("name", ["keyring.backends.null.Keyring", "keyring.backends.chainer.ChainerBackend"])
def test_a_keyring_that_keeps_nothing_is_none(name: str, home: Home, logins: Logins, browser: Path) -> None:
    home.environ["PYTHON_KEYRING_BACKEND"] = name
    assert "There is no keyring here." in home.run("login", "--host", logins.stub.url).err


def test_a_keyring_in_plain_files_is_none(home: Home, logins: Logins, browser: Path) -> None:
    keyring_of(home)
    package = home.folder.parent / "keyrings" / "alt"
    package.mkdir(parents=True)
    (package / "file.py").write_text("import keyring_on_file\nclass PlaintextKeyring(keyring_on_file.Keyring): pass\n")
    home.environ["PYTHONPATH"] += f":{home.folder.parent}"
    home.environ["PYTHON_KEYRING_BACKEND"] = "keyrings.alt.file.PlaintextKeyring"
    assert "There is no keyring here." in home.run("login", "--host", logins.stub.url).err


def test_consent_may_be_given_before(home: Home, logins: Logins, browser: Path) -> None:
    kept = keyring_of(home)
    ran = home.run("login", "--in-file", "--host", logins.stub.url)
    assert ran.err.endswith(f"The login is kept in {home.config}/credentials.json.\n")
    assert stored(home, logins)["refresh_token"] == logins.current
    assert not kept.exists()


@pytest.mark.parametrize(("said", "code"), [("y", 0), ("", 1), ("no", 1)])
def test_on_a_terminal_consent_is_asked_for(said: str, code: int, home: Home, logins: Logins, browser: Path) -> None:
    terminal = pexpect.spawn(ANT[0], [*ANT[1:], "login", "--host", logins.stub.url], env=home.environ, timeout=20)
    terminal.expect_exact("There is no keyring here.")
    terminal.expect_exact("for you alone to read? [y/N] ")
    assert logins.stub.requests == []
    terminal.sendline(said)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == code
    assert (home.config / "credentials.json").exists() == (code == 0)


def test_a_keyring_that_hangs_costs_three_seconds_and_a_sentence(home: Home, logins: Logins) -> None:
    keyring_of(home, "Hanging")
    began = time.monotonic()
    ran = home.run("login", "--host", logins.stub.url)
    assert time.monotonic() - began < 3 + _START_UP_S
    assert (ran.code, ran.err.splitlines()[0]) == (2, "ant: The keyring did not answer within 3 s.")
    started = (home.folder.parent / "keyring.json.pid").read_text().strip()
    assert _is_gone(started)


def _is_gone(pid: str) -> bool:
    """Whether the process has ended, or does within two seconds: a killed one takes a moment."""
    for _ in range(100):
        try:
            if not Path(f"/proc/{pid}/cmdline").read_bytes():
                return True
        except OSError:
            return True
        time.sleep(0.02)
    return False


def test_a_keyring_that_hangs_later_costs_as_much_and_loses_nothing(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring", left_s=0)
    before = (home.config / "credentials.json").read_text()
    keyring_of(home, "Hanging")
    began = time.monotonic()
    ran = home.run("ask", "hi")
    assert time.monotonic() - began < 3 + _START_UP_S
    assert (ran.code, ran.err.splitlines()[0]) == (1, "ant: The keyring did not answer within 3 s.")
    assert (home.config / "credentials.json").read_text() == before
    keyring_of(home)
    assert home.run("ask", "hi").out == "Hello.\n"


def test_with_a_good_access_token_the_keyring_is_left_alone(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring")
    keyring_of(home, "Hanging")
    began = time.monotonic()
    assert home.run("ask", "hi").out == "Hello.\n"
    assert time.monotonic() - began < _START_UP_S
    assert logins.seen == ["POST /v1/chat"]


def test_a_module_of_the_folder_one_works_in_is_never_run(home: Home, logins: Logins, browser: Path) -> None:
    keyring_of(home)
    for name in ("keyring", "webbrowser", "aniate", "json"):
        (home.work / f"{name}.py").write_text(f"open({str(home.folder.parent / 'run')!r}, 'w')\n")
    assert home.run("login", "--host", logins.stub.url).code == 0
    assert not (home.folder.parent / "run").exists()


def test_a_login_that_can_not_be_kept_is_ended(home: Home, logins: Logins, browser: Path) -> None:
    keyring_of(home, "ReadOnly")
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 1
    assert ran.err.splitlines()[-2] == "ant: The keyring failed (RuntimeError)."
    assert logins.revoked == [logins.current]


def test_logout_ends_the_login_here_and_on_the_server(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring")
    ran = home.run("logout")
    assert (ran.code, ran.err) == (0, f"Logged out of {logins.stub.url} (profile default).\n")
    assert logins.revoked == [logins.current]
    assert json.loads(keyring_of(home).read_text()) == stored(home, logins) == {}
    assert home.run("ask", "hi").code == 4
    assert not (home.config / "revocations.json").exists() or "{}" in (home.config / "revocations.json").read_text()


def test_logout_without_the_keyring_still_ends_it(home: Home, logins: Logins) -> None:
    entry = logged_in(home, logins, "keyring")
    keyring_of(home, "Hanging")
    began = time.monotonic()
    ran = home.run("logout")
    assert time.monotonic() - began < 3 + _START_UP_S
    assert (ran.code, ran.err.splitlines()[0]) == (0, "The keyring did not answer within 3 s.")
    assert logins.revoked == [entry["access_token"]]


def test_a_logout_far_from_the_server_is_told_later(home: Home, logins: Logins) -> None:
    logged_in(home, logins)
    old = logins.current
    logins.revoking = refuses(503, "unavailable", "Away.")
    ran = home.run("logout")
    assert ran.code == 0
    assert ran.err.endswith("The server is away; it is told when `ant` reaches it again.\n")
    assert home.run("ask", "hi").code == 4
    waiting = home.config / "revocations.json"
    assert json.loads(waiting.read_text()) == {logins.stub.url: [old]}
    assert waiting.stat().st_mode & 0o777 == 0o600
    logged_in(home, logins)
    assert home.run("whoami").code == 0  # the server is still away, and that is nobody's matter
    logins.revoking = None
    assert home.run("whoami").code == 0
    assert (logins.revoked, json.loads(waiting.read_text())) == ([old], {})


@pytest.mark.parametrize("here", [True, False])
@pytest.mark.parametrize(
    "words",
    [["sessions"], ["sessions", "end", "--others"], ["keys"], ["keys", "new", "x"], ["keys", "revoke", "abcdef"],
     ["whoami"], ["whoami", "--check"], ["logout"], ["logout", "--all"], ["login"], ["login", "--with-token"]],
)  # fmt: skip
def test_each_account_command_tells_the_server_what_waits(
    words: list[str], here: bool, home: Home, logins: Logins
) -> None:
    logged_in(home, logins)
    if not here:
        (home.config / "credentials.json").unlink()
    waiting = home.config / "revocations.json"
    waiting.write_text(json.dumps({logins.stub.url: ["old"], "https://elsewhere.example": ["other"]}))
    ran = home.run(*words)  # a login comes to nothing here: no key and no keyring
    assert here or ran.code != 0 or words == ["logout"]
    assert "old" in logins.revoked
    assert json.loads(waiting.read_text()) == {"https://elsewhere.example": ["other"]}


def test_a_login_and_a_renewal_tell_it_too(home: Home, logins: Logins) -> None:
    for number, (words, stdin) in enumerate([(["login", "--with-token"], KEY.encode()), (["ask", "hi"], None)]):
        if stdin is None:
            logged_in(home, logins, left_s=0)
        else:
            home.log_in(logins.stub.url)
        (home.config / "revocations.json").write_text(json.dumps({logins.stub.url: [f"old{number}"]}))
        assert home.run(*words, stdin=stdin).code == 0
        assert f"old{number}" in logins.revoked


def test_what_waits_is_told_a_few_at_a_time(home: Home, logins: Logins) -> None:
    logged_in(home, logins)
    (home.config / "revocations.json").write_text(json.dumps({logins.stub.url: [f"old{n}" for n in range(9)]}))
    assert home.run("whoami").code == 0
    assert logins.revoked == ["old0", "old1", "old2"]
    assert home.run("logout").err == f"Logged out of {logins.stub.url} (profile default).\n"  # which comes first


def test_logout_of_a_key_says_that_the_key_lives_on(user: Home, logins: Logins) -> None:
    ran = user.run("logout")
    assert ran.err.endswith("The key itself stays valid until it is revoked: `ant keys revoke`.\n")
    assert logins.revoked == []


def test_logout_everywhere_ends_all_logins(home: Home, logins: Logins) -> None:
    logged_in(home, logins, "keyring")
    logins.sessions = [session("a" * 8, current=True), session("b" * 8)]
    ran = home.run("logout", "--all")
    assert ran.code == 0
    assert ran.err.splitlines()[0] == "Ended all logins of the account."
    assert (logins.sessions, stored(home, logins), logins.revoked) == ([], {}, [])
    assert json.loads(keyring_of(home).read_text()) == {}


def test_whoami_says_of_what_kind_and_where(home: Home, logins: Logins) -> None:
    logins.stub.account = lambda handler: handler.send_json(200, LOGIN_ACCOUNT)
    entry = logged_in(home, logins, "keyring")
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(int(str(entry["expires_at"]))))
    shown = home.run("whoami").out.splitlines()
    assert shown[3] == "machine    laptop"
    assert shown[-1] == f"token      login, in the keyring; good until {until}, then renewed by itself"
    told = json.loads(home.run("whoami", "--json").out)
    assert (told["token_kind"], told["refresh_place"], told["expires_at"]) == ("login", "keyring", until)
    logged_in(home, logins, "file")
    assert f"login, in {home.config}/credentials.json; good until" in home.run("whoami").out
    assert home.run("whoami", ANT_TOKEN=KEY).out.splitlines()[-1] == "token      login, in ANT_TOKEN"


def test_a_check_prints_nothing(home: Home, logins: Logins) -> None:
    assert (home.run("whoami", "--check").code, home.run("whoami", "--check").err) == (4, "")
    logged_in(home, logins)
    ran = home.run("whoami", "--check")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert [request.path for request in logins.stub.requests] == ["/v1/whoami"]
    logins.stub.account = refuses(401, "not_authenticated", "This login has ended.")
    ran = home.run("whoami", "--check")
    assert (ran.code, ran.out, ran.err) == (4, "", "")
    logins.stub.account = answers(503, "application/json", json.dumps(error("unavailable", "Away.", "")).encode())
    assert home.run("whoami", "--check").code == 1


@pytest.mark.parametrize("entry", [{}, {"access_token": 5}, {"refresh": "file"}, [], 5, ""])
def test_a_strange_entry_is_no_login(entry: object, home: Home, logins: Logins) -> None:
    home.log_in(logins.stub.url)
    (home.config / "credentials.json").write_text(json.dumps({"profiles": {"default": {logins.stub.url: entry}}}))
    assert home.run("ask", "hi").code == 4
    assert home.run("logout").code == 0


def _full(home: Home, *words: str) -> Ran:
    """Run `ant` where no file can grow, as on a full disk."""
    full = "import os, resource as r, sys; r.setrlimit(r.RLIMIT_FSIZE, (0, 0)); os.execvp(sys.argv[1], sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", full, *ANT, *words], env=home.environ, cwd=home.work, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=30, check=False,
    )  # fmt: skip
    return Ran(done.returncode, done.stdout, done.stderr)


def test_a_place_that_can_not_be_written_is_found_before_the_browser_opens(
    home: Home, logins: Logins, browser: Path
) -> None:
    keyring_of(home)
    ran = _full(home, "login", "--host", logins.stub.url)
    assert ran.code == 1
    assert ran.err == f"ant: {home.config}/credentials.json can't be written: File too large.\n"
    (home.config / "credentials.json.lock").unlink()
    (home.config / "credentials.json.lock").mkdir()  # as where the file system is read-only, for root too
    assert "credentials.json.lock can't be written" in home.run("login", "--host", logins.stub.url).err
    assert (logins.stub.requests, browser.exists()) == ([], False)


@pytest.mark.parametrize("text", ["{", "[]", '{"profiles": []}', '{"profiles": {"default": 5}}'])
def test_a_damaged_file_is_found_before_the_browser_opens(text: str, home: Home, logins: Logins, browser: Path) -> None:
    keyring_of(home)
    home.config.mkdir(parents=True)
    (home.config / "credentials.json").write_text(text)
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 1
    assert "is damaged" in ran.err
    assert (logins.stub.requests, browser.exists()) == ([], False)


@pytest.mark.parametrize(("how", "where"), [("full", "file"), ("read-only", "file"), ("read-only", "keyring")])
def test_logout_where_nothing_can_be_written_still_tells_the_server(
    how: str, where: str, home: Home, logins: Logins
) -> None:
    logged_in(home, logins, where)
    if how == "read-only":
        (home.config / "credentials.json.lock").mkdir()
        ran = home.run("logout")
    else:
        ran = _full(home, "logout")
    assert ran.code == 1
    assert "The login has ended on the server, but could not be removed from this machine." in ran.err
    assert logins.revoked == [logins.current]


def test_logout_of_a_key_that_can_not_be_removed_says_so(user: Home) -> None:
    (user.config / "credentials.json.lock").mkdir()
    ran = user.run("logout")
    assert (ran.code, "The key could not be removed from this machine." in ran.err) == (1, True)
