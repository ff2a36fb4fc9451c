"""The user's own shell: which it is, and a command run in it as if it had been typed there."""

import os
import signal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import FrameType


def path() -> str:
    """The program that $SHELL names, else /bin/sh."""
    named = os.environ.get("SHELL", "")
    return named if os.path.isabs(named) and os.access(named, os.X_OK) else "/bin/sh"


def run(command: str) -> int:
    """Run the command in the user's shell and return its exit code, 128 and the signal's number if one ended it.

    Ctrl-C is for the command meanwhile.
    """
    from subprocess import Popen

    before = signal.signal(signal.SIGINT, _leave_it)  # and not SIG_IGN, which the command would inherit
    try:
        code = Popen([path(), "-c", command]).wait()  # noqa: S603  # what the user has seen, and said yes to
    finally:
        signal.signal(signal.SIGINT, before)
    return code if code >= 0 else 128 - code


def _leave_it(_: int, __: "FrameType | None") -> None:
    """The signal is the command's."""
