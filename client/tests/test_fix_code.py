"""`ant fix` for code: a diff is placed, made and tried; then proven, or rolled back. The disk is looked at."""

from __future__ import annotations

import json
import subprocess

import pytest
from ant_process import Home
from ant_stub import Reply, Stub, streams

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
