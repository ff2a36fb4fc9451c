"""The user's own shell: which it is, and a command run in it as if it had been typed there."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType

KNOWN = ("bash", "zsh", "fish", "sh", "dash", "ksh")
_INTERRUPTED = 128


def path() -> str:
    """The program that $SHELL names if it is a shell we know, else /bin/sh."""
    named = os.environ.get("SHELL", "")
    known = os.path.isabs(named) and os.path.basename(named) in KNOWN and os.access(named, os.X_OK)
    return named if known else "/bin/sh"


def name() -> str:
    """Its name, as `zsh`."""
    return os.path.basename(path())


def run(command: str) -> int:
    """Run the command in the user's shell and return its exit code, 128 and the signal's number if one ended it.

    InputRefused if it has letters that no program can be handed.

    The terminal is the command's meanwhile: Ctrl-C and Ctrl-\\ reach it, and not us.
    """
    import signal
    from subprocess import Popen

    shell = path()
    _refuse_unspeakable(command)
    # Handlers and not SIG_IGN, which the command would inherit.
    before = [(number, signal.signal(number, _leave_it)) for number in (signal.SIGINT, signal.SIGQUIT)]
    modes = _terminal_modes()
    try:
        code = Popen([shell, "-c", command]).wait()  # noqa: S603  # what the user has seen, and said yes to
    finally:
        for number, handler in before:
            signal.signal(number, handler)
    if code < 0:
        _set_terminal_modes(modes)
    return code if code >= 0 else _INTERRUPTED - code


def _refuse_unspeakable(command: str) -> None:
    try:
        speakable = b"\0" not in os.fsencode(command)
    except UnicodeError:
        speakable = False
    if not speakable:
        from aniate.errors import InputRefused

        raise InputRefused("The command has letters that no program can be handed.", "Edit it, or ask anew.")


def _leave_it(_: int, __: "FrameType | None") -> None:
    """The signal is the command's."""


def _terminal_modes() -> "list[object] | None":
    import termios

    try:
        return list(termios.tcgetattr(0))
    except (OSError, termios.error):
        return None


def _set_terminal_modes(modes: "list[object] | None") -> None:
    """Mend what a program that was killed left behind: no echo, or single keys."""
    import termios

    if modes is None:
        return
    try:
        termios.tcsetattr(0, termios.TCSADRAIN, modes)  # type: ignore[arg-type]  # as tcgetattr gave them
    except (OSError, termios.error):
        return
