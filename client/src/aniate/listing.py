"""Lists of things that have ids: shown as a table, and picked by the beginning of an id."""

import sys

from aniate import terminal
from aniate.errors import ServerRefused, UsageError
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SHORTEST = 4
_SHOWN = 8
_NARROWEST = 10


def rows_of(answer: "dict[str, object]", name: str) -> "list[dict[str, object]]":
    """The things that the server's answer holds under `name`; what has no id that an address can hold, is none."""
    rows = answer.get(name)
    return [row for row in rows if isinstance(row, dict) and _is_id(row.get("id"))] if isinstance(rows, list) else []


def _is_id(value: object) -> bool:
    return isinstance(value, str) and value.isascii() and value.replace("-", "").replace("_", "").isalnum()


def show(titles: "tuple[str, ...]", lines: "Sequence[tuple[str, ...]]", cut: "Sequence[int]" = ()) -> None:
    """A table on standard output, as wide as it needs; on a terminal the columns in `cut` are cut until it fits."""
    widths = [max(len(line[at]) for line in [titles, *lines]) for at in range(len(titles))]
    if terminal.is_terminal(sys.stdout):
        _fit(widths, cut, terminal.columns(sys.stdout))
    for line in [titles, *lines]:
        cells = [
            clean_line(cell, width).ljust(width) if width else "" for cell, width in zip(line, widths, strict=True)
        ]
        terminal.tell("  ".join(cells).rstrip())


def _fit(widths: "list[int]", cut: "Sequence[int]", room: int) -> None:
    """Take from the widths in `cut` what is too much, one after the other."""
    for at in cut:
        over = sum(widths) + 2 * (len(widths) - 1) - room
        widths[at] -= max(0, min(over, widths[at] - _NARROWEST))


def short_ids(rows: "list[dict[str, object]]") -> "list[str]":
    """The ids, as short as they can be without being mistaken for each other."""
    ids = [text(row, "id") for row in rows]
    length = _SHOWN
    while len({each[:length] for each in ids}) < len(ids) and length < max(map(len, ids)):
        length += 1
    return [each[:length].rstrip("-") for each in ids]


def pick(rows: "list[dict[str, object]]", word: str, what: str, command: str) -> "dict[str, object]":
    """The one whose id is `word`, or begins so. UsageError if that may be several, ServerRefused if it is none.

    `what` each of them is, and the `command` that lists them.
    """
    if not clean_line(word):
        raise UsageError("The id is empty.", f"`{command}` shows the ids.")
    if len(word) < SHORTEST:
        raise UsageError(f"{clean_line(word, 40)} is no id: at least {SHORTEST} characters of one.")
    found = [row for row in rows if text(row, "id").startswith(word.lower())]
    if len(found) > 1:
        raise UsageError(f"{len(found)} {what}s have an id that begins with {clean_line(word, 40)}; type more of it.")
    if not found:
        raise ServerRefused(f"There is no {what} {clean_line(word, 40)}.", f"`{command}` lists them.", "not_found")
    return found[0]


def text(row: "dict[str, object]", name: str) -> str:
    """One field, safe to show; empty if it is no text."""
    return clean_field(row.get(name))


def minute(row: "dict[str, object]", name: str) -> str:
    """A time in UTC, to the minute."""
    return text(row, name)[:16].replace("T", " ")
