"""A command put into the history of the user's shell, so that the up arrow finds it.

Each shell's file is appended to in its own form, under its own lock, and stays whole if the disk is full. A shell that
runs already reads its file at its next start, or when it is told to.
"""

import os

from aniate.errors import StorageFailed
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_TAIL_BYTES = 4096
_WAIT_S = 1.0
_ZSH_FILES = (".zsh_history", ".histfile", ".zhistory")


def add(shell: str, command: str) -> None:
    """Append the command, if this shell keeps a history. StorageFailed if its file can't be written."""
    path = _path(shell)
    if not path or not command.strip():
        return
    try:
        _append(path, shell, command)
    except OSError as error:
        raise StorageFailed(f"{clean_line(path)} can't be written: {(error.strerror or 'failed').lower()}.") from error


def _path(shell: str) -> str:
    """The shell's history, or the empty string if it keeps none."""
    home = os.path.expanduser("~")
    if shell == "fish":
        name = os.environ.get("fish_history", "fish")  # noqa: SIM112  # fish spells it so
        data = os.environ.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share")
        return os.path.join(data, "fish", f"{name}_history") if name.isidentifier() else ""
    if shell not in ("bash", "zsh"):
        return ""
    named = os.environ.get("HISTFILE")
    if named is not None:
        return "" if named in ("", "/dev/null") else os.path.expanduser(named)
    if shell == "bash":
        return os.path.join(home, ".bash_history")
    folder = os.environ.get("ZDOTDIR") or home
    paths = [os.path.join(folder, name) for name in _ZSH_FILES]
    return next((path for path in paths if os.path.exists(path)), paths[0])


def _append(path: str, shell: str, command: str) -> None:
    """One write at the end of the file, which is cut off again if it was not whole. OSError if that fails."""
    from stat import S_ISREG

    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    for fd in _locked(path, shell):
        if not S_ISREG(os.fstat(fd).st_mode):
            return
        size = os.lseek(fd, 0, os.SEEK_END)
        tail = os.pread(fd, _TAIL_BYTES, max(0, size - _TAIL_BYTES))
        entry = _entry(shell, command, tail)
        if tail and not tail.endswith(b"\n"):
            entry = b"\n" + entry
        try:
            if entry and os.write(fd, entry) == len(entry):
                return
        except OSError:
            os.ftruncate(fd, size)
            raise
        os.ftruncate(fd, size)


def _entry(shell: str, command: str, tail: bytes) -> bytes:
    """The command in the form of the shell's file, of which `tail` is the end; empty if that form can't hold it."""
    import time

    now = int(time.time())
    data = command.encode("utf-8", "replace")
    if shell == "fish":
        return b"- cmd: %b\n  when: %d\n" % (data.replace(b"\\", b"\\\\").replace(b"\n", b"\\n"), now)
    if shell == "zsh":
        line = _metafied(data).replace(b"\n", b"\\\n") + (b" " if data.endswith(b"\\") else b"")
        lines = [each for each in tail.split(b"\n") if each]
        return (b": %d:0;" % now if any(map(_is_extended, lines)) else b"") + line + b"\n"
    lines = [each for each in tail.split(b"\n") if each]
    timed = len(lines) > 1 and any(each[:1] == b"#" and each[1:].isdigit() for each in lines)
    if not timed and b"\n" in data:
        return b""  # each of its lines would be a command of its own
    return (b"#%d\n" % now if timed else b"") + data + b"\n"


def _is_extended(line: bytes) -> bool:
    """Whether zsh wrote when the command began: `: 1700000000:0;ls`."""
    start, _, rest = line.partition(b";")
    parts = start.split(b":")
    return line.startswith(b": ") and bool(rest) and len(parts) == 3 and parts[1].strip().isdigit()


def _metafied(data: bytes) -> bytes:
    """As zsh keeps text: the bytes that it uses itself, in disguise."""
    return b"".join(b"\x83%c" % (byte ^ 0x20) if byte == 0 or 0x83 <= byte <= 0xA2 else b"%c" % byte for byte in data)


def _locked(path: str, shell: str) -> "Iterator[int]":
    """The file, open for appending, while no other may write it; nothing if it stays locked."""
    import fcntl

    link = path + ".LOCK" if shell == "zsh" else ""
    if link and not _linked(link):
        return
    try:
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NONBLOCK, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX) if shell == "fish" else fcntl.lockf(fd, fcntl.LOCK_EX)
            if os.fstat(fd).st_ino == os.stat(path).st_ino:  # else it was replaced while we waited
                yield fd
        finally:
            os.close(fd)
    finally:
        if link:
            os.unlink(link)


def _linked(link: str) -> bool:
    """Whether zsh's own lock, a link beside the file, could be made in time."""
    import time

    until = time.monotonic() + _WAIT_S
    while not _made(link):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def _made(link: str) -> bool:
    try:
        os.symlink(f"/pid-{os.getpid()}/host-{os.uname().nodename}", link)
    except FileExistsError:
        return False
    return True
