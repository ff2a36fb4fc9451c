"""Files of one folder, reached so that no name leads out of it: not by `..`, not by a link, not by a race."""

import errno
import os
import stat

from aniate.errors import ChangeRefused
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_FILE_BYTES = 1024 * 1024
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINKS = (errno.ELOOP, errno.ENOTDIR, errno.EMLINK)


class State:
    """What a file holds, and its mode bits. `shared` tells that it has more than one name (hard links)."""

    __slots__ = ("data", "mode", "shared")

    def __init__(self, data: bytes, mode: int, shared: bool = False) -> None:
        self.data = data
        self.mode = mode
        self.shared = shared

    def equals(self, other: "State | None") -> bool:
        """Whether both are the same to who reads them."""
        return other is not None and (self.data, self.mode) == (other.data, other.mode)


def same(one: "State | None", other: "State | None") -> bool:
    """Whether two states are equal; None is a file that is not there."""
    return one is other if one is None or other is None else one.equals(other)


class Inside:
    """A folder, held open. Paths in it are relative, with slashes."""

    def __init__(self, path: str) -> None:
        """ChangeRefused if it can't be opened."""
        try:
            self.path = os.path.realpath(path)
            self._fd = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise ChangeRefused(f"{clean_line(path) or 'This folder'} can't be opened: {_reason(error)}.") from error

    def close(self) -> None:
        os.close(self._fd)

    def resolve(self, path: str) -> str:
        """`path` without detours, a link to a file in this folder followed. ChangeRefused if it leads out."""
        names = self._names(path)
        shown = clean_line(path, 200)
        try:
            parent = self.open_parent(path)
        except FileNotFoundError:
            return "/".join(names)
        try:
            kind = os.stat(names[-1], dir_fd=parent, follow_symlinks=False).st_mode
        except FileNotFoundError:
            return "/".join(names)
        finally:
            os.close(parent)
        if stat.S_ISLNK(kind):
            real = os.path.realpath(os.path.join(self.path, *names))
            if not real.startswith(self.path.rstrip("/") + "/"):
                raise ChangeRefused(f"{shown} is a link that leads out of the folder.")
            return "/".join(self._names(os.path.relpath(real, self.path)))
        if not stat.S_ISREG(kind):
            raise ChangeRefused(f"{shown} is not a regular file.")
        return "/".join(names)

    def _names(self, path: str) -> "list[str]":
        names = path.split("/")
        shown = clean_line(path, 200) or "A file without a name"
        if path.startswith("/") or "\0" in path or "\\" in path or ".." in names:
            raise ChangeRefused(f"{shown} lies outside of the folder, so it is left alone.")
        names = [name for name in names if name not in ("", ".")]
        if not names or path.endswith("/"):
            raise ChangeRefused(f"{shown} is no name of a file.")
        if any(_is_git(name) for name in names):
            raise ChangeRefused(f"{shown} belongs to git itself, so it is left alone.")
        return names

    def open_parent(self, path: str) -> int:
        """The folder that holds `path`, open. FileNotFoundError if it is missing, ChangeRefused if it is a link."""
        *folders, _ = self._names(path)
        fd = os.dup(self._fd)
        for name in folders:
            try:
                deeper = os.open(name, _FOLDER, dir_fd=fd)
            except FileNotFoundError:
                raise
            except OSError as error:
                if error.errno in _LINKS:
                    raise ChangeRefused(f"{clean_line(path, 200)} leads through a link or a file.") from error
                raise ChangeRefused(f"{clean_line(path, 200)} can't be reached: {_reason(error)}.") from error
            finally:
                os.close(fd)
            fd = deeper
        return fd

    def read(self, path: str) -> "State | None":
        """The file, None if there is none. ChangeRefused for what is no file, or too large."""
        shown = clean_line(path, 200)
        try:
            parent = self.open_parent(path)
        except FileNotFoundError:
            return None
        name = path.split("/")[-1]
        try:
            kind = os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode
            if not stat.S_ISREG(kind):  # to open a device or a FIFO can do things
                raise ChangeRefused(f"{shown} is not a regular file.")
            fd = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ChangeRefused(f"{shown} can't be read: {_reason(error)}.") from error
        finally:
            os.close(parent)
        with open(fd, "rb") as file:
            found = os.fstat(fd)
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise ChangeRefused(f"{shown} is larger than 1 MiB.")
        return State(data, stat.S_IMODE(found.st_mode), found.st_nlink > 1)

    def missing_folders(self, paths: "Sequence[str]") -> "list[str]":
        """The folders that have to be made for these files, the upper ones first."""
        missing: list[str] = []
        for path in paths:
            names = self._names(path)
            for depth in range(1, len(names)):
                folder = "/".join(names[:depth])
                if folder not in missing and not os.path.lexists(os.path.join(self.path, folder)):
                    missing.append(folder)
        return missing

    def make_folder(self, folder: str) -> None:
        """Make one folder. OSError if that fails."""
        parent = self.open_parent(folder)
        try:
            os.mkdir(folder.split("/")[-1], dir_fd=parent)
        finally:
            os.close(parent)

    def remove_folder(self, folder: str) -> None:
        """Remove the folder if it is empty."""
        try:
            parent = self.open_parent(folder)
        except (OSError, ChangeRefused):
            return
        try:
            os.rmdir(folder.split("/")[-1], dir_fd=parent)
        except OSError:
            return
        finally:
            os.close(parent)


def _is_git(name: str) -> bool:
    """Whether a file system may take the name for `.git`."""
    return name.rstrip(". ").casefold() in (".git", "git~1")


def _reason(error: OSError) -> str:
    return (error.strerror or "failed").lower()
