"""A program on a pseudo-terminal of its own, which the user's terminal passes through: what it writes can be seen on the
way, and the program sees a terminal all the same.
"""

import contextlib
import fcntl
import os
import select
import signal
import sys
import termios
import tty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

_BLOCK = 65536
_WAIT_MS = 50
"""How long bytes may be held back that may be the beginning of something."""


class Passthrough:
    """One program. `see` is handed what it writes and returns what of it the user is shown."""

    def __init__(self, shown: int, see: "Callable[[bytes], bytes]", flush: "Callable[[], bytes]") -> None:
        self._shown = shown
        self._see = see
        self._flush = flush
        self._typed = bytearray()
        self._master = -1
        self.pid = 0

    def start(self, argv: "Sequence[str]", environ: "dict[str, str]") -> None:
        """Start the program, its terminal as large as ours. OSError if there is no such program."""
        alive, told = os.pipe()
        size = _size(self._shown)
        pid, master = os.forkpty()
        if pid == 0:
            _become(argv, environ, size, told)
        os.close(told)
        self.pid, self._master = pid, master
        os.set_inheritable(master, False)
        with open(alive, "rb") as pipe:
            trouble = pipe.read()
        if trouble:
            os.waitpid(pid, 0)
            os.close(master)
            raise OSError(int(trouble), os.strerror(int(trouble)))

    def run(self) -> int:
        """Pass everything on until the program ends; its exit code, as shells count it."""
        before = termios.tcgetattr(0)
        wake_out, wake_in = os.pipe()
        for fd in (wake_in, wake_out, self._master):
            os.set_blocking(fd, False)
        old_wake = signal.set_wakeup_fd(wake_in, warn_on_full_buffer=False)
        old = {number: signal.signal(number, self._note) for number in (signal.SIGCHLD, signal.SIGWINCH)}
        old |= {number: signal.signal(number, self._end) for number in (signal.SIGTERM, signal.SIGHUP)}
        try:
            tty.setraw(0, termios.TCSANOW)
            self._resize()
            return self._pass_on(wake_out)
        finally:
            with contextlib.suppress(termios.error):  # the terminal is gone
                termios.tcsetattr(0, termios.TCSADRAIN, before)
            signal.set_wakeup_fd(old_wake)
            for number, handler in old.items():
                signal.signal(number, handler)
            for fd in (wake_in, wake_out, self._master):
                os.close(fd)

    def _pass_on(self, wake: int) -> int:
        poller = select.poll()
        poller.register(wake, select.POLLIN)
        poller.register(0, select.POLLIN)
        held = False
        while True:
            writing = select.POLLOUT if self._typed else 0
            poller.register(self._master, select.POLLIN | writing)
            events = dict(poller.poll(_WAIT_MS if held else None))
            if not events:
                self._show(self._flush())
                held = False
            if events.get(wake):
                os.read(wake, _BLOCK)
                code = self._ended()
                if code is not None:
                    self._drain()
                    return code
            if events.get(0) and not self._take(poller):
                poller.unregister(0)
            if events.get(self._master, 0) & ~select.POLLOUT:
                held = self._bring()
            if self._typed and events.get(self._master, 0) & select.POLLOUT:
                self._hand_over()

    def _bring(self) -> bool:
        """What the program wrote, to the user; whether something may be held back."""
        try:
            data = os.read(self._master, _BLOCK)
        except BlockingIOError:
            return True
        except OSError:  # Linux says so when nobody has the terminal open
            data = b""
        if not data:
            self._wait()
        self._show(self._see(data))
        return bool(data)

    def _wait(self) -> None:
        """The program closed its terminal and may still run."""
        select.select([], [], [], 0.01)
        if self._ended_code is None:
            self._ended_code = _code(os.waitpid(self.pid, os.WNOHANG))
            if self._ended_code is not None:
                signal.raise_signal(signal.SIGCHLD)

    _ended_code: "int | None" = None

    def _ended(self) -> "int | None":
        if self._ended_code is None:
            self._ended_code = _code(os.waitpid(self.pid, os.WNOHANG))
        return self._ended_code

    def _drain(self) -> None:
        """What is still on its way when the program has ended; what it left running may keep the terminal."""
        with contextlib.suppress(OSError):
            for _ in range(1000):
                data = os.read(self._master, _BLOCK)
                if not data:
                    break
                self._show(self._see(data))
        self._show(self._flush())

    def _take(self, poller: "select.poll") -> bool:
        """What the user typed; False at its end, which ends the program's terminal."""
        try:
            data = os.read(0, _BLOCK)
        except OSError:
            data = b""
        if not data:
            os.kill(self.pid, signal.SIGHUP)
            return False
        self._typed += data
        self._hand_over()
        return True

    def _hand_over(self) -> None:
        try:
            del self._typed[: os.write(self._master, self._typed)]
        except BlockingIOError:
            return  # it does not read now
        except OSError:
            self._typed.clear()

    def _show(self, data: bytes) -> None:
        while data:
            try:
                data = data[os.write(self._shown, data) :]
            except BlockingIOError:
                select.select([], [self._shown], [])
            except OSError:
                return  # the terminal is gone; the program will hear of that

    def _note(self, number: int, _: "FrameType | None") -> None:
        if number == signal.SIGWINCH:
            self._resize()

    def _end(self, number: int, _: "FrameType | None") -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGHUP)

    def _resize(self) -> None:
        with contextlib.suppress(OSError):
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, _size(self._shown))


def _size(fd: int) -> bytes:
    try:
        return fcntl.ioctl(fd, termios.TIOCGWINSZ, b"\0" * 8)
    except OSError:
        return b"\0" * 8


def _become(argv: "Sequence[str]", environ: "dict[str, str]", size: bytes, told: int) -> None:
    """In the child: become the program, or say why not."""
    try:
        fcntl.ioctl(0, termios.TIOCSWINSZ, size)
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        os.execvpe(argv[0], list(argv), environ)  # noqa: S606  # the user's own program
    except OSError as error:
        os.write(told, str(error.errno or 1).encode())
    finally:
        os._exit(127)


def _code(waited: "tuple[int, int]") -> "int | None":
    pid, status = waited
    if pid == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def possible() -> bool:
    """Whether there is a terminal to pass through."""
    return sys.platform != "win32" and os.isatty(0) and os.isatty(2)
