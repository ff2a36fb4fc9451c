"""`ant copy`: the last answer is kept, and nothing is spoiled where it can't be."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Stub, sends_events, streams

_ANSWER = "Do this:\n\n```python\nprint('a')\n\tif x\n```\n\n1. or\n\n   ~~~sh\n   ls\n     -l\n   ~~~\n"


def _kept(home: Home) -> Path:
    return home.folder / ".local" / "state" / "aniate" / "last-answer"


def _on_a_terminal(home: Home, *words: str, **environ: str) -> bytes:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], *words], env={**home.environ, **environ}, timeout=20, cwd=str(home.work)
    )
    sent = b"".join(terminal)
    terminal.close()
    return sent


@pytest.mark.parametrize(
    ("words", "text"),
    [([], _ANSWER), (["code"], "print('a')\n\tif x\n"), (["1"], "print('a')\n\tif x\n"), (["2"], "ls\n  -l\n")],
)
def test_the_last_answer_or_its_code_goes_where_output_is_piped(
    words: list[str], text: str, user: Home, stub: Stub
) -> None:
    stub.reply = streams("an older answer")
    user.run("ask", "hi")
    stub.reply = streams(*_ANSWER)
    user.run("ask", "--json", "hi")
    ran = user.run("copy", *words)
    assert (ran.code, ran.out, ran.err) == (0, text, "")
    assert json.loads(user.run("copy", "--json", *words).out) == {"text": text.rstrip("\n")}
    assert _kept(user).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in _kept(user).parent.iterdir() if file.is_file()] == ["last-answer"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 1, "There is no answer on this machine yet."),
        (["0"], 2, "Type: ant copy"),
        (["-1"], 2, "Type: ant copy"),
        (["nothing"], 2, "Type: ant copy"),
        (["1", "2"], 2, "Type: ant copy"),
    ],
)
def test_what_can_not_be_copied_is_told(words: list[str], code: int, said: str, user: Home) -> None:
    ran = user.run("copy", *words)
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


def test_a_block_that_is_not_there_is_told(user: Home, stub: Stub) -> None:
    stub.reply = streams("no code")
    user.run("ask", "hi")
    assert "There is no code in the last answer." in user.run("copy", "code").err
    stub.reply = streams("```\nx\n```\n")
    user.run("ask", "hi")
    assert "The last answer has one block of code." in user.run("copy", "7").err


def test_what_is_copied_is_harmless(user: Home, stub: Stub) -> None:
    stub.reply = streams("```sh\nls\x1b[201~\u202e\x07\r\n```\n")
    user.run("ask", "hi")
    assert user.run("copy", "code").out == "ls␛[201~\n"


def _program(home: Home, name: str, body: str) -> str:
    """A program of that name, first on the PATH; nothing else that handles a clipboard is there."""
    folder = home.folder / "bin"
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{body}\n")
    (folder / name).chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


@pytest.mark.parametrize(
    ("name", "variable"), [("xclip", "DISPLAY"), ("xsel", "DISPLAY"), ("wl-copy", "WAYLAND_DISPLAY")]
)
def test_the_desktops_program_gets_the_text(name: str, variable: str, user: Home, stub: Stub) -> None:
    stub.reply = streams("Grüße\nhere")
    user.run("ask", "hi")
    path = _program(user, name, f"cat > {user.folder}/copied")
    assert _on_a_terminal(user, "copy", PATH=path, **{variable: ":9"}) == f"Copied 2 lines, by {name}.\r\n".encode()
    assert (user.folder / "copied").read_text() == "Grüße\nhere"


@pytest.mark.parametrize("environ", [{"SSH_CONNECTION": "a"}, {"DISPLAY": ":9"}])
def test_without_such_a_program_the_terminal_gets_it(environ: dict[str, str], user: Home, stub: Stub) -> None:
    stub.reply = streams("one\x1b line")
    user.run("ask", "hi")
    path = _program(user, "xclip", "exit 1")
    sent = _on_a_terminal(user, "copy", PATH=path, **environ)
    text = base64.b64encode("one␛ line".encode())
    assert sent == b"\x1b]52;c;" + text + b"\x07Copied 1 line, by the terminal.\r\n"


def test_where_there_is_no_way_that_is_told(user: Home, stub: Stub) -> None:
    stub.reply = streams("x" * 80_000)  # more than terminals take
    user.run("ask", "hi")
    assert b"There is no clipboard that can be reached." in _on_a_terminal(user, "copy", PATH="/nowhere")
    assert b"\x1b]52" not in _on_a_terminal(user, "copy", PATH="/nowhere", TERM="dumb")


@pytest.mark.parametrize("place", ["file", "folder", "link to nowhere"])
def test_an_answer_that_can_not_be_kept_is_shown_all_the_same(place: str, user: Home, stub: Stub) -> None:
    state = user.folder / ".local"
    if place == "file":
        state.write_text("")
    elif place == "folder":
        _kept(user).mkdir(parents=True)
        (_kept(user) / "x").touch()
    else:
        state.symlink_to("/nowhere/at/all")
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out, ran.err) == (0, "Hello.\n", "")
    assert not list(user.folder.rglob("*.new"))


def test_no_home_for_it_spoils_nothing(user: Home, stub: Stub) -> None:
    ran = user.run("ask", "hi", HOME="", XDG_CONFIG_HOME=str(user.config.parent), XDG_CACHE_HOME=str(user.folder))
    assert (ran.code, ran.out, ran.err) == (0, "Hello.\n", "")


def test_a_broken_answer_does_not_replace_the_last_one(user: Home, stub: Stub) -> None:
    user.run("ask", "hi")
    stub.reply = sends_events(b'event: delta\ndata: {"text": "Half"}\n\n')
    assert user.run("ask", "hi").code == 1
    assert user.run("copy").out == "Hello.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("what hi", "This answer is not kept for `ant copy`: file too large."),
        ("ask hi", "From here on, this conversation is not kept on this machine: file too large."),
    ],
)
def test_an_answer_that_can_not_be_kept_is_told_and_no_older_one_is_copied_for_it(
    words: str, said: str, user: Home, stub: Stub
) -> None:
    stub.reply = streams("an older answer")
    user.run("ask", "hi")
    stub.reply = streams("the newest answer")
    line = f"ulimit -f 0; {' '.join(ANT)} {words}"
    terminal = pexpect.spawn("bash", ["-c", line], env=user.environ, timeout=20, cwd=str(user.work), encoding="utf-8")
    shown = "".join(terminal)
    assert "the newest answer" in shown
    assert " ".join(shown.split()).count("not kept") == 1
    assert said in " ".join(shown.split())
    assert user.run("copy").err.startswith("ant: There is no answer on this machine yet.")
