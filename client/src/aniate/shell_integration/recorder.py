"""A shell under the recorder: its terminal passes through us, and what its last failed command said is kept.

The shell marks where the output of a command begins and, if it recorded the command, where it ends; the marks carry a
number that only the shell and we know, so that no program's output can pass for one. They are taken out of what the
user is shown. See decision 15.
"""

import contextlib
import os

from aniate import recording
from aniate.output_tail import Tail

_INTRODUCER = b"\x1b]7713;"
_MAX_MARK = 100


def record(shell: str) -> int:
    """Run the shell to its end. 1 if it could not be started; then the shell that asked goes on without us."""
    from aniate import passthrough

    if os.isatty(1) and not os.isatty(0):
        os.dup2(1, 0)  # fish reads our script from a pipe, and gives us that
    if not (os.isatty(1) and passthrough.possible()):
        return 1
    watched = Watched()
    program = passthrough.Passthrough(1, watched.see, watched.flush)
    try:
        program.start(_argv(shell), _environ(watched.secret))
    except OSError:
        return 1
    watched.path = os.path.join(recording.folder(), str(program.pid))
    before = os.tcgetpgrp(0)
    try:
        _come_to_the_front(os.getpid())
        code = program.run()
    finally:
        _come_to_the_front(before)
        for ending in ("", ".output", ".next"):
            if os.path.exists(watched.path + ending):
                os.unlink(watched.path + ending)
    _tell_who_asked(code)
    return code


def _come_to_the_front(group: int) -> None:
    """Make a group of processes the terminal's own; we are one by ourselves, since terminals look at its folder."""
    import signal

    waits = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        if group == os.getpid() != os.getpgrp():
            os.setpgid(0, 0)
        os.tcsetpgrp(0, group)
    signal.signal(signal.SIGTTOU, waits)


def _argv(shell: str) -> "list[str]":
    """The shell that asked, once more, with the options that it was given where the system tells them."""
    given = _words_of(os.environ.get("ANIATE_ASKED_BY", ""))[1:]
    login = ["-l"] if os.environ.get("ANIATE_LOGIN") and not {"-l", "--login"} & set(given) else []
    return [shell, *(given or ["-i"]), *login]


def _words_of(pid: str) -> "list[str]":
    """A process's command line; empty where the system keeps it to itself."""
    try:
        with open(f"/proc/{int(pid)}/cmdline", "rb") as file:
            return os.fsdecode(file.read()).split("\0")[:-1]
    except (OSError, ValueError):
        return []


def _environ(secret: bytes) -> "dict[str, str]":
    """As the shell's that asked, one level up."""
    environ = {name: value for name, value in os.environ.items() if name not in ("ANIATE_ASKED_BY", "ANIATE_LOGIN")}
    level = environ.get("SHLVL", "")
    if level.isdigit():
        environ["SHLVL"] = str(max(0, int(level) - 1))
    return {**environ, "ANIATE_MARK": secret.decode()}


def _tell_who_asked(code: int) -> None:
    """Leave the exit code where the shell that asked looks for it: it ends with the same."""
    asked_by = os.environ.get("ANIATE_ASKED_BY", "")
    if asked_by.isdigit():
        path = f"{recording.folder()}.{asked_by}.ended"
        with contextlib.suppress(OSError):  # then it goes on, which is no harm
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            os.write(fd, b"%d\n" % code)
            os.close(fd)


class Watched:
    """What the shell's terminal is sent: the marks are heeded and taken out."""

    def __init__(self) -> None:
        self.secret = os.urandom(12).hex().encode()
        self.path = ""
        self._beginning = _INTRODUCER + self.secret + b";"
        self._held = b""
        self._tail = Tail()
        self._inside = False

    def see(self, data: bytes) -> bytes:
        """The next bytes; returns what of them, and of what was held back, the user is shown."""
        data, self._held = self._held + data, b""
        shown: list[bytes] = []
        while True:
            before, found, behind = data.partition(self._beginning)
            if not found:
                break
            mark, ended, rest = behind.partition(b"\x07")
            if not ended and len(behind) < _MAX_MARK:
                self._held = found + behind
                return b"".join([*shown, self._keep(before)])
            shown.append(self._keep(before))
            data = rest if ended else behind
            if ended:
                self._heed(mark)
        at = _beginning_at_end(data, self._beginning)
        self._held = data[at:]
        return b"".join([*shown, self._keep(data[:at])])

    def flush(self) -> bytes:
        """What was held back and is no mark after all."""
        data, self._held = self._held, b""
        return self._keep(data)

    def _keep(self, data: bytes) -> bytes:
        if self._inside:
            self._tail.add(data)
        return data

    def _heed(self, mark: bytes) -> None:
        kind, _, count = mark.partition(b";")
        if kind == b"D" and count.isdigit() and self._inside:
            self._write(count)
        if kind == b"P":
            self._follow()
        self._inside = kind == b"C"
        self._tail.clear()

    def _follow(self) -> None:
        """Be in the shell's folder: terminals look at ours for where to open the next window. Linux alone tells it."""
        with contextlib.suppress(OSError):
            os.chdir(f"/proc/{os.path.basename(self.path)}/cwd")

    def _write(self, count: bytes) -> None:
        """Beside the record, if there is one: to turn recording off deletes it."""
        if not os.path.exists(self.path):
            return
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
            fd = os.open(self.path + ".output", flags, 0o600)
        except OSError:
            return
        with contextlib.suppress(OSError), open(fd, "wb", buffering=0) as file:  # the disk may be full
            file.write(count + b"\0" + self._tail.end())


def _beginning_at_end(data: bytes, beginning: bytes) -> int:
    """Where a mark may begin that `data` has only the first part of; its length if there is none."""
    at = data.rfind(b"\x1b", max(0, len(data) - len(beginning)))
    return at if at >= 0 and beginning.startswith(data[at:]) else len(data)
