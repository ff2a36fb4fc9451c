"""What can be undone: each change of files is written down, and on the disk, before its first byte is made."""

import os

from aniate import files, places
from aniate.errors import StorageFailed
from aniate.mending.inside import State
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.mending.writing import Change

MAX_ENTRIES = 100
MAX_BYTES = 64 * 1024 * 1024
MAX_AGE_S = 30 * 24 * 3600
_HALF, _WHOLE = ".applying.json", ".json"
"""How the file of an entry ends while its change is made, and then; one rename turns one into the other."""


class Entry:
    """One change of files in one folder. `whole` is false if it was cut off, or is being made."""

    __slots__ = ("changes", "command", "folder", "folders", "made_at", "name", "session", "whole")

    def __init__(
        self,
        name: str,
        session: str,
        folder: str,
        command: str,
        changes: "Sequence[Change]",
        folders: "Sequence[str]",
        made_at: float,
        whole: bool,
    ) -> None:
        self.name = name
        self.session = session
        """What the entries of one `ant fix` share; they are undone together."""
        self.folder = folder
        self.command = command
        self.changes = changes
        self.folders = folders
        """The folders that were made for it."""
        self.made_at = made_at
        self.whole = whole

    @property
    def token(self) -> str:
        """What stands in the names of the files that are written beside others."""
        return "ant-" + self.name


def folder() -> str:
    """Where the entries lie."""
    return os.path.join(places.state_folder(), "undo")


def lock() -> "files.locked":
    """Held while files are changed or restored."""
    return files.locked(os.path.join(folder(), "undo"))


def begin(session: str, root: str, command: str, changes: "Sequence[Change]", folders: "Sequence[str]") -> Entry:
    """Write down what is about to be changed. StorageFailed if it can't be: then nothing may be changed."""
    import json
    from time import time, time_ns

    entry = Entry(f"{time_ns():020d}-{os.getpid()}", session, root, command, changes, folders, time(), False)
    told = {
        "session": session,
        "folder": root,
        "command": command,
        "made_at": entry.made_at,
        "folders": list(folders),
        "files": [
            {"path": change.path, "before": _packed(change.before), "after": _packed(change.after)}
            for change in changes
        ],
    }
    path = os.path.join(folder(), entry.name + _HALF)
    files.write_private(path, json.dumps(told))
    try:
        _sync()
    except OSError as error:
        forget(entry)
        raise StorageFailed(f"{clean_line(path)} can't be written: {error.strerror}.") from error
    return entry


def finish(entry: Entry) -> None:
    """The change is made. StorageFailed if that can't be noted."""
    try:
        _mark(entry, True)
    except OSError as error:
        raise StorageFailed(f"The change is made, but can't be marked so: {error.strerror}.") from error


def reopen(entry: Entry) -> None:
    """The change is about to be taken back. StorageFailed if that can't be noted."""
    try:
        _mark(entry, False)
    except OSError as error:
        raise StorageFailed(f"What can be undone can't be changed: {error.strerror}. Nothing is undone.") from error


def _mark(entry: Entry, whole: bool) -> None:
    if entry.whole == whole:
        return
    stem = os.path.join(folder(), entry.name)
    endings = (_HALF, _WHOLE) if whole else (_WHOLE, _HALF)
    os.replace(stem + endings[0], stem + endings[1])
    entry.whole = whole
    _sync()


def forget(entry: Entry) -> None:
    """Drop the entry: there is nothing of it left to undo."""
    for ending in (_HALF, _WHOLE):
        path = os.path.join(folder(), entry.name + ending)
        try:
            if os.path.lexists(path):
                os.unlink(path)
        except OSError as error:
            raise StorageFailed(f"{clean_line(path)} can't be removed: {error.strerror}.") from error


def entries() -> "list[Entry]":
    """All that can be undone, the oldest first. What is damaged is passed over."""
    try:
        names = sorted(name for name in os.listdir(folder()) if name.endswith(_WHOLE))
    except OSError:
        return []
    read = [_read(name) for name in names]
    return [entry for entry in read if entry is not None]


def prune(keep: str) -> None:
    """Drop what is too old or too much, the oldest first, but for the session `keep`."""
    from time import time

    size = 0
    for kept, entry in enumerate(reversed(entries()), 1):
        path = os.path.join(folder(), entry.name + (_WHOLE if entry.whole else _HALF))
        size += os.path.getsize(path)
        too_old = entry.made_at < time() - MAX_AGE_S
        if entry.session != keep and (kept > MAX_ENTRIES or size > MAX_BYTES or too_old):
            try:
                forget(entry)
            except StorageFailed:
                return  # the next fix tries again


def _read(file_name: str) -> "Entry | None":
    import json

    from aniate.mending.writing import Change

    whole = not file_name.endswith(_HALF)
    try:
        with open(os.path.join(folder(), file_name), encoding="utf-8") as file:
            told = json.load(file)
        changes = [
            Change(str(each["path"]), _unpacked(each["before"]), _unpacked(each["after"])) for each in told["files"]
        ]
        return Entry(
            file_name.removesuffix(_WHOLE if whole else _HALF),
            str(told["session"]),
            str(told["folder"]),
            str(told["command"]),
            changes,
            [str(each) for each in told["folders"]],
            float(told["made_at"]),
            whole,
        )
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _packed(state: "State | None") -> "dict[str, object] | None":
    from base64 import b64encode

    if state is None:
        return None
    return {"data": b64encode(state.data).decode("ascii"), "mode": state.mode, "shared": state.shared}


def _unpacked(told: "dict[str, object] | None") -> "State | None":
    from base64 import b64decode

    if told is None:
        return None
    return State(b64decode(str(told["data"]), validate=True), int(str(told["mode"])), told["shared"] is True)


def _sync() -> None:
    """Have the folder itself on the disk."""
    fd = os.open(folder(), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
