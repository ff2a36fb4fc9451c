"""The names of the user's assistants, as known on this machine. Read at start-up when a first word is no command.

Rows of tab-separated text: profile, origin, name, summary; and for each profile and origin one row with an empty
name, its list's ETag and when the server was asked last.
"""

import os

from aniate import places

BREW = "chat"
"""What an assistant's answers are brewed with; its own row in a list is the assistant's."""
MAX_NAME = 32
LOOK_UP_EVERY_S = 60
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_REST = _LETTERS | frozenset("0123456789_-")


def path() -> str:
    """The file of names."""
    return os.path.join(places.cache_folder(), "assistants.tsv")


def valid(name: str) -> bool:
    """Whether an assistant can be called so."""
    return 0 < len(name) <= MAX_NAME and name[0] in _LETTERS and _REST.issuperset(name)


def known(profile: str, origin: str) -> "dict[str, str]":
    """Names and summaries of a profile's assistants at that host."""
    rows = places.read_rows(path())
    mine = (row for row in rows if len(row) == 4 and row[:2] == [profile, origin])
    return {row[2]: row[3] for row in mine if valid(row[2])}


def mark(profile: str, origin: str) -> "tuple[str, int]":
    """The list's ETag and the time of the last look-up in seconds since 1970; ("", 0) if there was none."""
    for row in places.read_rows(path()):
        if len(row) == 5 and row[:3] == [profile, origin, ""] and row[4].isascii() and row[4].isdigit():
            return row[3], int(row[4])
    return "", 0


def keep(profile: str, origin: str, listed: "dict[str, str]", etag: str, at: int) -> None:
    """Remember a profile's assistants. No harm if that can't be done now: it is a cache."""
    from aniate import files
    from aniate.errors import StorageFailed

    others = [row for row in places.read_rows(path()) if row[:2] != [profile, origin]]
    rows = [*others, [profile, origin, "", etag, str(at)]]
    rows += [[profile, origin, name, summary] for name, summary in listed.items()]
    try:
        files.write_private(path(), "".join("\t".join(row) + "\n" for row in rows))
    except StorageFailed:
        return
