"""Where a hunk belongs in a file: found by its lines, exactly first and then leniently, and never by a guess."""

from aniate.errors import ChangeRefused
from aniate.mending.lines import Lines, join, seen_lines
from aniate.mending.restoring import covers, indented, uncovered, whole

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.mending.patch import Hunk

    Row = tuple[str, str]

_FUZZ = 2
"""How many lines at each end of a hunk may be wrong, where they are there for orientation alone."""
_NEAR, _FAR = 3, 12
"""Of equal places the stated line decides if one is so near and the next so far, in lines."""
_ENOUGH = 1000


class Edit:
    """A hunk that has its place: parts (first line, line behind the last, the lines that stand there instead)."""

    __slots__ = ("bare", "parts")

    def __init__(self, parts: "list[tuple[int, int, list[str]]]", bare: "bool | None") -> None:
        self.parts = parts
        self.bare = bare
        """Whether the file is to end without a newline; None leaves that as it is."""

    @property
    def first(self) -> int:
        return self.parts[0][0]


def place(hunks: "Sequence[Hunk]", lines: Lines, sent: "str | None" = None) -> "list[Edit]":
    """Each hunk at its place, from the first to the last. ChangeRefused if one has none, or more than one.

    `sent` is the file as whoever wrote the hunks was shown it.
    """
    edits: list[Edit] = []
    searched = _Searched(lines, sent)
    shift = 0
    for number, hunk in enumerate(hunks, 1):
        position, rows, level = _find(hunk, searched, shift, number)
        if hunk.start is not None:
            shift = position - (hunk.start - 1)
        edits.append(_edit(hunk, rows, position, searched, level, number))
    edits = [edit for edit in edits if edit.parts]
    edits.sort(key=lambda edit: edit.first)
    end = 0
    for edit in edits:
        for first, behind, _ in edit.parts:
            if first < end:
                raise ChangeRefused("Two parts of the change are for the same lines.")
            end = max(behind, first)
    return edits


def build(lines: Lines, edits: "Sequence[Edit]") -> bytes:
    """The file with these edits made."""
    rows: list[Row] = list(zip(lines.texts, lines.endings, strict=True))
    bare = lines.ends_bare
    for edit in sorted(edits, key=lambda each: each.first, reverse=True):
        for first, behind, added in reversed(edit.parts):
            ending = next((end for _, end in rows[first:behind] + rows[max(0, first - 1) : first] if end), "")
            rows[first:behind] = [(text, ending) for text in added]
    for edit in edits:
        bare = bare if edit.bare is None else edit.bare
    return join(rows, lines.bom, lines.usual_ending, bare and bool(rows))


def _find(hunk: "Hunk", lines: "_Searched", shift: int, number: int) -> "tuple[int, list[Row], int]":
    """The line where the hunk begins, its rows without those that match nothing, and how leniently it was found."""
    rows = hunk.lines
    if lines.are_none and not any(sign != "+" for sign, _ in rows):
        return 0, rows, 0
    for fuzz in range(_FUZZ + 1):
        fewer, cut = _without_ends(rows, fuzz)
        before = [text for sign, text in fewer if sign != "+"]
        if not before:
            break
        weak = not any(text.strip() for text in before)
        for level, key in enumerate(_LEVELS):
            found = _positions(lines.at(level), [key(text) for text in before])
            if found and not weak:
                return _chosen(found, hunk, shift, cut, number), fewer, level
            if weak and hunk.start is not None and hunk.start - 1 + cut in found:
                return hunk.start - 1 + cut, fewer, level
    raise ChangeRefused(
        f"Part {number} of the change has no place in the file: the lines around it are not there.",
        "Ask again, or name the files it is about: ant fix FILE…",
    )


class _Searched:
    """A file's lines, made ready once for each way to compare."""

    def __init__(self, lines: Lines, sent: "str | None") -> None:
        self.texts = lines.texts
        self.seen = seen_lines(lines, sent)
        self.covered = covers(self.seen, self.texts)
        self._by_level: dict[int, list[str]] = {}
        self.are_none = not lines.texts

    def at(self, level: int) -> "list[str]":
        if level not in self._by_level:
            self._by_level[level] = [_LEVELS[level](text) for text in self.seen]
        return self._by_level[level]


def _without_ends(rows: "list[Row]", fuzz: int) -> "tuple[list[Row], int]":
    """`rows` without up to `fuzz` lines of orientation at each end, and how many went at the beginning."""
    first, behind = 0, len(rows)
    while first < fuzz and first < behind and rows[first][0] == " ":
        first += 1
    while len(rows) - behind < fuzz and behind > first and rows[behind - 1][0] == " ":
        behind -= 1
    return rows[first:behind], first


def _positions(texts: "list[str]", before: "list[str]") -> "list[int]":
    found: list[int] = []
    for at in range(len(texts) - len(before) + 1):
        if texts[at] == before[0] and texts[at : at + len(before)] == before:
            found.append(at)
            if len(found) == _ENOUGH:
                break
    return found


def _chosen(found: "list[int]", hunk: "Hunk", shift: int, cut: int, number: int) -> int:
    if len(found) == 1:
        return found[0]
    if hunk.start is not None:
        stated = hunk.start - 1 + cut
        for wanted in (stated + shift, stated):
            if wanted in found:
                return wanted
        by_distance = sorted((abs(at - stated - shift), at) for at in found)
        if by_distance[0][0] <= _NEAR and by_distance[1][0] >= _FAR:
            return by_distance[0][1]
    raise ChangeRefused(f"Part {number} of the change fits at {len(found)} places, and does not say which.")


def _edit(hunk: "Hunk", rows: "list[Row]", position: int, lines: _Searched, level: int, number: int) -> Edit:
    parts: list[tuple[int, int, list[str]]] = []
    at, first, added = position, position, [""][:0]
    shifted = indented(rows, lines.texts[position:], number) if level == len(_LEVELS) - 1 else None
    for sign, text in [*rows, (" ", "")]:
        if sign == "+":
            added.append(shifted(text) if shifted else text)
        elif sign == "-":
            at += 1
        else:
            removed = lines.texts[first:at]
            if added or removed:
                added = uncovered(added, covers(lines.seen[first:at], removed), lines.covered, number)
                added = whole(added, removed, number)
                if added != removed or at == len(lines.texts):
                    parts.append((first, at, added))
            at += 1
            first, added = at, []
    bare = None
    if hunk.bare_before or hunk.bare_after:
        bare = hunk.bare_after
    return Edit(parts, bare)


_LEVELS: "tuple[Callable[[str], str], ...]" = (
    lambda text: text,
    lambda text: text.rstrip(),
    lambda text: " ".join(text.split()),
)
"""How lines are compared, from strict to lenient."""


def new_file(texts: "list[str]", bare: bool) -> Edit:
    """What a new file holds. ChangeRefused for letters that can't be seen."""
    return Edit([(0, 0, whole(texts, (), 1))], bare)
