"""`ant what COMMAND…`: explained by this machine's own manual; no program runs without a yes."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Stub

from aniate import manual

_PAGE = """.TH FROB 1
.SH NAME
frob \\- frobnicates
.SH OPTIONS
.TP
.B \\-x, \\-\\-extract=FILE
Extracts \\fBthe thing\\fR from FILE.
.TP
.B \\-q
Says nothing.
"""


@pytest.fixture
def frob(user: Home) -> Home:
    """A home with a program `frob` that has a manual page, and `bare` that has none."""
    folder = user.folder / "bin"
    folder.mkdir()
    for name in ("frob", "bare"):
        program = folder / name
        program.write_text(
            f'#!/bin/sh\necho "$0 $*" >> {user.folder}/ran\necho "usage: {name} --help\\033[31m tells"\n'
        )
        program.chmod(0o755)
    pages = user.folder / "man" / "man1"
    pages.mkdir(parents=True)
    (pages / "frob.1").write_text(_PAGE)
    user.environ |= {"PATH": f"{folder}:{user.environ['PATH']}", "MANPATH": str(user.folder / "man")}
    return user


def _asked(stub: Stub) -> Any:
    body = stub.questions[-1].json
    return body["messages"][0]["content"], {piece["name"]: piece["text"] for piece in body.get("context", [])}


def test_a_command_goes_along_with_its_page_of_the_manual(frob: Home, stub: Stub) -> None:
    ran = frob.run("what", "frob", "-xq", "--extract=a.txt")
    assert (ran.code, ran.out, ran.err) == (0, "Hello.\n", "")
    question, pieces = _asked(stub)
    assert question == "frob -xq --extract=a.txt"
    assert list(pieces) == ["man frob"]
    assert "Extracts the thing from FILE." in pieces["man frob"]
    assert not (frob.folder / "ran").exists()


def test_words_that_are_no_command_are_a_question_and_ours_stay_options(frob: Home, stub: Stub) -> None:
    assert frob.run("what", "frob", "is", "this").code == 0
    assert _asked(stub) == ("frob is this", {})
    ran = frob.run("what", "is", "--jsn")
    assert (ran.code, "no option --jsn" in ran.err) == (2, True)
    assert frob.run("what", "frob", "--jsn").code == 0
    assert _asked(stub)[0] == "frob --jsn"
    (frob.work / "trace.txt").write_text("Traceback")
    ran = frob.run("what", "trace.txt", "--jsn")
    assert (ran.code, "no option --jsn" in ran.err) == (2, True)
    assert frob.run("what", "frob", "-q", "--json").out.startswith("{")


def test_what_lies_in_the_current_folder_is_no_program(frob: Home, stub: Stub) -> None:
    (frob.work / "evil").write_text(f"#!/bin/sh\ntouch {frob.folder}/ran\n")
    (frob.work / "evil").chmod(0o755)
    frob.environ["PATH"] = f".::{frob.environ['PATH']}"
    assert frob.run("what", "--", "evil", "-x").code == 0
    assert "man evil" not in _asked(stub)[1]
    assert not (frob.folder / "ran").exists()


@pytest.mark.parametrize(("key", "ran"), [("y", True), ("n", False), ("\r", False)])
def test_a_program_without_a_page_is_asked_by_the_users_yes_alone(frob: Home, stub: Stub, key: str, ran: bool) -> None:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "what", "bare", "-v"], cwd=str(frob.work), env=frob.environ, encoding="utf-8", timeout=20
    )
    terminal.expect_exact("Run `bare --help`?")
    terminal.send(key)
    terminal.expect_exact("Hello.")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert (frob.folder / "ran").exists() == ran
    question, pieces = _asked(stub)
    assert question == "bare -v"
    assert pieces == ({"bare --help": "usage: bare --help␛[31m tells\n"} if ran else {})


def test_off_a_terminal_no_program_is_asked(frob: Home, stub: Stub) -> None:
    assert frob.run("what", "bare", "-v").code == 0
    assert _asked(stub) == ("bare -v", {})
    assert not (frob.folder / "ran").exists()


def test_one_sentence_is_asked_for(user: Home, stub: Stub) -> None:
    assert user.run("what", "--short", "ENOSPC").code == 0
    assert stub.questions[0].json["short"] is True
    assert user.run("what", "ENOSPC").code == 0
    assert "short" not in stub.questions[1].json


def test_of_a_long_page_the_head_and_the_entries_that_are_asked_about_are_kept() -> None:
    entries = [
        f"       -{letter}, --{letter * 3}\n              What {letter} does.\n\n              More of it.\n"
        for letter in "abcxyz"
    ]
    filler = "\n".join(f"       --other{number}\n              Something else." for number in range(900))
    text = "NAME\n       tool - a tool\n\n" + filler + "\n" + "\n".join(entries) + "\nFILES\n"
    kept = manual.excerpt(text, ["-xz", "--aaa=1"])
    assert len(kept) <= manual.MAX_LETTERS
    assert kept.startswith("NAME\n       tool")
    assert [letter for letter in "abcxyz" if f"What {letter} does.\n\n              More of it." in kept] == [
        "a",
        "x",
        "z",
    ]
    assert manual.excerpt("short", ["-x"]) == "short"


def test_letters_printed_twice_for_bold_are_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = tmp_path / "man"
    reader.write_text("#!/bin/sh\nprintf 'N\\bNA\\bAME\\n_\\bx\\n'\n")
    reader.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{Path(sys.executable).parent}:/usr/bin:/bin")
    assert manual.page(["ls"]) == ("man ls", "NAME\nx\n")


def test_a_pattern_that_the_shell_left_stands_for_the_files_that_fit(user: Home, stub: Stub) -> None:
    (user.work / "src").mkdir()
    for name in ("src/a.py", "src/b.py", "src/c.txt", "x[1].py", "x1.py"):
        (user.work / name).write_text("1\n")
    for words, names, question in (
        (["src/*.py"], ["src/a.py", "src/b.py"], ""),
        (["explain", "src/[b]*.py", "to", "me?"], ["src/b.py"], "explain to me?"),
        (["x[1].py"], ["x[1].py"], ""),
        (["how", "much", "is", "2", "*", "3", "?"], [], "how much is 2 * 3 ?"),
        (["what is src/*.py"], [], "what is src/*.py"),
    ):
        ran = user.run("what", *words)
        assert (ran.code, ran.err) == (0, "")
        asked, pieces = _asked(stub)
        assert (list(pieces), asked if question else "") == (names, question)
    ran = user.run("what", "src/*.rs")
    assert (ran.code, stub.questions[5:]) == (1, [])
    assert "src/*.rs" in ran.err
