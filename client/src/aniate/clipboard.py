"""The clipboard, by the program that this desktop has for it, or through the terminal itself."""

import os
import sys

from aniate.errors import StorageFailed

_LIMIT_S = 5
_MOST_BY_TERMINAL = 74_994
"""Bytes that terminals take in one OSC 52: xterm's limit, of 100,000 in base 64."""


def copy(text: str) -> str:
    """Put `text` into the clipboard; what is to be said of the way, if anything. StorageFailed if there is none."""
    data = text.encode("utf-8", "replace")
    for program in _programs(os.environ):
        if _by_program(program, data):
            return ""
    if terminal_takes(data):
        _by_terminal(data)
        return " through the terminal, if it allows that"
    raise StorageFailed(
        "There is no way to the clipboard here.", "Install wl-clipboard, xclip or xsel; or pipe: ant copy | less"
    )


def _programs(environ: "os._Environ[str]") -> "list[list[str]]":
    """What may be there for the desktop that this is; on a Mac, not over SSH: it is not the Mac that is looked at."""
    if sys.platform == "darwin" and not environ.get("SSH_CONNECTION"):
        return [["pbcopy"]]
    programs = []
    if environ.get("WAYLAND_DISPLAY"):
        programs.append(["wl-copy"])
    if environ.get("DISPLAY"):
        programs += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    return programs


def _by_program(command: "list[str]", data: bytes) -> bool:
    """Whether the program is there and takes it. What it says is not ours to show; it lives on to hand the text out."""
    from shutil import which
    from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

    path = which(command[0])
    if not path or not os.path.isabs(path):
        return False
    try:
        process = Popen([path, *command[1:]], stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL)  # noqa: S603
    except OSError:
        return False
    try:
        process.communicate(data, timeout=_LIMIT_S)
    except TimeoutExpired:
        process.kill()
        process.wait()
        return False
    return process.returncode == 0


def terminal_takes(data: bytes) -> bool:
    """Whether the terminal may be asked to keep this in the clipboard."""
    return os.environ.get("TERM", "dumb") not in ("dumb", "linux") and len(data) <= _MOST_BY_TERMINAL


def _by_terminal(data: bytes) -> None:
    """OSC 52, of our own making: base 64 holds nothing that a terminal would obey."""
    from binascii import b2a_base64

    sequence = "\x1b]52;c;" + b2a_base64(data, newline=False).decode("ascii") + "\a"
    sys.stdout.write(sequence)
    sys.stdout.flush()
