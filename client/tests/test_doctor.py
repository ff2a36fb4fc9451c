"""`ant doctor`: what is in order, what is not; offline, logged out, anywhere."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from email.utils import formatdate

import pytest
from ant_process import ANT, Home, Ran
from ant_stub import Handler, Stub


def _health(stub: Stub, status: int = 200, skew_s: float = 0) -> None:
    def answers(handler: Handler, _: bytes) -> bool:
        if handler.path != "/healthz":
            return False
        handler.date_time_string = lambda timestamp=None: formatdate(time.time() + skew_s, usegmt=True)  # type: ignore[method-assign]
        handler.send_json(status, {"status": "ok"})
        return True

    stub.routes = answers


def _checks(ran: Ran) -> dict[str, str]:
    return {check["name"]: check["state"] for check in json.loads(ran.out)["checks"]}


def test_all_is_good_for_who_is_logged_in(user: Home, stub: Stub) -> None:
    _health(stub)
    ran = user.run("doctor")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines if not line.startswith("  ")].count("BAD") == 0
    assert f"ok    login     ada@example.com, in {user.config}/credentials.json" in lines
    assert f"ok    server    {stub.url} answers" in lines
    assert json.loads(user.run("doctor", "--json").out)["good"] is True


def test_it_changes_nothing_and_needs_no_login(home: Home) -> None:
    ran = home.run("doctor", "--json", "--host", "http://127.0.0.1:1")
    assert ran.code == 1
    checks = _checks(ran)
    assert (checks["server"], checks["login"], checks["settings"]) == ("bad", "note", "good")
    assert list(home.folder.iterdir()) == []


def test_a_server_that_is_away_or_ill_is_told_with_what_to_do(user: Home, stub: Stub) -> None:
    _health(stub, status=503)
    ran = user.run("doctor")
    assert ran.code == 1
    assert f"BAD   server    {stub.url} answered with 503." in ran.out
    away = user.run("doctor", "--host", "http://127.0.0.1:1")
    assert "can't be reached" in away.out
    assert away.err == ""


def test_a_login_that_is_not_accepted_is_told(user: Home, stub: Stub) -> None:
    _health(stub)
    stub.tokens.clear()
    ran = user.run("doctor", "--json")
    assert (ran.code, _checks(ran)["login"]) == (1, "bad")


def test_a_clock_that_goes_wrong_is_told(user: Home, stub: Stub) -> None:
    _health(stub, skew_s=-900)
    ran = user.run("doctor")
    assert ran.code == 1
    assert "s ahead of the server's." in ran.out


def test_damaged_settings_are_told_and_no_crash(user: Home) -> None:
    (user.config / "config.json").write_text("{")
    ran = user.run("doctor", "--json")
    assert (ran.code, _checks(ran)["config"]) == (1, "bad")


def test_a_home_that_can_not_be_written_is_told(home: Home) -> None:
    (home.folder / ".config").write_text("a file, where a folder should be")
    ran = home.run("doctor", "--json", "--host", "http://127.0.0.1:1", EDITOR="no-such-editor -w")
    checks = _checks(ran)
    assert (checks["settings"], checks["state"], checks["editor"]) == ("bad", "good", "note")


_MOUNTS = """
mount -t tmpfs -o size=16k tmpfs "$HOME/.config/aniate" && mountpoint -q "$HOME/.config/aniate" || exit 99
"""
_FULL = _MOUNTS + 'dd if=/dev/zero of="$HOME/.config/aniate/large" bs=4k 2>&1 | grep -q "No space left" || exit 99\n'
_READ_ONLY = _MOUNTS + 'mount -o remount,ro,size=16k "$HOME/.config/aniate" || exit 99\n'
_NEARLY_FULL = _MOUNTS + 'test -z "$(ls -A "$HOME/.config/aniate")" || exit 99\n'
_BOUNDED = "ulimit -f 8\n"


@pytest.mark.parametrize(
    ("before", "why", "wrong"),
    [
        (_FULL, "the disk is full.", ["settings"]),
        (_NEARLY_FULL, "the disk is full.", ["settings"]),
        (_READ_ONLY, "its disk is mounted read-only.", ["settings"]),
        (_BOUNDED, "File too large.", ["settings", "cache", "state"]),
    ],
    ids=["full", "nearly full", "read-only", "bounded"],
)
def test_a_disk_that_takes_no_more_is_told(before: str, why: str, wrong: list[str], home: Home) -> None:
    home.config.mkdir(parents=True, mode=0o700)
    command = [*ANT, "doctor", "--json", "--host", "http://127.0.0.1:1"]
    alone = [] if before == _BOUNDED else ["unshare", "--user", "--map-root-user", "--mount"]
    if alone and (shutil.which("unshare") is None or subprocess.run([*alone, "true"], check=False).returncode):
        pytest.skip("no file system may be mounted here")
    done = subprocess.run(
        [*alone, "sh", "-c", f'{before}exec "$@"', "sh", *command], env=home.environ, cwd=home.work,
        capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    if done.returncode == 99:
        pytest.skip("no file system may be mounted here")
    checks = {check["name"]: check for check in json.loads(done.stdout)["checks"]}
    assert done.returncode == 1
    for name in wrong:
        assert checks[name]["state"] == "bad"
        assert checks[name]["told"].endswith(f" can't be written: {why}")
        assert "kept" in checks[name]["advice"]
    assert [checks[name]["state"] for name in ("settings", "cache", "state")].count("bad") == len(wrong)
    assert list(home.config.iterdir()) == []


def test_a_folder_without_the_right_to_write_is_told(home: Home) -> None:
    home.config.mkdir(parents=True, mode=0o500)
    alone = ["unshare", "--user"] if os.geteuid() == 0 else []  # where root, too, may not write everywhere
    if alone and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root may write anywhere here")
    done = subprocess.run(
        [*alone, *ANT, "doctor", "--json", "--host", "http://127.0.0.1:1"], env=home.environ, cwd=home.work,
        capture_output=True, timeout=30, check=False,
    )  # fmt: skip
    told = {check["name"]: check["told"] for check in json.loads(done.stdout)["checks"]}
    assert (done.returncode, told["settings"]) == (1, f"{home.config} can't be written: you have no right to.")


def test_what_others_may_read_or_write_is_told_with_what_to_do(user: Home, stub: Stub) -> None:
    _health(stub)
    key = user.config / "credentials.json"
    key.chmod(0o644)
    user.config.chmod(0o777)
    ran = user.run("doctor", "--json")
    assert (ran.code, _checks(ran)["settings"], _checks(ran)["key"]) == (1, "bad", "bad")
    advice = [check["advice"] for check in json.loads(ran.out)["checks"]]
    assert f"chmod 700 {user.config}" in advice
    assert f"chmod 600 {key}" in advice
    user.config.chmod(0o700)
    key.chmod(0o600)
    assert user.run("doctor").code == 0


def test_without_git_and_man_it_says_what_needs_them(home: Home) -> None:
    folder = home.folder / "bin"
    folder.mkdir()
    (folder / "sh").symlink_to("/bin/sh")
    checks = _checks(home.run("doctor", "--json", "--host", "http://127.0.0.1:1", PATH=str(folder)))
    assert (checks["git"], checks["man"]) == ("note", "note")
