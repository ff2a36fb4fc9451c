"""The folder of kept conversations: found, read, deleted; and never more of them than the user wants."""

import os

from aniate import files, places
from aniate.errors import StorageFailed
from aniate.history.conversation import Conversation, is_id, of_lines
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
    try:
        with open(path_of(identity), encoding="utf-8", errors="replace") as file:
            return of_lines(file.read(2 * MAX_BYTES).split("\n"))
    except OSError:
        return None


def every() -> "Iterator[Conversation]":
    """All that is kept, newest first, as far as it can be read and has a turn."""
    for identity, _ in newest_first():
        found = read(identity)
        if found and found.turns:
            yield found


def last(settings: "Settings", assistant: "str | None") -> "Conversation | None":
    """The one that was held last in this folder with this server and login; with `assistant`, by it ("": by none)."""
    here = os.path.realpath(".")
    wanted = (here, settings.profile, settings.address.origin)
    for each in every():
        if (each.folder, each.profile, each.origin) == wanted and assistant in (None, each.assistant):
            return each
    return None


def delete(identity: str) -> bool:
    """Forget one; False if it is gone already. StorageFailed if it stays."""
    try:
        os.unlink(path_of(identity))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageFailed(f"{clean_line(path_of(identity))} can't be deleted: {error.strerror}.") from error
    return True


def prune(at_most: int, in_use: "Callable[[str], bool]") -> None:
    """Forget the oldest beyond so many, or beyond what all may take together; none that is `in_use`."""
    total = 0
    for count, (identity, size) in enumerate(newest_first()):
        total += size
        if (count >= at_most or total > MAX_TOTAL_BYTES) and not in_use(path_of(identity)):
            delete(identity)
