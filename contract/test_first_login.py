"""From nothing to `ant whoami`: through a real Chromium, by the server's own mail, in the browser and by a code."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest

from contract.house import House, environment, until
from contract.person import PASSWORD, Person, at_a_browser
from server.tests.doubles.groq import Groq

TOKEN = re.compile(r"eyJ|aniate_(?:rt|sk)_")


@pytest.fixture
def new_house(folder: Path, groq: Groq) -> House:
    """A house that is up and where nobody has an account."""
    return House(folder, environment(folder, groq))


def url_of(house: House) -> str:
    house.up()
    return house.server("status", "--url").stdout.strip()


def test_sign_up_by_mail_allow_and_back_in_the_terminal(new_house: House) -> None:
    url = url_of(new_house)
    try:
        with at_a_browser(new_house) as ada:
            terminal = ada.terminal("signup", "--in-file", "--host", url, "--name", "ada's laptop")
            opened = terminal.url()
            shown = terminal.said(r"https?://\S+/authorize\?\S+")
            assert "prompt=create" in shown and not TOKEN.search(shown)
            assert "/start/" in opened and "state=" not in opened
            ada.sign_up(opened)
            ada.page.get_by_role("heading", name="wants to log in").wait_for()
            ada.decide("Allow")
            code, said = terminal.end()
            assert code == 0 and "Logged in" in said, said
            assert ada.page.url == f"{url}/done", "the code has left the address bar"
            assert not [address for address in ada.asked if TOKEN.search(address)]
            check_whoami(new_house)
            check_logout(ada)
    finally:
        new_house.server("down")


def check_whoami(house: House) -> None:
    told = json.loads(house.ant("whoami", "--json").stdout)
    assert (told["email"], told["plan"], told["token_kind"], told["refresh_place"]) == (
        "ada@example.com", "free", "login", "file",
    )  # fmt: skip
    assert told["key_name"] == "ada's laptop" and told["expires_at"].endswith("Z")
    kept = Path(told["token_place"])
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600 and stat.S_IMODE(kept.parent.stat().st_mode) == 0o700
    shown = house.ant("whoami").stdout
    assert str(kept) in shown and "login" in shown and "ada@example.com" in shown
    assert house.ant("ask", "hello").stdout == "Hello from Groq.\n"


def check_logout(ada: Person) -> None:
    """`ant sessions` and the page agree; after `logout` the login is over."""
    listed = json.loads(ada.house.ant("sessions", "--json").stdout)["sessions"]
    assert [(each["kind"], each["current"]) for each in listed if each["kind"] == "cli"] == [("cli", True)]
    ada.page.goto(ada.page.url.replace("/done", "/account"))
    assert ada.page.get_by_text("ada's laptop", exact=True).or_(ada.page.get_by_text("ada’s laptop")).count() >= 1
    out = ada.house.ant("logout")
    assert out.returncode == 0 and "Logged out" in out.stderr
    assert ada.house.ant("whoami").returncode == 4
    [(alive,)] = ada.house.rows("select count(*) from accounts.sessions where kind = 'cli' and revoked_at is null")
    assert alive == 0


def test_a_machine_without_a_browser_logs_in_by_a_code(new_house: House) -> None:
    url = url_of(new_house)
    try:
        with at_a_browser(new_house) as ada:
            ada.sign_up(f"{url}/sign-up")
            ada.page.get_by_text("You may close this window").wait_for()
            device = new_house.start_ant("login", "--in-file", "--host", url, "--name", "build-box")
            letters = read_letters(device)
            ada.page.goto(f"{url}/device")
            ada.page.get_by_label("Code").fill(letters.lower())
            ada.page.get_by_role("button", name="Continue").click()
            assert ada.page.get_by_text("build-box").count() and ada.page.get_by_text(letters).count()
            assert ada.page.get_by_text("127.0.0.1").count() and ada.page.get_by_text("UTC").count()
            ada.decide("Allow")
            _, said = device.communicate(timeout=30)
            assert device.returncode == 0 and "Logged in" in said
            assert json.loads(new_house.ant("whoami", "--json").stdout)["key_name"] == "build-box"

            refused = new_house.start_ant("login", "--device", "--in-file", "--host", url)
            ada.page.goto(f"{url}/device?code={read_letters(refused)}")
            ada.decide("Deny")
            _, said = refused.communicate(timeout=30)
            assert refused.returncode == 4 and "The login was refused in the browser." in said
            assert new_house.ant("whoami", "--check").returncode == 0, "the former login stays"
    finally:
        new_house.server("down")


def read_letters(process: subprocess.Popen[str]) -> str:
    """The code that the terminal shows."""
    assert process.stderr
    for line in process.stderr:
        if found := re.fullmatch(r"[A-Z]{4}-[A-Z]{4}", line.strip()):
            return found[0]
    raise AssertionError("no code was shown")


def test_twenty_commands_at_once_renew_a_login_once_and_a_lost_answer_is_no_loss(new_house: House) -> None:
    url = url_of(new_house)
    try:
        with at_a_browser(new_house) as ada:
            ada.sign_up(f"{url}/sign-up")
            terminal = ada.terminal("login", "--in-file", "--host", url)
            ada.page.goto(terminal.url())
            ada.decide("Allow")
            assert terminal.end()[0] == 0
        expire(new_house)
        checks = [new_house.start_ant("whoami", "--check") for _ in range(20)]
        said = [check.communicate(timeout=60) for check in checks]
        assert [check.returncode for check in checks] == [0] * 20, said
        assert new_house.rows("select generation from accounts.sessions where kind = 'cli'") == [(1,)]

        before = expire(new_house)
        assert new_house.ant("whoami", "--check").returncode == 0
        credentials(new_house).write_text(before)  # as if the answer had never arrived
        assert new_house.ant("whoami", "--check").returncode == 0
        assert new_house.rows("select generation from accounts.sessions where kind = 'cli'") == [(2,)]

        new_house.rows("update accounts.sessions set rotated_at = rotated_at - interval '31 seconds'")
        credentials(new_house).write_text(before)
        stolen = new_house.ant("whoami", "--check")
        assert stolen.returncode == 4
        assert "ended everywhere" in stolen.stderr or not stolen.stderr
        until(lambda: new_house.ant("whoami").returncode == 4, "the end of the login")
    finally:
        new_house.server("down")


def credentials(house: House) -> Path:
    return Path(house.env["HOME"]) / ".config" / "aniate" / "credentials.json"


def expire(house: House) -> str:
    """The access token has expired; what the file holds then."""
    stored = json.loads(credentials(house).read_text())
    [tokens] = stored["profiles"].values()
    for login in tokens.values():
        login["expires_at"] -= 4000
    credentials(house).write_text(json.dumps(stored))
    return credentials(house).read_text()


def test_a_lost_password_is_found_by_mail(new_house: House) -> None:
    url = url_of(new_house)
    try:
        with at_a_browser(new_house) as ada:
            ada.sign_up(f"{url}/sign-up")
            ada.page.goto(f"{url}/account")
            ada.page.get_by_role("button", name="Sign out").click()
            ada.page.goto(f"{url}/reset")
            ada.page.get_by_label("E-mail").fill(ada.email)
            ada.page.get_by_role("button").last.click()
            until(lambda: "/reset/new" in ada.mail(), "the mail to reset")
            ada.choose_password(ada.mail(), "eleven yellow kites whisper")
            ada.page.wait_for_url(f"{url}/account")
            ada.page.get_by_role("button", name="Sign out").click()
            ada.page.goto(f"{url}/sign-in")
            ada.sign_in()
            assert ada.page.get_by_role("alert").count() == 1
            ada.sign_in_by_keyboard("eleven yellow kites whisper")
            ada.page.wait_for_url(f"{url}/account")
            assert PASSWORD not in ada.page.content()
    finally:
        new_house.server("down")
