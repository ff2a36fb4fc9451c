"""Text for the clipboard: by the desktop's program, by tmux, or by the terminal; never in a command line."""

import subprocess
import sys
from base64 import b64encode

import pexpect
import pytest
from ant_process import Home

_COPY = "import sys; from aniate.clipboard import copy; print('by', copy(sys.stdin.read()))"
_FAKE = '#!/bin/sh\nprintf "%s " "$0" "$@" > args; cat > taken\n'


def copy(home: Home, text: str, **environ: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", _COPY], input=text, cwd=home.work, capture_output=True, text=True, check=False,
        env={**home.environ, "PATH": f"{home.folder}:/usr/bin:/bin", **environ}, start_new_session=True,
    )  # fmt: skip


def provides(home: Home, *names: str, script: str = _FAKE) -> None:
    for name in names:
        (home.folder / name).write_text(script)
        (home.folder / name).chmod(0o755)


@pytest.mark.parametrize(
    ("environ", "program"),
    [
        ({"WAYLAND_DISPLAY": "wayland-0", "DISPLAY": ":0"}, "wl-copy"),
        ({"DISPLAY": ":0"}, "xclip"),
        ({"TMUX": "/tmp/tmux"}, "tmux"),
        ({"TMUX": "/tmp/tmux", "DISPLAY": ":0", "SSH_CONNECTION": "1 2 3 4"}, "tmux"),
    ],
)
def test_the_program_of_the_desktop_takes_it(environ: dict[str, str], program: str, home: Home) -> None:
    provides(home, "wl-copy", "xclip", "xsel", "tmux")
    done = copy(home, "größe; $(id)\n", **environ)
    assert (done.returncode, done.stdout) == (0, f"by {program}\n")
    assert (home.work / "taken").read_text() == "größe; $(id)\n"
    assert "id" not in (home.work / "args").read_text()


def test_one_that_fails_is_passed_over(home: Home) -> None:
    provides(home, "xclip", script="#!/bin/sh\nexit 1\n")
    provides(home, "xsel")
    assert copy(home, "x", DISPLAY=":0").stdout == "by xsel\n"


def test_without_any_it_is_an_error(home: Home) -> None:
    done = copy(home, "x")
    assert done.returncode == 1
    assert "NoClipboard" in done.stderr


@pytest.mark.parametrize(("text", "fits"), [("größe\x1b]0;x\x07", True), ("x" * 80_000, False)])
def test_the_terminal_takes_what_is_not_too_long(text: str, fits: bool, home: Home) -> None:
    (home.work / "text").write_text(text)
    code = "from aniate.clipboard import copy; print('by', copy(open('text').read()))"
    terminal = pexpect.spawn(
        sys.executable, ["-c", code], cwd=str(home.work), env={**home.environ, "PATH": "/none"}, timeout=20
    )
    terminal.expect(pexpect.EOF)
    said = terminal.before or b""
    assert (b"\x1b]52;c;" + b64encode(text.encode()) + b"\x07" in said) == fits
    assert (b"by the terminal" in said) == fits
