"""The folder of kept conversations: found, read, deleted; and never more of them than the user wants."""

import os

from aniate import files, places
from aniate.errors import StorageFailed
from aniate.history.conversation import Conversation, is_id, of_lines
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from aniate.config import Settings

MAX_BYTES = 8 * 1024 * 1024
"""Of one conversation; what is said beyond is not kept."""
MAX_TOTAL_BYTES = 256 * 1024 * 1024
_ENDING = ".jsonl"


def folder() -> str:
    """Where the conversations lie."""
    return os.path.join(places.state_folder(), "history")


def path_of(identity: str) -> str:
    """The file of one."""
    return os.path.join(folder(), identity + _ENDING)


def made() -> str:
    """The folder, made if it is missing, for nobody but the user. OSError if that fails."""
    for each in (places.state_folder(), folder()):
        files.make_folder(each)
    return folder()


def newest_first() -> "list[tuple[str, int]]":
    """The ids and sizes in bytes of all that is kept. StorageFailed if the folder can't be read."""
    found: list[tuple[float, str, int]] = []
    try:
        with os.scandir(folder()) as entries:
            for entry in entries:
                identity, ending = os.path.splitext(entry.name)
                if ending == _ENDING and is_id(identity) and entry.is_file(follow_symlinks=False):
                    found.append((entry.stat().st_mtime, identity, entry.stat().st_size))
    except FileNotFoundError:
        return []
    except OSError as error:
        raise StorageFailed(f"{clean_line(folder())} can't be read: {error.strerror}.") from error
    return [(identity, size) for _, identity, size in sorted(found, reverse=True)]


def read(identity: str) -> "Conversation | None":
    """One conversation; None if it is gone, or nothing can be read in it."""
    return of_lines(lines_of(identity))


def lines_of(identity: str) -> "list[str]":
    """The lines of one; none if it is gone or can't be read."""
    try:
        with open(path_of(identity), encoding="utf-8", errors="replace") as file:
            return file.read(2 * MAX_BYTES).split("\n")
    except OSError:
        return []


def every() -> "Iterator[Conversation]":
    """All that is kept, newest first, as far as it can be read and has a turn."""
    for identity, _ in newest_first():
        found = read(identity)
        if found and found.turns:
            yield found


def last(settings: "Settings", assistant: "str | None") -> "Conversation | None":
    """The one that was held last in this folder with this server and login; with `assistant`, by it ("": by none)."""
    wanted = (here(), settings.profile, settings.address.origin)
    for each in every():
        if (each.folder, each.profile, each.origin) == wanted and assistant in (None, each.assistant):
            return each
    return None


def here() -> str:
    """This folder, with ~ for the home in it: on another machine it may be the same."""
    folder, home = places.here(), os.path.realpath(os.path.expanduser("~")).rstrip("/")
    return "~" + folder[len(home) :] if folder == home or folder.startswith(home + "/") else folder


def replace(conversation: Conversation, lines: "Iterable[str]") -> None:
    """Keep these lines of a conversation, in place of what there is. StorageFailed if that can't be done."""
    path = path_of(conversation.identity)
    files.make_folder(places.state_folder())
    files.write_private(path, "".join(f"{line}\n" for line in lines))
    os.utime(path, (conversation.last_at, conversation.last_at))  # the list is in this order


def is_in_use(path: str) -> bool:
    """Whether some `ant` holds that conversation."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not locked(fd)
    finally:
        os.close(fd)


def locked(fd: int) -> bool:
    """Whether the file is ours alone, from now on; also where the file system knows no locks."""
    import fcntl

    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def delete(identity: str) -> bool:
    """Forget one; False if it is gone already. StorageFailed if it stays."""
    try:
        os.unlink(path_of(identity))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageFailed(f"{clean_line(path_of(identity))} can't be deleted: {error.strerror}.") from error
    return True


def prune(at_most: int) -> None:
    """Forget the oldest beyond so many, or beyond what all may take together; none that is in use."""
    total = 0
    for count, (identity, size) in enumerate(newest_first()):
        total += size
        if (count >= at_most or total > MAX_TOTAL_BYTES) and not is_in_use(path_of(identity)):
            delete(identity)
