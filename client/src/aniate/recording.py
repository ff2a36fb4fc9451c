"""What the shell integration records of a shell: its last command that failed, and the end of what that said.

Each shell has files of its own in a folder that only the user may read. They are there only while recording is on: to
turn it off deletes them, and a shell writes to no file that is not there. Read by `ant fix`.
"""

import os

from aniate import places
from aniate.failed_command import Failed

FORMAT = "1"


def folder() -> str:
    """Where the records of all shells lie."""
    return os.path.join(places.state_folder(), "shells")


def is_on() -> bool:
    """Whether anything is recorded."""
    return os.path.isdir(folder())


def turn(value: str) -> None:
    """As the setting `record` wants it; off deletes what there is. StorageFailed if that can't be done."""
    from aniate.errors import StorageFailed

    try:
        if value == "off":
            _delete_all()
        else:
            from aniate.files import make_folder

            make_folder(folder())
    except OSError as error:
        raise StorageFailed(f"{folder()} can't be changed: {error.strerror}.") from error


def _delete_all() -> None:
    if not is_on():
        return
    for name in os.listdir(folder()):
        os.unlink(os.path.join(folder(), name))
    os.rmdir(folder())


def forget_ended_shells() -> None:
    """Delete what shells left that have ended."""
    for place, beginning in ((folder(), ""), (places.state_folder(), "shells.")):
        try:
            names = os.listdir(place)
        except OSError:
            continue
        for name in names:
            number = name.removeprefix(beginning).partition(".")[0]
            if name.startswith(beginning) and number.isdigit() and not _runs(int(number)):
                _delete(os.path.join(place, name))


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _delete(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def last() -> "Failed | None":
    """The last failed command of the shell that `ant` was started from, or None if none is known."""
    path = _path()
    fields = _read(path).split(b"\0", 4) if path else []
    if len(fields) != 5 or fields[0] != FORMAT.encode() or not fields[2].isdigit():
        return None
    _, count, code, where, command = (field.decode("utf-8", "surrogateescape") for field in fields)
    return Failed(command.strip("\n"), None, int(code), _output(path, count), where)


def forget() -> None:
    """Forget that command: it is mended."""
    path = _path()
    if path:
        for name in (path, path + ".output"):
            if os.path.isfile(name):
                os.truncate(name, 0)


def hand_over(action: str, command: str) -> bool:
    """Have the shell itself `run` or `remember` a command before its next prompt; False if it does not record."""
    path = _path()
    if not path or not os.path.exists(path):
        return False
    from aniate.files import write_private

    write_private(path + ".next", f"{action}\n{command}")
    return True


def heard() -> bool:
    """Whether what that command said was recorded, too."""
    path = _path()
    return bool(path) and os.path.exists(path + ".output")


def _path() -> str:
    """This shell's record: the shell itself says where. Only a file in our own folder is read."""
    path = os.environ.get("ANIATE_RECORD", "")
    return path if path and os.path.dirname(path) == folder() else ""


def _output(path: str, count: str) -> str:
    """The end of what the command with that number said; the recorder may be about to write it."""
    from aniate.output_tail import plain

    for wait_s in (0.0, 0.02, 0.08, 0.2):
        if wait_s:
            from time import sleep

            sleep(wait_s)
        number, _, data = _read(path + ".output").partition(b"\0")
        if number == count.encode():
            return plain(data)
        if not os.path.exists(path + ".output"):
            return ""  # there is no recorder
    return ""


def _read(path: str) -> bytes:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(fd, "rb") as file:
            return file.read(1024 * 1024)
    except OSError:
        return b""
