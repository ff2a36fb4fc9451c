"""A command run as the user would run it: its output is seen as it comes, and its end is kept."""

import os
import sys

from aniate import own_shell, terminal
from aniate.asked_to_end import in_order
from aniate.output_tail import Tail, plain
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from subprocess import Popen

    from aniate.failed_command import Failed

_GRACE_S = 3.0


def run(failed: "Failed", show: bool = True) -> "tuple[int, str]":
    """The exit code, as a shell gives it, and the bounded end of the output as plain text.

    Output goes to stderr as it comes; Ctrl-C reaches the command, which is waited for, and is raised then. A command
    that can't be started is told as a shell tells it.
    """
    from subprocess import DEVNULL, Popen

    watched = _is_terminal(0)
    reader, writer = _terminal_or_pipe()
    try:
        child = Popen(  # noqa: S603  # the user's own command
            _argv(failed),
            cwd=failed.folder or None,
            stdin=None if watched else DEVNULL,
            stdout=writer,
            stderr=writer,
            start_new_session=not watched,
        )
    except (OSError, ValueError) as error:
        os.close(reader)
        return _not_started(failed, error)
    finally:
        os.close(writer)
    tail = Tail()
    try:
        with in_order():
            code = _waited_for(child, reader, tail, show, alone=not watched)
    finally:
        os.close(reader)
    return (code if code >= 0 else 128 - code), plain(tail.end())


def _waited_for(child: "Popen[bytes]", reader: int, tail: Tail, show: bool, alone: bool) -> int:
    try:
        _follow(child, reader, tail, show)
        return child.wait()
    except BaseException:
        _end(child, alone)
        raise


def _argv(failed: "Failed") -> "list[str]":
    return failed.argv if failed.argv is not None else [own_shell.path(), "-c", failed.command]


def _not_started(failed: "Failed", error: "OSError | ValueError") -> "tuple[int, str]":
    name = _argv(failed)[0]
    missing = isinstance(error, FileNotFoundError)
    told = "command not found" if missing and "/" not in name else getattr(error, "strerror", None) or "is no command"
    sys.stderr.write(clean_line(f"{name}: {told}") + "\n")
    return (127 if missing else 126), f"{name}: {told}\n"


def _is_terminal(fd: int) -> bool:
    try:
        return os.isatty(fd)
    except OSError:
        return False


def _terminal_or_pipe() -> "tuple[int, int]":
    """Where the command writes: a terminal of its own if the user looks on, so that it writes in colour."""
    if not terminal.is_terminal(sys.stderr):
        return os.pipe()
    import termios

    try:
        master, slave = os.openpty()
    except OSError:
        return os.pipe()
    attributes = termios.tcgetattr(slave)
    attributes[1] &= ~termios.OPOST  # the user's own terminal turns \n into \r\n
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    _copy_size(slave)
    return master, slave


def _copy_size(slave: int) -> None:
    """Make the terminal as large as the user's."""
    import fcntl
    import termios

    try:
        fcntl.ioctl(slave, termios.TIOCSWINSZ, fcntl.ioctl(2, termios.TIOCGWINSZ, bytes(8)))
    except OSError:
        return


def _follow(child: "Popen[bytes]", reader: int, tail: Tail, show: bool) -> None:
    """Pass the output on until the command has ended; what it left in the background is not waited for."""
    from select import select  # `poll` knows no terminals on macOS

    while True:
        ended = child.poll() is not None
        if not select([reader], [], [], 0 if ended else 0.1)[0]:
            if ended:
                return
            continue
        try:
            block = os.read(reader, 65536)
        except OSError:  # how a terminal ends on Linux
            return
        if not block:
            return
        tail.add(block)
        if show:
            _show(block)


def _show(block: bytes) -> None:
    while block:
        block = block[os.write(2, block) :]


def _end(child: "Popen[bytes]", alone: bool) -> None:
    """End the command, first as Ctrl-C does. One that is not `alone` heard it from the terminal, as we did."""
    import signal
    from subprocess import TimeoutExpired

    for number, wait_s in ((0, 0.0 if alone else 1.0), (signal.SIGINT, _GRACE_S), (signal.SIGTERM, _GRACE_S)):
        _send(child, number, alone)
        try:
            child.wait(wait_s)
        except TimeoutExpired:
            continue
        if alone:
            _send(child, signal.SIGTERM, alone)  # what it left in the background
        return
    _send(child, signal.SIGKILL, alone)
    child.wait()


def _send(child: "Popen[bytes]", number: int, alone: bool) -> None:
    """Send a signal to the command, and to all that it started if it is alone in its session."""
    try:
        if number and alone:
            os.killpg(child.pid, number)
        elif number:
            child.send_signal(number)
    except ProcessLookupError:
        return
