"""What the beginning of a line says about it: which block it begins, or goes on with.

A line may be known by its beginning already; as long as more of it could change what it is, it is undecided. What is
decided early is what the whole line would be.
"""

import re

_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^`]*)\Z")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+(?=\S)|[ \t]*\Z)")
_RULE = re.compile(r"([-*_=])(?:[ \t]*\1){2,}[ \t]*\Z")
_ITEM = re.compile(r"([-*+]|\d{1,9}[.)])(?:[ \t]+|\Z)")
_MAY_BE_NUMBER = re.compile(r"\d{1,9}(?:[.)][ \t]*)?\Z")
_TABLE = re.compile(r"\|?\s*:?-+:?\s*(?:\|\s*:?-+:?\s*)*(?:\|\s*)?\Z")
_QUOTE = re.compile(r"> ?")


class Line:
    """`kind` is blank, fence, heading, rule, item, row or text; `body` begins at `at`, behind the line's marks."""

    __slots__ = ("at", "indent", "kind", "mark", "quotes")

    def __init__(self, kind: str, quotes: int, indent: int, at: int, mark: str = "") -> None:
        self.kind = kind
        self.quotes = quotes
        self.indent = indent
        self.at = at
        self.mark = mark


def known(line: str, whole: bool) -> "Line | None":
    """What the line is, or None if it is not `whole` and may still become something else."""
    quotes, at = unquoted(line)
    rest = line[at:]
    text = rest.lstrip(" \t")
    indent = len(rest[: len(rest) - len(text)].expandtabs(4))
    at += len(rest) - len(text)
    if not text:
        return Line("blank", quotes, indent, at) if whole else None
    if not whole and _undecided(text):
        return None
    kind, mark, length = _kind(text, whole)
    return Line(kind, quotes, indent, at + length, mark)


def unquoted(line: str, most: int = 9) -> "tuple[int, int]":
    """How many marks of quotes a line has, and where they end."""
    at = len(line) - len(line.lstrip(" "))
    quotes = 0
    while at <= 3 + 2 * quotes and quotes < most and (found := _QUOTE.match(line, at)):
        quotes, at = quotes + 1, found.end()
    return (quotes, at) if quotes else (0, 0)


def is_table(line: str) -> bool:
    """Whether it is the line below the head of a table."""
    return "-" in line and bool(_TABLE.match(line.strip()))


def _undecided(text: str) -> bool:
    first = text[0]
    if first in "`~":
        return set(text) == {first} or text.startswith(first * 3)
    if first in "*-_+=":
        return set(text) <= {first, " ", "\t"}
    if first == "#":
        return bool(re.match(r"#{1,6}[ \t]*\Z", text))
    return first == "|" or bool(_MAY_BE_NUMBER.match(text))


def _kind(text: str, whole: bool) -> "tuple[str, str, int]":
    """Kind, mark and the length of the marks of a line that is decided."""
    if whole and (found := _FENCE.match(text)):
        return "fence", found[1] + found[2].strip(), 0
    if whole and _RULE.match(text):
        return "rule", "", len(text)
    if found := _HEADING.match(text):
        return "heading", found[1], found.end()
    if found := _ITEM.match(text):
        return "item", found[1], found.end()
    return ("row" if text[0] == "|" else "text"), "", 0
