"""`ant fix` for code: a diff is placed, made and tried; then proven, or rolled back. The disk is looked at."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest
from ant_process import ANT, Home
from ant_stub import Handler, Reply, Stub, refuses, streams

from aniate.failed_command import Failed
from aniate.running import run

BROKEN = "def add(a, b):\n    return a - b\n\n\ndef twice(a):\n    return a\n"
MENDED = BROKEN.replace("a - b", "a + b")
CHECK = "import calc\nassert calc.add(2, 3) == 5, calc.add(2, 3)\n"
GOOD = "--- a/calc.py\n+++ b/calc.py\n@@ -1,2 +1,2 @@\n def add(a, b):\n-    return a - b\n+    return a + b\n"
WRONG = GOOD.replace("+    return a + b", "+    return a * b")


def proposes(diff: str, explanation: str = "The sign is wrong.") -> Reply:
    return streams(json.dumps({"explanation": explanation, "diff": diff}))


def in_turn(*replies: Reply) -> Reply:
    """The first on the first question, and so on; the last from then on."""
    left = list(replies)
    return lambda handler: (left.pop(0) if len(left) > 1 else left[0])(handler)


@pytest.fixture
def project(user: Home) -> Home:
    """A folder where `python check.py` fails."""
    (user.work / "calc.py").write_text(BROKEN)
    (user.work / "check.py").write_text(CHECK)
    user.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    return user


FIX = ("fix", "--", "python3", "check.py")


def test_in_a_pipe_the_change_is_a_diff_that_git_applies(project: Home, stub: Stub) -> None:
    stub.reply = proposes(GOOD)
    ran = project.run(*FIX)
    assert ran.code == 0
    assert "AssertionError: -1" in ran.err
    assert (project.work / "calc.py").read_text() == BROKEN
    subprocess.run(["git", "apply"], input=ran.out.encode(), cwd=project.work, check=True)
    assert (project.work / "calc.py").read_text() == MENDED


@pytest.mark.parametrize("name", ["secrets.yaml", "server.key", "Credentials.json"])
def test_a_file_that_usually_holds_secrets_goes_along_only_if_the_user_names_it(
    name: str, project: Home, stub: Stub
) -> None:
    (project.work / name).write_text("horse battery\n")
    (project.work / "check.py").write_text(f"raise SystemExit('File \"{name}\", line 1')\n")
    project.run(*FIX)
    assert "horse battery" not in stub.questions[-1].body.decode()
    project.run("fix", name, "--", "python3", "check.py")
    assert "horse battery" in stub.questions[-1].body.decode()


def test_the_output_and_the_files_it_names_go_along(project: Home, stub: Stub) -> None:
    project.run(*FIX)
    request = stub.questions[0].json
    assert request["brew"] == "fix"
    command, *files = request["context"]
    assert (command["kind"], command["name"]) == ("command", "python3 check.py")
    assert "AssertionError: -1" in command["text"]
    assert [(each["name"], each["text"]) for each in files] == [("check.py", CHECK), ("calc.py", BROKEN)]


def test_with_yes_it_is_applied_run_again_and_proven(project: Home, stub: Stub) -> None:
    stub.reply = proposes(GOOD)
    ran = project.run("fix", "--yes", "--", "python3", "check.py")
    assert ran.code == 0, ran.err
    assert "Proven" in ran.err
    assert (project.work / "calc.py").read_text() == MENDED


def test_the_second_round_mends_what_the_first_did_not(project: Home, stub: Stub) -> None:
    stub.reply = in_turn(proposes(WRONG), proposes(GOOD.replace("-    return a - b", "-    return a * b")))
    ran = project.run("fix", "--yes", "--json", "--", "python3", "check.py")
    told = json.loads(ran.out)
    assert (ran.code, told["proven"], told["rounds"], told["applied"]) == (0, True, 2, True)
    assert (project.work / "calc.py").read_text() == MENDED
    assert "AssertionError: 6" in stub.questions[1].json["context"][0]["text"]
    assert project.run("undo", "--yes").code == 0
    assert (project.work / "calc.py").read_text() == BROKEN


def test_what_is_never_proven_is_rolled_back(project: Home, stub: Stub) -> None:
    stub.reply = in_turn(proposes(WRONG), proposes(""))
    ran = project.run("fix", "--yes", "--rounds", "2", "--", "python3", "check.py")
    assert ran.code == 1
    assert "Rolled back" in ran.err
    assert (project.work / "calc.py").read_text() == BROKEN
    assert project.run("undo", "--yes").code == 1


def test_what_a_change_can_not_be_placed_for_is_told_to_the_model(project: Home, stub: Stub) -> None:
    stub.reply = in_turn(proposes(GOOD.replace("a - b", "a minus b")), proposes(GOOD))
    assert project.run("fix", "--yes", "--", "python3", "check.py").code == 0
    first, second = (question.json["messages"] for question in stub.questions)
    assert second[0] == first[0]
    assert "has no place in the file" in second[2]["content"]
    assert (project.work / "calc.py").read_text() == MENDED


def test_a_file_that_changes_while_the_model_thinks_is_left_alone(project: Home, stub: Stub) -> None:
    def reply(handler: Handler) -> None:
        (project.work / "calc.py").write_text(BROKEN + "# mine\n")
        proposes(GOOD)(handler)

    stub.reply = reply
    ran = project.run("fix", "--yes", "--rounds", "1", "--", "python3", "check.py")
    assert ran.code == 1
    assert "calc.py was changed since it was read" in ran.err
    assert (project.work / "calc.py").read_text() == BROKEN + "# mine\n"


def test_a_server_that_fails_in_the_second_round_leaves_no_unproven_change(project: Home, stub: Stub) -> None:
    stub.reply = in_turn(proposes(WRONG), refuses(503, "busy", "Too much to do."))
    ran = project.run("fix", "--yes", "--", "python3", "check.py")
    assert ran.code == 1
    assert "Too much to do." in ran.err
    assert (project.work / "calc.py").read_text() == BROKEN


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM), (signal.SIGHUP, -signal.SIGHUP)],
    ids=["ctrl-c", "terminated", "hung-up"],
)
def test_a_change_that_is_not_proven_stays_away_also_after_a_signal(
    project: Home, stub: Stub, number: signal.Signals, code: int
) -> None:
    (project.work / "slow.sh").write_text("grep -q 'a [*] b' calc.py || exit 1\necho $$ > pid\nsleep 60 & wait\n")
    stub.reply = proposes(WRONG)
    process = project.start("fix", "--yes", "--", "sh", "slow.sh")
    pid = project.work / "pid"
    for _ in range(400):
        if pid.exists() and pid.read_text():
            break
        time.sleep(0.02)
    assert "a * b" in (project.work / "calc.py").read_text()
    process.send_signal(number)
    _, err = process.communicate(timeout=15)
    assert (process.returncode, b"Traceback" in err) == (code, False)
    assert (project.work / "calc.py").read_text() == BROKEN
    for _ in range(100):
        group = subprocess.run(["pgrep", "-g", pid.read_text().strip()], capture_output=True, check=False).stdout
        if not group:
            break
        time.sleep(0.05)
    assert group == b"", "what the command started is gone, too"


def test_a_program_left_in_the_background_holds_nothing_up(tmp_path: Path) -> None:
    failed = Failed("", ["sh", "-c", "sleep 30 & echo $!; exit 4"], 1, "", str(tmp_path), [])
    code, output = run(failed)
    assert code == 4
    os.kill(int(output), signal.SIGKILL)  # it is still there


def test_of_much_output_the_end_goes_along_without_colours(project: Home, stub: Stub) -> None:
    script = (
        "import sys\nprint('x' * 3_000_000)\nprint('10%\\r99%\\x1b[31m red\\x1b[0m \\x1b]0;t\\x07end')\nsys.exit(3)\n"
    )
    (project.work / "loud.py").write_text(script)
    assert project.run("fix", "--", "python3", "loud.py").code == 1
    text = stub.questions[0].json["context"][0]["text"]
    assert text.endswith("99% red end\n")
    assert len(text) < 40_000
    assert "exit code 3" in stub.questions[0].json["messages"][0]["content"]


def test_files_outside_and_hidden_ones_and_other_peoples_do_not_go_along(project: Home, stub: Stub) -> None:
    outside = project.work.parent / "outside.py"
    outside.write_text("secret\n")
    (project.work / "link.py").symlink_to(outside)
    for name in (".env", "node_modules/x.js", ".git/config", "a.c", "b.js", "c.ts", "d.rs"):
        path = project.work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("text\n")
    said = (
        f'File "{outside}", line 1\n../outside.py:3: no\nlink.py:1: no\n.env:1: no\nnode_modules/x.js:2:1: no\n'
        f".git/config:1: no\na.c:3:5: error\n    at f ({project.work}/b.js:10:3)\nc.ts(3,4): error\n --> d.rs:1:1\n"
    )
    project.run("fix", stdin=said.encode())
    assert [piece["name"] for piece in stub.questions[0].json["context"]] == ["output", "d.rs", "c.ts", "b.js", "a.c"]


def test_of_a_large_file_the_lines_around_the_fault_go_along(project: Home, stub: Stub) -> None:
    text = "".join(f"line number {number}\n" for number in range(1, 20_001))
    (project.work / "large.txt").write_text(text)
    stub.reply = proposes("--- a/large.txt\n+++ b/large.txt\n@@ -5 +5 @@\n-line number 10000\n+line X\n")
    ran = project.run("fix", "--yes", stdin=b"large.txt:10000: no\n")
    sent = stub.questions[0].json["context"][1]["text"]
    assert "line number 10000\n" in sent
    assert len(sent) < 10_000
    assert ran.code == 0
    assert (project.work / "large.txt").read_text() == text.replace("line number 10000\n", "line X\n")


@pytest.mark.parametrize("rounds", ["0", "21", "x", "-1", ""])
def test_rounds_are_a_number(rounds: str, project: Home, stub: Stub) -> None:
    ran = project.run("fix", f"--rounds={rounds}", "calc.py")
    assert (ran.code, stub.questions) == (2, [])


def test_a_dry_run_of_fix_shows_the_request_alone(project: Home, stub: Stub) -> None:
    ran = project.run("fix", "--dry-run", "--yes", "calc.py")
    assert json.loads(ran.out)["body"]["brew"] == "fix"
    assert (ran.code, stub.questions) == (0, [])


def test_who_is_not_logged_in_hears_of_it(home: Home) -> None:
    (home.work / "calc.py").write_text(BROKEN)
    assert home.run("fix", "calc.py").code == 4


def test_an_answer_of_another_form_is_one_sentence(project: Home, stub: Stub) -> None:
    for answer in ("Try again.", "[]", '{"explanation": 1, "diff": ""}', "{}"):
        stub.reply = streams(answer)
        ran = project.run("fix", "calc.py")
        assert (ran.code, ran.out) == (1, "")
        assert "form" in ran.err


def test_a_read_only_file_is_left_alone(project: Home, stub: Stub) -> None:
    (project.work / "calc.py").chmod(0o444)
    stub.reply = proposes(GOOD)
    ran = project.run("fix", "--yes", "calc.py")
    assert ran.code == 1
    assert "calc.py is protected against writing" in ran.err
    assert (project.work / "calc.py").read_text() == BROKEN


def test_a_new_file_is_nothing_to_be_run(project: Home, stub: Stub) -> None:
    stub.reply = proposes(
        "diff --git a/x.sh b/x.sh\nnew file mode 100755\n--- /dev/null\n+++ b/x.sh\n@@ -0,0 +1 @@\n+ls\n"
    )
    assert project.run("fix", "--yes", "calc.py").code == 0
    assert (project.work / "x.sh").stat().st_mode & 0o111 == 0


def test_a_closed_pipe_ends_fix_quietly(project: Home, stub: Stub) -> None:
    big = "".join(f"+x = {number}\n" for number in range(20_000))
    stub.reply = proposes("--- /dev/null\n+++ b/new.py\n@@ -0,0 +1,20000 @@\n" + big)
    line = f"{' '.join(ANT)} fix calc.py 2>err | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], cwd=project.work, env=project.environ, capture_output=True, text=True, check=False
    )
    assert done.stdout == "diff --git a/new.py b/new.py\n141\n"
    assert "Traceback" not in (project.work / "err").read_text()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_typed_command_runs_again_in_the_users_own_shell(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    monkeypatch.setenv("SHELL", program)
    monkeypatch.setenv("HOME", str(tmp_path))
    typed = "echo one two | string split ' ' ; false" if shell == "fish" else "echo $(( 6 * 7 )) >&2 ; (exit 5)"
    code, output = run(Failed(typed, None, 1, "", str(tmp_path), []))
    assert (code, output) == ((1, "one\ntwo\n") if shell == "fish" else (5, "42\n"))
    assert capfd.readouterr() == ("", output)


def test_a_command_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    missing = run(Failed("", ["no-such-program"], 1, "", str(tmp_path), []))
    assert missing == (127, "no-such-program: command not found\n")
    assert run(Failed("", ["sh", "-c", "kill -9 $$"], 1, "", str(tmp_path), [])) == (137, "")
