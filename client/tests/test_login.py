"""A key is checked before it is kept, kept for one host, and never shown."""

import json
import os
import subprocess

import pexpect
import pytest
from ant_process import ANT, Home, Ran
from ant_stub import ACCOUNT, KEY, Server, Stub


def _log_in(home: Home, stub: Stub, *more: str, key: str = KEY) -> Ran:
    return home.run("login", "--with-token", "--host", stub.url, *more, stdin=key.encode() + b"\n")


def test_a_key_that_others_may_read_is_told_and_mended_by_the_next_login(user: Home, stub: Stub) -> None:
    path = user.config / "credentials.json"
    path.chmod(0o644)
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out) == (0, "Hello.\n")
    assert ran.err == f"Others may read your key in {path}; mend that with: chmod 600 {path}\n"
    assert _log_in(user, stub).code == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert user.run("ask", "hi").err == ""


def test_a_good_key_is_kept_and_used(home: Home, stub: Stub) -> None:
    ran = _log_in(home, stub)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err.startswith(f"Logged in to {stub.url} as ada@example.com (workspace engines, profile default).")
    assert [request.path for request in stub.requests] == ["/v1/whoami", "/v1/brews", "/v1/names"]
    assert home.run("ask", "hi").out == "Hello.\n"  # the host is remembered too


def test_what_is_kept_is_the_users_alone(home: Home, stub: Stub) -> None:
    home.config.mkdir(parents=True, mode=0o777)
    home.config.chmod(0o777)
    _log_in(home, stub)
    assert home.config.stat().st_mode & 0o777 == 0o700
    for name in ("credentials.json", "config.json"):
        assert (home.config / name).stat().st_mode & 0o777 == 0o600
    assert json.loads((home.config / "credentials.json").read_text()) == {"profiles": {"default": {stub.url: KEY}}}
    written = {path.name for path in home.folder.rglob("*") if path.is_file()}
    assert written == {"credentials.json", "credentials.json.lock", "config.json", "config.json.lock"} | {
        "brews.tsv",
        "assistants.tsv",
    }
    assert list(home.work.iterdir()) == []


@pytest.mark.parametrize("key", ["aniate_sk_wrong", KEY[:-1]])
def test_a_key_that_the_server_refuses_is_not_kept(key: str, home: Home, stub: Stub) -> None:
    ran = _log_in(home, stub, key=key)
    assert ran.code == 4
    assert ran.err.startswith(f"ant: {stub.url} does not accept this key, so it was not stored.\n")
    assert key not in ran.err
    assert not home.config.exists()


def test_a_host_that_speaks_another_protocol_gets_no_login(home: Home, stub: Stub) -> None:
    stub.account = lambda handler: handler.send_body(200, "text/html", b"<html>hotel</html>")
    ran = _log_in(home, stub)
    assert (ran.code, ran.out) == (1, "")
    assert "does not seem to be an Aniate server" in ran.err
    assert not home.config.exists()


def test_a_key_on_the_command_line_is_refused(home: Home, stub: Stub) -> None:
    for words in (["login", KEY], ["login", "--with-token", KEY]):
        ran = home.run(*words, "--host", stub.url)
        assert ran.code == 2
        assert KEY not in ran.err
    assert stub.requests == []


def test_on_a_terminal_the_key_is_typed_unseen(home: Home, stub: Stub) -> None:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "login", "--with-token", "--host", stub.url], env=home.environ, timeout=20
    )
    terminal.expect_exact("API key (it is not shown): ")
    terminal.sendline(KEY)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert KEY not in str(terminal.before)
    assert "Logged in to" in str(terminal.before)
    assert home.run("ask", "hi").out == "Hello.\n"


def test_enter_alone_at_the_prompt_is_told(home: Home, stub: Stub) -> None:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "login", "--with-token", "--host", stub.url], env=home.environ, encoding="utf-8", timeout=20
    )
    terminal.expect_exact("API key (it is not shown): ")
    terminal.sendline("")
    terminal.expect_exact("ant: Nothing was typed.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (terminal.exitstatus, stub.requests) == (2, [])


def test_ctrl_d_at_the_prompt_puts_the_error_on_a_line_of_its_own(home: Home, stub: Stub) -> None:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "login", "--with-token", "--host", stub.url], env=home.environ, timeout=20
    )
    terminal.expect_exact("API key (it is not shown): ")
    terminal.sendeof()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 2
    assert b"\r\n\x1b[31mant: Nothing was typed." in bytes(terminal.before or b"")  # type: ignore[arg-type]  # it holds bytes


def test_ctrl_c_at_the_prompt_leaves_the_terminal_as_it_was(home: Home, stub: Stub) -> None:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "login", "--with-token", "--host", stub.url], env=home.environ, timeout=20
    )
    terminal.expect_exact("API key")
    assert not terminal.getecho()
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 130
    assert "Traceback" not in str(terminal.before)


def test_ant_token_goes_before_the_store_and_is_never_written(home: Home, stub: Stub) -> None:
    home.log_in(stub.url, key="aniate_sk_old")
    before = (home.config / "credentials.json").read_text()
    home.environ["ANT_TOKEN"] = KEY
    assert home.run("ask", "hi").code == 0
    assert home.run("whoami").out.endswith("token      API key, in ANT_TOKEN\n")
    assert stub.questions[0].headers["authorization"] == f"Bearer {KEY}"
    assert (home.config / "credentials.json").read_text() == before
    assert not any(KEY in path.read_text() for path in home.folder.rglob("*") if path.is_file())


def test_whoami_says_who_where_and_where_the_key_lies(user: Home, stub: Stub) -> None:
    assert user.run("whoami").out.splitlines() == [
        "user       ada@example.com", "workspace  engines", "plan       free", "key        laptop",
        f"host       {stub.url}", "profile    default", f"token      API key, in {user.config}/credentials.json",
    ]  # fmt: skip
    told = json.loads(user.run("whoami", "--json").out)
    place = {"host": stub.url, "profile": "default", "token_place": f"{user.config}/credentials.json"}
    assert told == {**ACCOUNT, **place, "token_kind": "key"}
    assert KEY not in json.dumps(told)


def test_whoami_with_a_revoked_key_needs_login(home: Home, stub: Stub) -> None:
    home.log_in(stub.url, key="aniate_sk_revoked")
    ran = home.run("whoami")
    assert (ran.code, ran.err) == (4, "ant: This key is not valid.\nLog in with `ant login`.\n")


def test_logout_removes_the_key_of_this_host_and_profile_alone(home: Home, stub: Stub) -> None:
    _log_in(home, stub)
    _log_in(home, stub, "--profile", "work")
    assert home.run("logout").err.startswith(f"Logged out of {stub.url} (profile default).")
    assert home.run("ask", "hi").code == 4
    assert home.run("ask", "--profile", "work", "hi").code == 0
    assert home.run("logout").err.startswith("There was no login to")


def test_profiles_are_hosts_with_their_own_keys(home: Home, stub: Stub) -> None:
    second = Stub()
    with Server(second):
        _log_in(home, stub)
        _log_in(home, second, "--profile", "try")
        for words in (
            ["--profile", "try", "ask", "hi"],
            ["ask", "--profile=try", "hi"],
            ["what", "hi", "--profile", "try"],
        ):
            assert home.run(*words).code == 0
        assert home.run("ask", "hi", ANT_PROFILE="try").code == 0
        assert home.run("config", "set", "profile", "try").code == 0
        assert home.run("ask", "hi").code == 0
    assert (len(stub.questions), len(second.questions)) == (0, 5)


def test_the_list_marks_what_the_account_may_not_use(home: Home, stub: Stub) -> None:
    stub.brews = [{"name": "ask", "summary": "s"}, {"name": "poet\x1b", "summary": "for\tpro"}, {"nonsense": 1}, 5]
    assert "not in your plan" not in home.run("list").out
    _log_in(home, stub)
    listed = [line.split(None, 1) for line in home.run("list").out.splitlines()]
    assert ["ask", "ask a question"] in listed
    assert ["what", "explain files, folders, commands, output or words (not in your plan)"] in listed
    assert ["poet␛", "for pro"] in listed
    assert [
        brew["allowed"]
        for brew in json.loads(home.run("list", "--json").out)["brews"]
        if brew["name"] in ("ask", "what", "poet␛")
    ] == [True, False, True]
    home.run("logout")
    assert "not in your plan" not in home.run("list").out


@pytest.mark.parametrize("brews", [None, "x", {}, [None]])
def test_a_strange_list_of_brews_does_not_stop_a_login(brews: object, home: Home, stub: Stub) -> None:
    stub.brews = brews
    assert _log_in(home, stub).code == 0
    assert home.run("list").code == 0


def test_many_logins_at_once_lose_none(home: Home, stub: Stub) -> None:
    running = []
    for number in range(8):
        process = home.start(
            "login", "--with-token", "--host", stub.url, "--profile", f"p{number}", stdin=subprocess.PIPE
        )
        assert process.stdin is not None
        process.stdin.write(KEY.encode())
        process.stdin.close()
        process.stdin = None
        running.append(process)
    assert [process.communicate() and process.returncode for process in running] == [0] * 8
    stored = json.loads((home.config / "credentials.json").read_text())
    assert sorted(stored["profiles"]) == [f"p{number}" for number in range(8)]


def test_a_home_that_can_not_be_written_still_answers(user: Home, stub: Stub) -> None:
    if os.geteuid() == 0:
        user.environ["XDG_CACHE_HOME"] = "/proc/none"  # root may write everywhere else
    else:
        user.folder.chmod(0o500)
    for words in (["ask", "hi"], ["whoami"], ["list"], ["config", "list"]):
        assert user.run(*words).code == 0
    user.environ["XDG_CONFIG_HOME"] = "/proc/none"
    ran = _log_in(user, stub)
    assert ran.code == 1
    assert "can't be written" in ran.err


def test_the_hint_to_log_in_repeats_what_was_given(home: Home, stub: Stub) -> None:
    def hint(*words: str) -> str:
        return home.run(*words).err.splitlines()[-1]

    assert hint("ask", "hi") == "Log in with `ant login`."
    both = ("--profile", "my work", "--host", stub.url)
    assert hint("ask", *both, "hi") == f"Log in with `ant login --profile 'my work' --host {stub.url}`."
    home.environ["ANT_PROFILE"] = "work"
    assert hint("whoami", "--host", stub.url) == f"Log in with `ant login --host {stub.url}`."
