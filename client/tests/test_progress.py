"""What is shown while something takes long: it stands on a terminal alone, and is gone in the end."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from ant_process import Home
from ant_stub import Handler, Stub, streams
from tmux_screen import TMUX, TmuxScreen

_BAR = """
import sys
from aniate.progress import Progress
with Progress(4, "Reviewing") as bar:
    for _ in range(3):
        bar.step()
        sys.stdin.readline()
print("A finding.")
"""
_FORM = """
from aniate.brews.asking import Caller, Question, ask_for_form
from aniate.options import Call
from aniate.table import TABLE
print(ask_for_form(Caller(Call("ask", [], {}, TABLE)), Question("fix", "hi")))
"""
needs_tmux = pytest.mark.skipif(TMUX is None, reason="this machine has no tmux")


def _program(home: Home, text: str) -> list[str]:
    path = home.folder / "program.py"
    path.write_text(text)
    return [sys.executable, str(path)]


def _screen(home: Home, text: str, columns: int = 80, **environ: str) -> TmuxScreen:
    line = "stty -echo; " + " ".join(_program(home, text))
    return TmuxScreen(home.folder, line, {**home.environ, "SHELL": "/bin/sh", **environ}, columns)


@needs_tmux
def test_a_bar_says_how_far_it_is_and_is_gone_in_the_end(home: Home) -> None:
    with _screen(home, _BAR) as screen:
        assert screen.wait_for("1/4").strip() == f"Reviewing {'━' * 7}{'╌' * 23} 1/4"
        screen.press("Enter")
        assert screen.wait_for("2/4").strip() == f"Reviewing {'━' * 15}{'╌' * 15} 2/4"
        screen.press("Enter")
        assert screen.wait_for("3/4").count("Reviewing") == 1
        screen.press("Enter")
        assert screen.to_the_end().strip() == "A finding."


@needs_tmux
def test_a_bar_fits_twenty_columns_and_ascii(home: Home) -> None:
    with _screen(home, _BAR, 20, LANG="C") as screen:
        assert screen.wait_for("1/4").strip() == "Reviewing #---- 1/4"
        screen.press("Enter")
        assert screen.wait_for("2/4").count("Reviewing") == 1


def test_off_a_terminal_there_is_no_bar(home: Home) -> None:
    done = subprocess.run(
        _program(home, _BAR), input="\n" * 9, capture_output=True, text=True, env=home.environ, check=True
    )
    assert (done.stdout, done.stderr) == ("A finding.\n", "")


@needs_tmux
def test_a_form_is_waited_for_with_a_calm_line_to_its_end(user: Home, stub: Stub) -> None:
    stop = threading.Event()

    def reply(handler: Handler) -> None:
        handler.begin(notice="a small model")
        handler.event("delta", {"text": '{"a": '})
        stop.wait(10)
        handler.event("delta", {"text": "1}"})
        handler.end()

    stub.reply = reply
    with _screen(user, _FORM) as screen:
        assert screen.wait_for("thinking").split() == ["a", "small", "model", "thinking"]
        stop.set()
        assert screen.to_the_end() == "a small model\n{'a': 1}"


_THREAD = """
import threading
from aniate.brews.asking import Caller, Question, ask_for_form
from aniate.options import Call
from aniate.table import TABLE
caller = Caller(Call("ask", [], {}, TABLE))
for target in (ask_for_form, lambda *given: ask_for_form(*given, calm=False)):
    thread = threading.Thread(target=lambda: print(target(caller, Question("fix", "hi"))))
    thread.start()
    thread.join()
"""


@needs_tmux
def test_in_a_thread_there_is_an_answer_and_no_line(user: Home, stub: Stub) -> None:
    stub.reply = streams('{"a": 1}')
    with _screen(user, _THREAD) as screen:
        assert screen.to_the_end() == "{'a': 1}\n{'a': 1}"


_SPY = """
import builtins, sys
sent = []
from aniate import transport
whole = transport._send
def send(*given):
    sent.append("aniate.markdown.document" in sys.modules)
    whole(*given)
transport._send = send
import os
end = os._exit
def leave(code):
    print(sent, "aniate.markdown.writer" in sys.modules, file=open("seen", "w"))
    end(code)
os._exit = leave
from aniate.cli import main
sys.argv = ["ant", "ask", "hi"]
main()
"""


@needs_tmux
def test_what_paints_is_loaded_when_the_question_is_under_way(user: Home, stub: Stub) -> None:
    with _screen(user, f"import os\nos.chdir({str(user.work)!r})\n{_SPY}") as screen:
        assert screen.to_the_end() == "Hello."
    assert Path(user.work / "seen").read_text() == "[False] True\n"


def test_the_words_for_what_is_waited_for() -> None:
    from aniate.waiting import told

    assert told({"state": "waiting", "position": 2}) == "waiting in line, 1 before you"
    assert told({"state": "searching", "count": 0}) == "searching"
    assert told({"state": "reading", "count": 1}) == "reading 1 page"
    assert told({"state": "reading"}) == "reading"
    assert told({"state": "checking", "count": 12}) == "checking (12)"
    assert told({"state": "", "position": -1}) == told({"state": 7, "count": True}) == "thinking"
