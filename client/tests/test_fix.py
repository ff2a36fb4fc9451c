"""`ant fix`: what failed is found out, mended by a rule without the network, and nothing is run without a yes."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Stub, streams
from failure import Failure
from failures_builds import BUILDS, PYTHON
from failures_git import GIT
from failures_shell import FILES, SHELL

_CLOSED = "http://127.0.0.1:9"
_NOT_BY_WORDS = frozenset('|<>*()&;$"')
PLANTED = [
    failure
    for failure in (*GIT, *FILES, *SHELL, *PYTHON, *BUILDS)
    if failure.said is None and not _NOT_BY_WORDS & set(failure.command) and shutil.which(failure.needs)
]


@pytest.fixture
def offline(home: Home) -> Home:
    """Nobody is logged in, and nothing answers."""
    home.environ |= {"ANT_HOST": _CLOSED, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C.UTF-8"}
    if "PYENV_VERSION" in os.environ:
        home.environ["PYENV_VERSION"] = os.environ["PYENV_VERSION"]
    return home


def test_enough_is_planted() -> None:
    assert len(PLANTED) >= 80
    assert {"git", "python3", "make", "gcc", "ls"} <= {failure.needs for failure in PLANTED}


@pytest.mark.parametrize("failure", PLANTED[:: len(PLANTED) // 40], ids=lambda failure: failure.command)
def test_a_planted_failure_is_mended_without_network_and_login(failure: Failure, offline: Home) -> None:
    subprocess.run(
        ["bash", "-ec", failure.setup], cwd=offline.work, env=offline.environ, check=True, capture_output=True
    )
    ran = offline.run("fix", "--", *shlex.split(failure.command))
    assert ran.code == 0 and ran.out.count("\n") == 1
    assert ran.out.startswith(failure.proposed) or f"{offline.work}/" in ran.out
    assert ran.err, "what the command says is shown"


def test_what_succeeds_needs_no_mending(offline: Home) -> None:
    ran = offline.run("fix", "--", "sh", "-c", "echo hello; echo there >&2")
    assert (ran.code, ran.out, ran.err) == (0, "", "hello\nthere\n")
    assert json.loads(offline.run("fix", "--json", "--", "true").out) == {
        "command": None,
        "exit_code": 0,
        "proposals": [],
    }


def test_with_json_all_proposals_come_with_their_reasons(offline: Home) -> None:
    (offline.work / "d").mkdir()
    told = json.loads(offline.run("fix", "--json", "--", "rm", "d").out)
    assert (told["command"], told["exit_code"]) == ("rm d", 1)
    assert [each["command"] for each in told["proposals"]] == ["rmdir d", "rm -r d"]
    assert all(each["why"] and each["rule"] == "rm_folder" for each in told["proposals"])
    assert told["proposals"][1]["dangers"]


def test_behind_the_dashes_nothing_is_an_option_of_ant(offline: Home) -> None:
    ran = offline.run("fix", "--", "ls", "--allmost-all", "--json")
    assert ran.out == "ls --almost-all --json\n"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--"], "Behind -- a command must follow."),
        ([], "nothing is recorded"),
        (["ls", "notes"], "ant fix -- ls notes"),
        (["--rounds", "0", "--", "ls"], "--rounds takes a number from 1 to 20."),
        (["--rounds", "many", "--", "ls"], "--rounds takes a number from 1 to 20."),
    ],
)
def test_a_wrong_call_is_a_usage_error(words: list[str], sentence: str, offline: Home) -> None:
    ran = offline.run("fix", *words)
    assert (ran.code, ran.out) == (2, "") and sentence in ran.err


def test_what_is_piped_in_is_mended_by_what_it_says(offline: Home) -> None:
    ran = offline.run("fix", stdin=b"a.c:1:10: fatal error: ncurses.h: No such file or directory\n")
    assert ran.code == 0 and ran.out.endswith("apt install libncurses-dev\n")
    assert offline.run("fix", stdin=b"").code == 2


def test_of_what_is_piped_in_the_user_is_asked_on_the_terminal(offline: Home) -> None:
    said = "ModuleNotFoundError: No module named 'wombat_x'"
    line = f'echo "{said}" | {shlex.join(ANT)} fix'
    at = pexpect.spawn("bash", ["-c", line], env=offline.environ, cwd=str(offline.work), encoding="utf-8", timeout=20)
    at.expect_exact("python3 -m pip install wombat_x")
    at.expect_exact("[c]ancel ")
    at.send("c")
    at.expect(pexpect.EOF)
    at.close()
    assert at.exitstatus == 1


@pytest.mark.parametrize(
    "said", ["Cannot find module '--registry=http://x'", "No module named '-x'", "No module named 'а'"]
)
def test_what_was_said_can_slip_no_option_into_a_proposal(said: str, offline: Home) -> None:
    assert offline.run("fix", "--local", stdin=f"{said}\n".encode()).code == 1


def test_what_no_rule_knows_is_for_the_model(user: Home, stub: Stub) -> None:
    stub.reply = streams(json.dumps({"explanation": "The loop\x1b[2J never ends.", "diff": ""}))
    ran = user.run("fix", "--", "sh", "-c", "echo strange; exit 9")
    assert ran.code == 1 and "The loop␛[2J never ends." in ran.err
    [asked] = stub.questions
    assert asked.json["brew"] == "fix" and "strange" in asked.json["context"][0]["text"]


def test_with_local_the_model_is_never_asked(user: Home, stub: Stub) -> None:
    ran = user.run("fix", "--local", "--", "sh", "-c", "exit 9")
    assert (ran.code, ran.out) == (1, "") and "No local rule" in ran.err
    assert stub.requests == []


def test_who_is_not_logged_in_hears_so_where_no_rule_helps(offline: Home) -> None:
    assert offline.run("fix", "--", "sh", "-c", "exit 9").code == 4


def test_yes_runs_what_is_harmless(offline: Home) -> None:
    (offline.work / "notes.txt").write_text("what it says\n")
    ran = offline.run("fix", "--yes", "--", "cat", "ntoes.txt")
    assert (ran.code, ran.out) == (0, "what it says\n")
    ran = offline.run("fix", "--yes", "--", "mkdir", "a/b")
    assert ran.code == 0 and (offline.work / "a" / "b").is_dir()


_HOST = "printf 'REMOTE HOST IDENTIFICATION HAS CHANGED\\nssh-keygen -f kept -R h\\n'; exit 255"


@pytest.mark.parametrize("command", ["rm full", "python3 -c 'import wombat_x'", f"sh -c {shlex.quote(_HOST)}"])
def test_yes_does_not_run_what_deletes_or_installs_or_trusts(command: str, offline: Home) -> None:
    (offline.work / "full").mkdir()
    (offline.work / "full" / "kept").touch()
    ran = offline.run("fix", "--yes", "--", *shlex.split(command))
    assert (ran.code, ran.out) == (1, "") and "Not run unasked" in ran.err
    assert (offline.work / "full" / "kept").exists()


def test_dry_run_shows_what_it_would_do(offline: Home) -> None:
    ran = offline.run("fix", "--dry-run", "--yes", "--", "mkdir", "a/b")
    assert (ran.code, ran.out) == (0, "mkdir -p a/b\n") and not (offline.work / "a").exists()
    ran = offline.run("fix", "--dry-run", "--", "sh", "-c", "exit 9")
    assert json.loads(ran.out)["body"]["brew"] == "fix"


def test_a_name_on_disk_is_one_word_of_the_proposal(offline: Home) -> None:
    (offline.work / "$(touch pwned)x").touch()
    ran = offline.run("fix", "--yes", "--", "ls", "$(touch pwned)y")
    assert ran.code == 0 and ran.out == "$(touch pwned)x\n"
    assert not (offline.work / "pwned").exists()


def test_what_would_be_shown_otherwise_than_it_is_run_is_not_proposed(offline: Home) -> None:
    (offline.work / "notes\x1b[2J.txt").touch()
    (offline.work / "no\u202etes.txt").touch()
    ran = offline.run("fix", "--local", "--", "cat", "notes.tx")
    assert (ran.code, ran.out) == (1, "")


def _on_a_terminal(home: Home, *words: str) -> pexpect.spawn[str]:
    return pexpect.spawn(
        ANT[0], [*ANT[1:], "fix", *words], env=home.environ, cwd=str(home.work), encoding="utf-8", timeout=20
    )


def test_on_a_terminal_enter_cancels(offline: Home) -> None:
    at = _on_a_terminal(offline, "--", "mkdir", "a/b")
    at.expect_exact("mkdir -p a/b")
    at.expect_exact("[c]ancel")
    at.send("\r")
    at.expect(pexpect.EOF)
    at.close()
    assert at.exitstatus == 1 and not (offline.work / "a").exists()


@pytest.mark.parametrize("keys", [["2"], ["\x1b[B"], ["\x1b[A", "\x1b[A", "\x1b[A"]])
def test_another_proposal_is_chosen_by_number_or_arrow(keys: list[str], offline: Home) -> None:
    (offline.work / "a.txt").write_text("first\n")
    (offline.work / "b.txt").write_text("second\n")
    at = _on_a_terminal(offline, "--", "cat", "c.txt")
    for key in [*keys, "r"]:
        at.expect_exact("[c]ancel ")
        at.send(key)
    at.expect_exact("second")
    at.expect(pexpect.EOF)


def test_what_is_dangerous_wants_a_typed_word(offline: Home) -> None:
    folder = offline.work / "full"
    folder.mkdir()
    (folder / "kept").touch()
    for typed in ("y", "yes"):
        at = _on_a_terminal(offline, "--yes", "--", "rm", "full")
        at.expect_exact("[c]ancel")
        at.send("r")
        at.expect_exact("Type")
        assert folder.exists()
        at.send(f"{typed}\r")
        at.expect(pexpect.EOF)
        at.close()
        assert folder.exists() == (typed != "yes")


def test_a_proposal_can_be_edited_before_it_is_run(offline: Home) -> None:
    at = _on_a_terminal(offline, "--", "mkdir", "a/b")
    at.expect_exact("[c]ancel")
    at.send("e")
    at.expect_exact("$ ")
    at.send("c\r")
    at.expect(pexpect.EOF)
    assert (offline.work / "a" / "bc").is_dir()


def test_on_a_terminal_the_command_has_one_too_and_ctrl_c_ends_it(offline: Home) -> None:
    at = _on_a_terminal(offline, "--", "sh", "-c", "test -t 0 && test -t 1 && echo on a terminal; exec sleep 60")
    at.expect_exact("on a terminal")
    at.sendintr()
    at.expect(pexpect.EOF)
    at.close()
    assert at.exitstatus == 130


def test_the_exit_code_is_that_of_what_was_run(offline: Home) -> None:
    (offline.work / "work.sh").write_text("exit 7\n")
    ran = offline.run("fix", "--yes", "--", "sh", "wrok.sh")
    assert ran.code == 7
