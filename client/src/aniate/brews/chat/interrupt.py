"""The keyboard while something is done in a talk: Ctrl-C ends that and not the talk, and what is typed waits."""

import os
import signal
from contextlib import contextmanager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def interruptible() -> "Iterator[None]":
    """Within, the first Ctrl-C is KeyboardInterrupt; a second one, on the way out, is not heard, nor any outside."""

    def interrupted(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupted)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def unseen() -> "Iterator[None]":
    """Within, keys are not shown amid what is written; they wait for the next line."""
    import termios

    try:
        before = termios.tcgetattr(0)
        silent = [*before]
        silent[3] &= ~termios.ECHO
        termios.tcsetattr(0, termios.TCSANOW, silent)
    except termios.error:  # the terminal is gone
        yield
        return
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, before)


def leave_terminal_as_it_is() -> None:
    """Whoever ends the process from outside finds the terminal as it is now, not as the line editor wants it."""
    import termios

    try:
        before = termios.tcgetattr(0)
    except termios.error:
        return

    def ended(number: int, _: object) -> None:
        try:
            termios.tcsetattr(0, termios.TCSANOW, before)
            os.write(
                1, b"\x1b[?2004l\n" if os.environ.get("TERM", "dumb") != "dumb" else b"\n"
            )  # no more pastes in marks
        except (OSError, termios.error):
            pass
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, ended)
