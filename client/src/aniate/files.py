"""The few small files that `ant` keeps: read, and written so that none is ever half there."""

import os

from aniate import jsontext
from aniate.errors import StorageFailed
from aniate.safe_text import clean_line

_MAX_LETTERS = 1024 * 1024


def read_object(path: str) -> dict[str, object]:
    """The JSON object in the file, {} if there is no such file. StorageFailed if it can't be read."""
    try:
        if os.stat(path).st_mode & 0o170000 != 0o100000:  # a FIFO would hang, a device may have no end
            raise StorageFailed(f"{clean_line(path)} is not a regular file.", "Move it away.")
        with open(path, encoding="utf-8") as file:
            text = file.read(_MAX_LETTERS + 1)
        if len(text) > _MAX_LETTERS:
            raise StorageFailed(f"{clean_line(path)} is too large to be a file of ant.", "Move it away.")
        return jsontext.load_object(text)
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise StorageFailed(f"{clean_line(path)} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise StorageFailed(
            f"{clean_line(path)} is damaged: it does not hold a JSON object.", "Mend it, or delete it to start anew."
        ) from error


def write_private(path: str, text: str) -> None:
    """Replace the file in one step; nobody but the user may read it or its folder. StorageFailed if it can't be."""
    target = os.path.realpath(path)  # a link to the file stays one
    temporary = f"{target}.{os.getpid()}.new"
    try:
        make_folder(os.path.dirname(path))
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        with open(fd, "w", encoding="utf-8") as file:
            os.fchmod(fd, 0o600)
            file.write(text)
            file.flush()
            os.fsync(fd)
        os.replace(temporary, target)
    except OSError as error:
        if os.path.lexists(temporary):
            os.unlink(temporary)
        raise StorageFailed(f"{clean_line(path)} can't be written: {error.strerror}.") from error


def keep(path: str, text: str) -> str:
    """As `write_private`, of what is good to have but no loss: nothing waits for the disk. Why it failed, or nothing.

    What was there before is gone then, too, if it can be: it must not be taken for this.
    """
    temporary = f"{path}.{os.getpid()}.new"
    data = text.encode("utf-8", "replace")
    try:
        make_folder(os.path.dirname(path))
        fd = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            whole = os.write(fd, data) == len(data)
        finally:
            os.close(fd)
        if not whole:
            raise OSError(28, "No space left on device")
        os.replace(temporary, path)
    except OSError as error:
        _forget(temporary)
        _forget(path)
        return error.strerror or "failed"
    return ""


def _forget(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def write_for_user(path: str, text: str, force: bool, mode: int = 0o666) -> None:
    """Write a file that the user asked for, whole; OSError leaves what was there. FileExistsError without `force`.

    By `force`, a device or a pipe is written into.
    """
    over = force and os.path.lexists(path)
    if over and not os.path.isfile(path):
        with open(path, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
        return
    real = os.path.realpath(path) if over else path
    target = f"{real}.{os.getpid()}.new" if over else path
    fd = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    try:
        with open(fd, "w", encoding="utf-8", errors="replace") as file:
            file.write(text)
            if over:
                os.fchmod(fd, os.stat(real).st_mode & 0o777)
        if over:
            os.replace(target, real)
    except BaseException:
        _forget(target)
        raise


def write_object(path: str, value: dict[str, object]) -> None:
    """Replace the file with `value`, as JSON that is pleasant to read."""
    import json

    write_private(path, json.dumps(value, indent=2) + "\n")


def make_folder(folder: str) -> None:
    """Make the folder if it is missing, and make it the user's alone. OSError if that fails."""
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if os.stat(folder).st_mode & 0o077:
        os.chmod(folder, 0o700)


class locked:  # noqa: N801  # reads as a verb: `with locked(path):`
    """Hold the lock beside a file, so that two commands at once lose neither's change."""

    def __init__(self, path: str) -> None:
        self._path = path + ".lock"
        self._fd = -1

    def __enter__(self) -> None:
        import fcntl

        try:
            make_folder(os.path.dirname(self._path))
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
            fcntl.flock(self._fd, fcntl.LOCK_EX)
        except OSError as error:
            raise StorageFailed(f"{clean_line(self._path)} can't be written: {error.strerror}.") from error

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)
