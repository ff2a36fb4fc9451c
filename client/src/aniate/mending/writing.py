"""Several files changed at once: all of them, or none.

What is to be written lies beside its file and on the disk before the first file is replaced, each by one rename.
"""

import errno
import os
import stat

from aniate.errors import ChangeRefused, StorageFailed
from aniate.mending.inside import Inside, State, same
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


_NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What a file system says that has no hard links."""


class Change:
    """What one file is to become; None is a file that is not there."""

    __slots__ = ("after", "before", "path")

    def __init__(self, path: str, before: "State | None", after: "State | None") -> None:
        self.path = path
        self.before = before
        self.after = after


def check(inside: Inside, changes: "Sequence[Change]") -> None:
    """ChangeRefused if a file is no longer what the change was made for, or is protected."""
    for change in changes:
        shown = clean_line(change.path, 200)
        if not same(inside.read(change.path), change.before):
            raise ChangeRefused(f"{shown} was changed meanwhile, so it is left alone.")
        if change.before is not None and not change.before.mode & stat.S_IWUSR:
            raise ChangeRefused(f"{shown} is protected against writing.", "`chmod u+w` allows it.")


def write_all(inside: Inside, changes: "Sequence[Change]", folders: "Sequence[str]", token: str) -> None:
    """Make all changes, and the folders for them. StorageFailed if that fails; then all is as it was."""
    made: list[str] = []
    ready: list[Change] = []
    done: list[Change] = []
    try:
        for folder in folders:
            inside.make_folder(folder)
            made.append(folder)
        for change in changes:
            if change.after is not None:
                ready.append(change)
                _prepare(inside, change.path, change.after, token)
        for change in changes:
            done.append(change)
            _commit(inside, change, token)
    except OSError as error:
        drop_leftovers(inside, [change.path for change in ready], token)
        _go_back(inside, done, token)
        for folder in reversed(made):
            inside.remove_folder(folder)
        reason = (error.strerror or "failed").lower()
        raise StorageFailed(f"The change can't be written: {reason}. All files are as they were.") from error


def drop_leftovers(inside: Inside, paths: "Sequence[str]", token: str) -> None:
    """Remove what was written beside these files and did not take their place."""
    for path in paths:
        try:
            parent = inside.open_parent(path)
        except (OSError, ChangeRefused):
            continue
        try:
            os.unlink(_beside(path, token), dir_fd=parent)
        except OSError:
            continue
        finally:
            os.close(parent)


def _go_back(inside: Inside, done: "Sequence[Change]", token: str) -> None:
    """Undo what was done. StorageFailed if that fails, too: then `ant undo` has to do it."""
    for change in reversed(done):
        try:
            now = inside.read(change.path)
            torn = change.before is not None and change.before.shared
            if same(now, change.before) or not (torn or same(now, change.after)):
                continue  # as it was, or somebody else's by now
            if change.before is not None:
                _prepare(inside, change.path, change.before, token)
            _commit(inside, Change(change.path, change.after, change.before), token)
        except OSError as error:
            drop_leftovers(inside, [change.path], token)
            raise StorageFailed(
                f"{clean_line(change.path)} can't be written, and is half changed.", "`ant undo` restores it."
            ) from error


def _prepare(inside: Inside, path: str, state: State, token: str) -> None:
    """Write `state` beside the file, with the owner and the attributes that the file has."""
    parent = inside.open_parent(path)
    try:
        name = _beside(path, token)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(name, flags, 0o600, dir_fd=parent)
        try:
            _fill(fd, state.data)
            _keep_owner(fd, path.split("/")[-1], parent)
            os.fchmod(fd, state.mode)
            os.fsync(fd)
        finally:
            os.close(fd)
    finally:
        os.close(parent)


def _keep_owner(fd: int, name: str, parent: int) -> None:
    """As far as this user may."""
    try:
        old = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    except OSError:
        return
    try:
        was, now = os.fstat(old), os.fstat(fd)
        if (was.st_uid, was.st_gid) != (now.st_uid, now.st_gid):
            os.fchown(fd, was.st_uid, was.st_gid)
        if hasattr(os, "listxattr"):
            for attribute in os.listxattr(old):
                os.setxattr(fd, attribute, os.getxattr(old, attribute))
    except OSError:
        return  # a file system without owners or attributes
    finally:
        os.close(old)


def _commit(inside: Inside, change: Change, token: str) -> None:
    """Put what was prepared in the file's place, or remove the file. A file of several names keeps them."""
    name, beside = change.path.split("/")[-1], _beside(change.path, token)
    parent = inside.open_parent(change.path)
    try:
        if change.after is None:
            os.unlink(name, dir_fd=parent)
        elif change.before is not None and os.stat(name, dir_fd=parent, follow_symlinks=False).st_nlink > 1:
            _write_over(name, parent, change.after)
            os.unlink(beside, dir_fd=parent)
        elif change.before is None:
            _put_new(beside, name, parent)
        else:
            os.replace(beside, name, src_dir_fd=parent, dst_dir_fd=parent)
        os.fsync(parent)
    finally:
        os.close(parent)


def _put_new(beside: str, name: str, parent: int) -> None:
    """As a rename, but a file that came meanwhile is an error, and not lost."""
    try:
        os.link(beside, name, src_dir_fd=parent, dst_dir_fd=parent)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        os.replace(beside, name, src_dir_fd=parent, dst_dir_fd=parent)
        return
    os.unlink(beside, dir_fd=parent)


def _write_over(name: str, parent: int, state: State) -> None:
    fd = os.open(name, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    try:
        os.ftruncate(fd, 0)
        _fill(fd, state.data)
        os.fsync(fd)
    finally:
        os.close(fd)


def _fill(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


def _beside(path: str, token: str) -> str:
    return f".{path.split('/')[-1][:60]}.{token}.new"
