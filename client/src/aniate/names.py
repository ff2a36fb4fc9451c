"""The names of the user's assistants and commands, as known here. Read at start-up when a first word is no command.

Rows of tab-separated text: profile, origin, name, summary, and for a command the word `command`; and for each profile
and origin one row with an empty name, its list's ETag and when the server was asked last.
"""

import os

from aniate import places

BREW = "chat"
"""What an assistant's answers are brewed with; its own row in a list is the assistant's."""
MAKER = "maker"
"""What drafts a command: `ant brew.cmd`."""
COMMAND = "command"
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


def known(profile: str, origin: str) -> "tuple[dict[str, str], dict[str, str]]":
    """Names and summaries of a profile's assistants at that host, and of its commands."""
    assistants: dict[str, str] = {}
    commands: dict[str, str] = {}
    for row in places.read_rows(path()):
        if row[:2] == [profile, origin] and len(row) >= 4 and valid(row[2]):
            (commands if row[4:] == [COMMAND] else assistants)[row[2]] = row[3]
    return assistants, commands


def mark(profile: str, origin: str) -> "tuple[str, int]":
    """The list's ETag and the time of the last look-up in seconds since 1970; ("", 0) if there was none."""
    for row in places.read_rows(path()):
        if len(row) == 5 and row[:3] == [profile, origin, ""] and row[4].isascii() and row[4].isdigit():
            return row[3], int(row[4])
    return "", 0


def forget(profile: str, origin: str, name: str) -> None:
    """It was deleted, perhaps on another machine: it is not suggested any more, and the server is asked again."""
    listed = known(profile, origin)
    if any(each.pop(name, None) is not None for each in listed):
        keep(profile, origin, listed, "", 0)


def keep(profile: str, origin: str, listed: "tuple[dict[str, str], dict[str, str]]", etag: str, at: int) -> None:
    """Remember a profile's assistants and commands. No harm if that can't be done now: it is a cache."""
    from aniate import files
    from aniate.errors import StorageFailed

    others = [row for row in places.read_rows(path()) if row[:2] != [profile, origin]]
    rows = [*others, [profile, origin, "", etag, str(at)]]
    assistants, commands = listed
    rows += [[profile, origin, name, summary] for name, summary in assistants.items()]
    rows += [[profile, origin, name, summary, COMMAND] for name, summary in commands.items()]
    try:
        files.write_private(path(), "".join("\t".join(row) + "\n" for row in rows))
    except StorageFailed:
        return
