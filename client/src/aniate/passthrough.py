"""A program on a pseudo-terminal of its own, which the user's terminal passes through: what it writes can be seen on
the way, and the program sees a terminal all the same.
"""

import contextlib
import fcntl
import os
import select
import signal
import termios
import tty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import FrameType

_BLOCK = 65536
_WAIT_S = 0.05
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
        reading = {wake, 0, self._master}
        while True:
            writing = [self._master] if self._typed else []
            ready, writable, _ = select.select(list(reading), writing, [], _WAIT_S)
            if not ready and not writable:
                self._show(self._flush())
                ready, writable, _ = select.select(list(reading), writing, [])
            if wake in ready:
                os.read(wake, _BLOCK)
            if self._master in ready and not self._bring():
                reading.discard(self._master)  # it closed its terminal; SIGCHLD tells when it has ended
            code = self._ended()
            if code is not None:
                self._drain()
                return code
            if 0 in ready and not self._take():
                reading.discard(0)
            if writable:
                self._hand_over()

    def _bring(self) -> bool:
        """What the program wrote, to the user; False at its end."""
        try:
            data = os.read(self._master, _BLOCK)
        except BlockingIOError:
            return True
        except OSError:  # Linux says so when nobody has the terminal open
            return False
        self._show(self._see(data))
        return bool(data)

    def _ended(self) -> "int | None":
        return _code(os.waitpid(self.pid, os.WNOHANG))

    def _drain(self) -> None:
        """What is still on its way when the program has ended; what it left running may keep the terminal."""
        with contextlib.suppress(OSError):
            for _ in range(1000):
                data = os.read(self._master, _BLOCK)
                if not data:
                    break
                self._show(self._see(data))
        self._show(self._flush())

    def _take(self) -> bool:
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
        with contextlib.suppress(OSError):  # the terminal is gone; the program will hear of that
            while data:
                select.select([], [self._shown], [])  # whoever shares the terminal may have made it non-blocking
                data = data[os.write(self._shown, data[:4096]) :]

    def _note(self, number: int, _: "FrameType | None") -> None:
        if number == signal.SIGWINCH:
            self._resize()

    def _end(self, *_: object) -> None:
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
        for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGQUIT, signal.SIGTERM, signal.SIGXFSZ):
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
    return os.isatty(0) and os.isatty(2)
