"""Lists of things that have ids: shown as a table, and picked by the beginning of an id."""

from aniate import terminal
from aniate.errors import ServerRefused, UsageError
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

SHORTEST = 4
_SHOWN = 8


def rows_of(answer: "dict[str, object]", name: str) -> "list[dict[str, object]]":
    """The things that the server's answer holds under `name`."""
    rows = answer.get(name)
    return [row for row in rows if isinstance(row, dict) and row.get("id")] if isinstance(rows, list) else []


def show(titles: "tuple[str, ...]", lines: "Sequence[tuple[str, ...]]") -> None:
    """A table on standard output, as wide as it needs."""
    widths = [max(len(line[at]) for line in [titles, *lines]) for at in range(len(titles))]
    for line in [titles, *lines]:
        terminal.tell("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def short_ids(rows: "list[dict[str, object]]") -> "list[str]":
    """The ids, as short as they can be without being mistaken for each other."""
    ids = [text(row, "id") for row in rows]
    length = _SHOWN
    while len({each[:length] for each in ids}) < len(ids) and length < max(map(len, ids)):
        length += 1
    return [each[:length].rstrip("-") for each in ids]


def pick(rows: "list[dict[str, object]]", word: str, what: str) -> "dict[str, object]":
    """The one whose id is `word`, or begins so. UsageError if that may be several, ServerRefused if it is none."""
    if len(word) < SHORTEST:
        raise UsageError(f"{clean_line(word, 40) or 'Nothing'} is no id: at least {SHORTEST} characters of one.")
    found = [row for row in rows if text(row, "id").startswith(word.lower())]
    if len(found) > 1:
        raise UsageError(f"{len(found)} {what}s have an id that begins with {clean_line(word, 40)}; type more of it.")
    if not found:
        raise ServerRefused(f"There is no {what} {clean_line(word, 40)}.", f"`ant {what}s` lists them.", "not_found")
    return found[0]


def text(row: "dict[str, object]", name: str) -> str:
    """One field, safe to show; empty if it is no text."""
    return clean_field(row.get(name))


def minute(row: "dict[str, object]", name: str) -> str:
    """A time in UTC, to the minute."""
    return text(row, name)[:16].replace("T", " ")
