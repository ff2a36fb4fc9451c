"""What may be typed next in a talk: /commands and what they take, @paths."""

import os

from aniate.brews.chat import mentions
from aniate.brews.chat.slash import COMMANDS
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_NAMES = 200
"""Of a folder, that are offered at once."""


def endings(typed: str, assistants: "Sequence[str]") -> "Iterator[tuple[int, str, str, str]]":
    """How `typed` may go on: how many letters are replaced, by what, how that is shown, and what it means."""
    word, blank, rest = typed.partition(" ")
    if typed.startswith("/") and "\n" not in typed:
        if not blank:
            found = [(name, row[1]) for name, row in COMMANDS.items() if row[1] and name.startswith(word[1:])]
            yield from ((len(word), f"/{name}", f"/{name}", meaning) for name, meaning in found)
            return
        if word == "/assistant":
            yield from ((len(rest), name, name, "") for name in assistants if name.startswith(rest))
            return
        if word in ("/file", "/save"):
            yield from _paths(rest, "")
            return
    at = _mention_start(typed)
    if at >= 0:
        yield from _paths(typed[at:], "@")


def _mention_start(typed: str) -> int:
    """Where the @path begins that the cursor stands in; -1 if it stands in none."""
    at = typed.rfind("@")
    if at < 0 or (at > 0 and not typed[at - 1].isspace() and typed[at - 1] not in "([{,;:"):
        return -1
    path = typed[at + 1 :]
    if path[:1] in ('"', "'"):
        return at if path[0] not in path[1:] and "\n" not in path else -1
    return -1 if any(letter.isspace() for letter in path) else at


def _paths(typed: str, mark: str) -> "Iterator[tuple[int, str, str, str]]":
    """Names of files and folders that `typed` may become, `mark` before them."""
    wanted = typed.removeprefix(mark)
    quoted = wanted[:1] if wanted[:1] in ('"', "'") else ""
    folder, slash, beginning = wanted.removeprefix(quoted).rpartition("/")
    where = os.path.expanduser(folder + slash) or "."
    try:
        with os.scandir(where) as entries:
            found = sorted((entry.name, entry.is_dir()) for entry in entries if entry.name.startswith(beginning))
    except OSError:
        return
    for name, is_folder in found[:MAX_NAMES]:
        if not name.isprintable() or '"' in name or (name.startswith(".") and not beginning):
            continue
        path = folder + slash + name + ("/" if is_folder else "")
        text = mentions.spelled(path) if mark else path
        if is_folder and text.endswith('"'):
            text = text[:-1]  # it goes on
        yield len(typed), mark + text, clean_line(name) + ("/" if is_folder else ""), ""
