"""What a model could not see or did not write exactly, taken from the file: secrets, odd bytes, indentation."""

import re

from aniate.errors import ChangeRefused
from aniate.mending.lines import as_seen
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Row = tuple[str, str]

_LOST = re.compile("\ufffd+")
_KEPT = re.compile("[\udc80-\udcff\ufffd]+")


def covers(seen: "Sequence[str]", texts: "Sequence[str]") -> "list[tuple[str, str]]":
    """(cover, what is below it) for the lines of which something was covered when they went out."""
    found = []
    for shown, text in zip(seen, texts, strict=True):
        if shown != text and shown != as_seen(text):
            first = _alike(shown, text)
            last = _alike(shown[first:][::-1], text[first:][::-1])
            found.append((shown[first : len(shown) - last], text[first : len(text) - last]))
    return found


def _alike(one: str, other: str) -> int:
    """How many letters at the beginning are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (left, right) in pairs if left != right), min(len(one), len(other)))


def uncovered(
    added: "list[str]", here: "list[tuple[str, str]]", anywhere: "list[tuple[str, str]]", number: int
) -> "list[str]":
    """The added lines with what was covered in the lines that they replace. ChangeRefused where that is not certain."""
    for cover in {cover for cover, _ in anywhere}:
        count = sum(text.count(cover) for text in added) if cover else len(added)
        below = [secret for each, secret in here if each == cover]
        if (cover and count and count != len(below)) or (not cover and count and below):
            raise ChangeRefused(f"Part {number} of the change is about a secret, which the model was not shown.")
        secrets = iter(below)
        added = [_put_back(text, cover, secrets) for text in added] if cover else added
    return added


def _put_back(text: str, cover: str, secrets: "Iterator[str]") -> str:
    first, *others = text.split(cover)
    return first + "".join(next(secrets) + other for other in others)


def whole(added: "list[str]", removed: "Sequence[str]", number: int) -> "list[str]":
    """The added lines, with the bytes that only the removed ones have. ChangeRefused if they can't be known.

    Refused are also letters that nobody sees or that drive a terminal, where the removed lines have none of them.
    """
    lost = sum(len(_LOST.findall(text)) for text in added)
    if lost:
        bytes_kept = _KEPT.findall("\n".join(removed))
        if len(bytes_kept) != lost:
            raise ChangeRefused(f"Part {number} of the change would lose bytes that are no UTF-8.")
        kept = iter(bytes_kept)
        added = [_LOST.sub(lambda _: next(kept), text) for text in added]
    known = set("".join(removed))
    for text in added:
        if any(letter not in known for letter in text if letter not in "\t\f" and clean(letter) != letter):
            raise ChangeRefused(f"Part {number} of the change adds letters that can't be seen.")
    return added


def indented(rows: "Sequence[Row]", texts: "Sequence[str]", number: int) -> "Callable[[str], str]":
    """How the indentation of the diff becomes the file's. ChangeRefused if it is not the same in all lines."""
    pairs: dict[str, list[tuple[str, str]]] = {" ": [], "-": []}
    old = [(sign, text) for sign, text in rows if sign != "+"]
    for (sign, text), real in zip(old, texts, strict=False):
        if text.strip():
            pairs[sign].append((_indent(text), _indent(real)))
    for change in _changes(pairs["-"] or pairs[" "]):
        return change
    raise ChangeRefused(f"The indentation of part {number} of the change is not the file's.")


def _changes(pairs: "list[tuple[str, str]]") -> "list[Callable[[str], str]]":
    """The one change of indentation that holds for all pairs of (diff, file), or none."""
    if all(ours == theirs for ours, theirs in pairs):
        return [lambda text: text]
    if all(ours.replace("    ", "\t") == theirs for ours, theirs in pairs):
        return [lambda text: _indent(text).replace("    ", "\t") + text[len(_indent(text)) :]]
    ours, theirs = pairs[0]
    if theirs.endswith(ours):
        more = theirs[: len(theirs) - len(ours)]
        if all(more + one == other for one, other in pairs):
            return [lambda text: more + text if text.strip() else text]
    if ours.endswith(theirs):
        less = ours[: len(ours) - len(theirs)]
        if all(one == less + other for one, other in pairs):
            return [lambda text: text.removeprefix(less)]
    return []


def _indent(text: str) -> str:
    return text[: len(text) - len(text.lstrip())]
