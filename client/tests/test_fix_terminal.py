"""`ant fix` and `ant undo` on a real terminal: keys, hunks, colours, a pipe before it, Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Reply, Stub, streams
from at_once import at_once, exit_code

LINES = "".join(f"line {number}\n" for number in range(1, 31))
TWO = (
    "--- a/notes.txt\n+++ b/notes.txt\n@@ -2,3 +2,3 @@\n line 2\n-line 3\n+line three\n line 4\n"
    "@@ -25,3 +25,3 @@\n line 25\n-line 26\n+line twenty-six\n line 27\n"
)
FIRST, SECOND = LINES.replace("line 3\n", "line three\n"), LINES.replace("line 26", "line twenty-six")
_ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def proposes(diff: str, explanation: str = "A number is wrong.") -> Reply:
    return streams(json.dumps({"explanation": explanation, "diff": diff}))


class Terminal:
    """`ant` on a terminal of its own."""

    def __init__(self, home: Home, command: list[str]) -> None:
        self._pty = at_once(pexpect.spawn(
            command[0], command[1:], env=home.environ, cwd=str(home.work), encoding="utf-8", timeout=20,
            dimensions=(50, 100),
        ))  # fmt: skip
        self.said = ""

    def sees(self, text: str) -> None:
        self._pty.expect_exact(text)
        self.said += str(self._pty.before) + text

    def press(self, keys: str) -> None:
        self._pty.send(keys)

    def ends(self) -> int:
        self._pty.expect(pexpect.EOF)
        self.said += str(self._pty.before)
        return exit_code(self._pty)

    def close(self) -> None:
        self._pty.close(force=True)


@pytest.fixture
def notes(user: Home, stub: Stub) -> Path:
    stub.reply = proposes(TWO)
    path = user.work / "notes.txt"
    path.write_text(LINES)
    return path


@pytest.fixture
def opened() -> Iterator[list[Terminal]]:
    made: list[Terminal] = []
    yield made
    for each in made:
        each.close()


def at(user: Home, opened: list[Terminal], *words: str) -> Terminal:
    opened.append(Terminal(user, [*ANT, *words]))
    return opened[-1]


@pytest.mark.parametrize("key", ["\r", "n", "\x1b"])
def test_without_a_yes_nothing_is_changed(key: str, user: Home, notes: Path, opened: list[Terminal]) -> None:
    terminal = at(user, opened, "fix", "notes.txt")
    terminal.sees("Apply this? [y]es  [e]ach hunk  e[d]it  [n]o")
    terminal.press(key)
    assert terminal.ends() == 1
    assert "\x1b[31m-line 3\x1b[0m" in terminal.said
    assert "\x1b[32m+line three\x1b[0m" in terminal.said
    assert notes.read_text() == LINES


def test_a_yes_applies_all_and_undo_asks_and_restores(user: Home, notes: Path, opened: list[Terminal]) -> None:
    terminal = at(user, opened, "fix", "notes.txt")
    terminal.sees("[n]o")
    terminal.press("y")
    assert terminal.ends() == 0
    assert notes.read_text() == FIRST.replace("line 26", "line twenty-six")
    undo = at(user, opened, "undo")
    undo.sees("Undo this? [y/N]")
    undo.press("\r")
    assert undo.ends() == 1
    undo = at(user, opened, "undo")
    undo.sees("restores notes.txt")
    undo.sees("[y/N]")
    undo.press("y\r")
    assert undo.ends() == 0
    assert notes.read_text() == LINES


@pytest.mark.parametrize(("keys", "left"), [("ny", SECOND), ("yn", FIRST), ("nn", LINES), ("yq", FIRST), ("q", LINES)])
def test_hunk_by_hunk(keys: str, left: str, user: Home, notes: Path, opened: list[Terminal]) -> None:
    terminal = at(user, opened, "fix", "notes.txt")
    terminal.sees("[n]o")
    terminal.press("e")
    for key in keys:
        terminal.sees("This one? [y]es  [n]o  [a]ll the rest  [q]uit")
        terminal.press(key)
    assert terminal.ends() == (0 if left != LINES else 1)
    assert notes.read_text() == left


def test_the_change_can_be_edited_first(user: Home, notes: Path, opened: list[Terminal]) -> None:
    user.environ["EDITOR"] = "sed -i s/three/III/"
    terminal = at(user, opened, "fix", "notes.txt")
    terminal.sees("[n]o")
    terminal.press("d")
    terminal.sees("+line III")
    terminal.sees("[n]o")
    terminal.press("y")
    assert terminal.ends() == 0
    assert notes.read_text() == FIRST.replace("three", "III").replace("line 26", "line twenty-six")


def test_what_still_fails_is_rolled_back_on_enter_and_kept_by_a_key(
    user: Home, notes: Path, opened: list[Terminal]
) -> None:
    for key, left in (("\r", LINES), ("k", SECOND.replace("line 3\n", "line three\n"))):
        terminal = at(user, opened, "fix", "--rounds", "1", "--", "grep", "-q", "nothing", "notes.txt")
        terminal.sees("and run `grep -q nothing notes.txt` again?")
        terminal.sees("[n]o")
        terminal.press("y")
        terminal.sees("[r]oll back  [k]eep")
        terminal.press(key)
        assert terminal.ends() == 1
        assert notes.read_text() == left


def test_behind_a_pipe_the_terminal_is_asked(user: Home, notes: Path, opened: list[Terminal]) -> None:
    line = f"echo 'notes.txt:3: error' | {' '.join(ANT)} fix"
    opened.append(Terminal(user, ["bash", "-c", line]))
    opened[0].sees("[n]o")
    opened[0].press("y")
    assert opened[0].ends() == 0
    assert notes.read_text() == FIRST.replace("line 26", "line twenty-six")


def test_no_letter_of_an_answer_drives_the_terminal(
    user: Home, stub: Stub, notes: Path, opened: list[Terminal]
) -> None:
    notes.write_text(LINES.replace("line 2\n", "line 2 \x1b]0;owned\x07\u202e\n"))
    stub.reply = proposes(TWO.replace(" line 2\n", " line 2 \x1b]0;owned\x07\u202e\n"), "Well\x1b]52;c;eA==\x07\u202e.")
    terminal = at(user, opened, "fix", "notes.txt")
    terminal.sees("[n]o")
    terminal.press("y")
    assert terminal.ends() == 0
    assert "\x1b" not in _ESCAPES.sub("", terminal.said)
    assert "\x07" not in terminal.said
    assert "\u202e" not in terminal.said
    assert "line 2 \x1b]0;owned\x07\u202e\nline three" in notes.read_text()


def test_the_command_believes_to_be_on_a_terminal(user: Home, notes: Path, opened: list[Terminal]) -> None:
    terminal = at(user, opened, "fix", "--", "sh", "-c", "test -t 1 && test -t 2 && stty size <&2; exit 1")
    terminal.sees("50 100\r\n")
    terminal.sees("[n]o")
    terminal.press("n")
    assert terminal.ends() == 1


def test_ctrl_c_ends_the_command_too_and_leaves_no_half(
    user: Home, stub: Stub, notes: Path, opened: list[Terminal]
) -> None:
    check = "grep -q 'line 3$' notes.txt || { echo $$ > pid; echo star''ted; exec sleep 60; }; exit 1"
    terminal = at(user, opened, "fix", "--", "sh", "-c", check)
    terminal.sees("[n]o")
    terminal.press("y")
    terminal.sees("started")
    terminal.press("\x03")
    assert terminal.ends() == 130
    assert "Traceback" not in terminal.said
    assert "`ant undo` takes it back" in terminal.said
    assert not runs(int((user.work / "pid").read_text()))
    assert user.run("undo", "--yes").code == 0
    assert notes.read_text() == LINES


def runs(pid: int) -> bool:
    """Whether a process is there, also as a zombie, a moment later."""
    for _ in range(20):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return False
        time.sleep(0.05)
    return True
