"""Text for the clipboard: by the desktop's own program, by tmux, or by the terminal itself, also over SSH."""

import os

from aniate.errors import AntError

_MOST_BYTES = 74_994
"""What the terminals that take OSC 52 take at least: 100,000 letters in base64, with what stands around them."""
_WAIT_S = 5.0


class NoClipboard(AntError):
    """There is no clipboard that can be reached from here."""

    code = "no_clipboard"


def copy(text: str) -> str:
    """Put `text` on the clipboard and say by what means. NoClipboard if there is none that takes it."""
    for command in _programs():
        if _took(command, text):
            return command[0]
    if _terminal_took(text):
        return "the terminal"
    raise NoClipboard("There is no clipboard that can be reached.", "Install wl-copy, xclip or xsel.")


def _programs() -> "list[list[str]]":
    """The programs that serve this desktop, best first. None over SSH, where they serve somebody else's."""
    from shutil import which

    environ, found = os.environ, []
    if not (environ.get("SSH_CONNECTION") or environ.get("SSH_TTY")):
        found.append(["pbcopy"])
        if environ.get("WAYLAND_DISPLAY"):
            found.append(["wl-copy"])
        if environ.get("DISPLAY"):
            found += [["xclip", "-selection", "clipboard"], ["xsel", "--clipboard", "--input"]]
    if environ.get("TMUX"):
        found.append(["tmux", "load-buffer", "-w", "-"])  # on to the terminal's clipboard, too
    return [command for command in found if which(command[0])]


def _took(command: "list[str]", text: str) -> bool:
    """Whether the program took it. What it says is dropped; some stay behind to serve the clipboard."""
    from subprocess import DEVNULL, SubprocessError, run

    try:
        done = run(  # noqa: S603  # one of the programs above
            command, input=_bytes(text), stdout=DEVNULL, stderr=DEVNULL, timeout=_WAIT_S, check=False
        )
    except (OSError, SubprocessError):
        return False
    return done.returncode == 0


def _terminal_took(text: str) -> bool:
    """Whether there was a terminal to hand it to, by OSC 52; whether it heeds that, none says."""
    from base64 import b64encode

    data = _bytes(text)
    if len(data) > _MOST_BYTES or os.environ.get("TERM", "dumb") in ("dumb", "linux"):
        return False
    try:
        fd = os.open("/dev/tty", os.O_WRONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        with open(fd, "wb") as tty:
            tty.write(b"\x1b]52;c;" + b64encode(data) + b"\x07")
    except OSError:
        return False
    return True


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "replace")
