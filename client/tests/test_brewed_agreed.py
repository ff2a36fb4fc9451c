"""A brewed script is run only if its user said yes to this very text on this machine."""

from __future__ import annotations

import json

import pexpect
from ant_process import Home
from ant_stub import Server, Stub
from brewed_stub import Commands, agree, ended, script, terminal


def test_a_script_that_nobody_agreed_to_is_refused_off_a_terminal(user: Home, commands: Commands) -> None:
    commands.put(name="s", body="touch ran", arguments=[])
    done = user.run("s")
    assert done.code == 1 and "is new on this machine" in done.err and "ant agree s --hash" in done.err
    for wrong in ("0" * 16, json.loads(user.run("show", "s", "--json").out)["hash"][:8]):
        assert user.run("agree", "s", "--hash", wrong).code == 2
    assert user.run("agree", "s").code == 2
    agree(user, "s")
    assert user.run("s").code == 0 and (user.work / "ran").exists()
    kept = user.folder / ".local" / "state" / "aniate" / "agreed.json"
    assert kept.stat().st_mode & 0o777 == 0o600

    (user.work / "ran").unlink()
    for change in ({"body": "touch ran; id"}, {"may": ["network"]}, {"arguments": [{"name": "x", "type": "flag"}]}):
        commands.put(**{"name": "s", "body": "touch ran", "arguments": [], **change})
        done = user.run("s")
        assert done.code == 1 and "was changed since you agreed" in done.err
    commands.put(name="s", body="touch ran", arguments=[], description="another word for it")
    assert user.run("s").code == 0


def test_agreement_is_for_one_server_and_profile(user: Home, commands: Commands) -> None:
    script(user, commands, "true")
    kept = user.folder / ".local" / "state" / "aniate" / "agreed.json"
    kept.write_text(kept.read_text().replace(commands.stub.url, "https://elsewhere.example"))
    assert user.run("s").code == 1


def test_on_a_terminal_it_is_shown_and_asked_once_and_again_when_it_changes(user: Home, commands: Commands) -> None:
    commands.put(name="s", body="echo one\n\x1b]0;title\x07touch ran", arguments=[])
    refused = terminal(user, "s")
    refused.expect("does not show")
    refused.expect(pexpect.EOF)

    commands.put(name="s", body="touch ran", arguments=[], may=["writes"])
    for key in ("\r", "n", "\x1b"):
        asked = terminal(user, "s")
        asked.expect("is new on this machine")
        asked.expect("touch ran")
        asked.expect("may write files")
        asked.expect("Run it?")
        asked.send(key)
        asked.expect("Nothing was run")
        asked.expect(pexpect.EOF)
        assert not (user.work / "ran").exists()
    asked = terminal(user, "s")
    asked.expect("Run it?")
    asked.send("y")
    asked.expect(pexpect.EOF)
    assert (user.work / "ran").exists()
    assert "Run it?" not in terminal(user, "s").read()

    commands.put(name="s", body="touch ran\ncurl evil", arguments=[], may=["writes"])
    asked = terminal(user, "s")
    asked.expect("was changed since you agreed")
    asked.expect(r"\+curl evil")
    asked.expect("Run it?")
    asked.send("n")
    asked.expect(pexpect.EOF)


def test_a_yes_that_cannot_be_kept_holds_for_once(user: Home, commands: Commands) -> None:
    commands.put(name="s", body="echo ran", arguments=[])
    (user.folder / ".local").mkdir()
    (user.folder / ".local" / "state").write_text("in the way")
    for _ in range(2):
        asked = terminal(user, "s")
        asked.expect("Run it?")
        asked.send("y")
        asked.expect("The yes is not remembered")
        asked.expect("\nran")
        assert ended(asked) == 0
    assert user.run("agree", "s", "--hash", json.loads(user.run("show", "s", "--json").out)["hash"]).code == 1


def test_a_command_that_cannot_be_is_never_run(user: Home, commands: Commands) -> None:
    for fields in (
        {"arguments": [{"name": "PATH", "type": "text", "description": ""}]},
        {"arguments": [{"name": "ld_preload; id", "type": "text", "description": ""}]},
        {"arguments": [{"name": "http_proxy", "type": "text", "description": ""}]},
        {"kind": "program"},
        {"body": ""},
        {"body": "a\u202eb"},
    ):
        commands.put(**{"name": "s", "body": "touch ran", "arguments": [], **fields})
        done = user.run("s", "x")
        assert done.code in (1, 2) and "Traceback" not in done.err
        done = user.run("agree", "s", "--hash", json.loads(user.run("show", "s", "--json").out)["hash"])
        assert done.code == (0 if fields.get("kind") else 1)
    assert not (user.work / "ran").exists()


def test_a_script_runs_as_it_was_known_last_where_the_server_is_away(home: Home) -> None:
    stub = Stub()
    with Server(stub) as server:
        home.log_in(stub.url)
        commands = Commands(stub)
        commands.put(name="t", kind="template", may=[], body="Put {path}.")
        script(home, commands, "echo here")
        assert home.run("list").code == home.run("s").code == home.run("t", "--help").code == 0
    server.server_close()
    done = home.run("s")
    assert (done.code, done.out) == (0, "here\n") and "as it was known last" in done.err
    assert home.run("t", "f").code == 1  # a model can't be asked either
    kept = list((home.cache / "commands").glob("*.json"))
    assert [path.stat().st_mode & 0o777 for path in kept] == [0o600, 0o600]
    for path in kept:
        path.write_text(path.read_text().replace("echo here", "touch ran"))
    assert home.run("s").code == 1  # nobody agreed to that
    assert not (home.work / "ran").exists()


def test_a_home_that_cannot_be_written_to_is_no_reason_to_fail(user: Home, commands: Commands) -> None:
    script(user, commands, "echo here")
    (user.cache / "commands").mkdir(parents=True, exist_ok=True)
    for path in (user.cache / "commands").iterdir():
        path.unlink()
    (user.cache / "commands").rmdir()
    (user.cache / "commands").write_text("in the way")
    assert user.run("s").out == "here\n"
