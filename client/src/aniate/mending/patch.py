"""A diff as models write it: wrong counts and line numbers, fences around it, prefixes or none, lost blanks.

`aniate.unified_diff` reads diffs of programs, by the counts in them. Here nothing is believed but the lines.
"""

import re

from aniate.errors import ChangeRefused
from aniate.unified_diff import unquoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LETTERS = 1024 * 1024
_HEAD = re.compile(r"@@+ *-(\d+)(?:,(\d+))? +\+\d+(?:,(\d+))? *@@")
_SURROGATES = re.compile("[\ud800-\udfff]")
_ABOUT = ("index ", "similarity index ", "dissimilarity index ", "old mode ", "new mode ", "copy from ", "copy to ")


class Hunk:
    """One hunk: the line where it says to begin (from 1, or None), and its lines as (sign, text).

    `counts` is how many lines of the old and the new file it says to have, or None.
    `bare_before` and `bare_after` tell that the file's last line has no newline, before and after.
    """

    __slots__ = ("bare_after", "bare_before", "counts", "lines", "start")

    def __init__(self, start: "int | None", counts: "tuple[int, int] | None" = None) -> None:
        self.start = start
        self.counts = counts
        self.lines: list[tuple[str, str]] = []
        self.bare_before = self.bare_after = False

    def has_room(self) -> bool:
        """Whether one line that goes and one that comes are just what the hunk lacks by its own counts."""
        old = sum(sign != "+" for sign, _ in self.lines)
        new = sum(sign != "-" for sign, _ in self.lines)
        return (old + 1, new + 1) == self.counts

    @property
    def changes(self) -> bool:
        """Whether it adds or takes away anything."""
        return any(sign != " " for sign, _ in self.lines)


class FilePatch:
    """What is to happen to one file. `old` or `new` is empty where the file is new, or to be deleted."""

    __slots__ = ("hunks", "new", "old", "renames")

    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new
        self.renames = False
        self.hunks: list[Hunk] = []


def read(text: str) -> "list[FilePatch]":
    """The files of a diff. Hunks before any file's name are those of a file "?". ChangeRefused if it is too long."""
    if len(text) > MAX_LETTERS:
        raise ChangeRefused("The change is longer than a million letters.")
    text = _SURROGATES.sub("\ufffd", text)
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    reading = _Reading()
    for at, line in enumerate(lines):
        reading.take(line, lines[at + 1 : at + 3])
    for file in reading.files:
        for hunk in file.hunks:
            _finish(hunk)
        file.hunks = [hunk for hunk in file.hunks if hunk.changes]
    return [file for file in reading.files if file.hunks or file.renames or bool(file.old) != bool(file.new)]


def _finish(hunk: Hunk) -> None:
    """Drop what the text around the diff brought to a hunk's end: words behind its last line, empty lines."""
    behind = _behind_the_last(hunk)
    if behind is not None and not any(sign in ("+", "-") for sign, _ in _without_signature(hunk.lines[behind:])):
        del hunk.lines[behind:]
    while hunk.lines and hunk.lines[-1] == ("", ""):
        hunk.lines.pop()
    hunk.lines = [(sign or " ", text) for sign, text in hunk.lines]


def _behind_the_last(hunk: Hunk) -> "int | None":
    """Where the hunk ends by its own counts; None if they are never met."""
    old = new = 0
    for at, (sign, _) in enumerate(hunk.lines, 1):
        old += sign != "+"
        new += sign != "-"
        if (old, new) == hunk.counts:
            return at
    return None


def _without_signature(lines: "list[tuple[str, str]]") -> "list[tuple[str, str]]":
    """Without the line of two dashes that mails have below a diff, and what follows it."""
    return lines[: lines.index(("-", "- "))] if ("-", "- ") in lines else lines


class _Reading:
    """The state while a diff is read line by line."""

    def __init__(self) -> None:
        self.files: list[FilePatch] = []
        self._hunk: Hunk | None = None
        self._old: str | None = None
        self._headed = False
        """Whether a `+++` line was just read, behind which a hunk may begin without a head."""

    def take(self, line: str, ahead: "Sequence[str]") -> None:
        if self._begins_file(line, ahead):
            return
        if line.startswith("@@"):
            head = _HEAD.match(line)
            self._begin_hunk(int(head[1]), (int(head[2] or 1), int(head[3] or 1))) if head else self._begin_hunk()
        elif line.startswith("```"):
            self._hunk, self._headed = None, False
        elif self._hunk is None and self._headed and line[:1] in ("+", "-", " "):
            self._begin_hunk()
            self._body(line)
        elif self._hunk is not None:
            self._body(line)
        elif self.files:
            self._about(line)

    def _begins_file(self, line: str, ahead: "Sequence[str]") -> bool:
        if line.startswith("diff --git "):
            self._hunk, self._headed = None, False
            names = line[11:].split(" b/")
            both = len(names) == 2 and names[0].removeprefix("a/") == names[1]
            self.files.append(FilePatch(names[-1] if both else "", names[-1] if both else ""))
            return True
        if line.startswith("--- ") and ahead[:1] and ahead[0].startswith("+++ ") and self._is_head(line, ahead):
            self._hunk, self._old = None, _path(line[4:])
            return True
        if line.startswith("+++ ") and self._old is not None:
            self._named(self._old, _path(line[4:]))
            self._old, self._headed = None, True
            return True
        return False

    def _is_head(self, line: str, ahead: "Sequence[str]") -> bool:
        """Whether `---` and `+++` name files, and are no lines that begin with `--` and `++`."""
        if self._hunk is not None and self._hunk.has_room():
            return False
        if self._hunk is None or (len(ahead) > 1 and ahead[1].startswith("@@")):
            return True
        return line[4:].startswith(("a/", "/dev/null")) and ahead[0][4:].startswith(("b/", "/dev/null"))

    def _named(self, old: str, new: str) -> None:
        last = self.files[-1] if self.files else None
        if last is None or last.hunks or (last.old and old and last.old != old.removeprefix("a/")):
            self.files.append(FilePatch(old, new))
        else:
            last.old, last.new = old, new

    def _begin_hunk(self, start: "int | None" = None, counts: "tuple[int, int] | None" = None) -> None:
        if not self.files:
            self.files.append(FilePatch("?", "?"))
        self._hunk = Hunk(start, counts)
        self.files[-1].hunks.append(self._hunk)

    def _body(self, line: str) -> None:
        hunk = self._hunk
        if hunk is None:
            return
        if line.startswith("\\"):
            self._bare(hunk)
        elif not line:
            hunk.lines.append(("", ""))
        elif line[0] in "+- ":
            hunk.lines.append((line[0], line[1:]))
        else:
            hunk.lines.append((" ", line))  # the blank before it was lost

    @staticmethod
    def _bare(hunk: Hunk) -> None:
        sign = hunk.lines[-1][0] if hunk.lines else " "
        hunk.bare_before = hunk.bare_before or sign != "+"
        hunk.bare_after = hunk.bare_after or sign != "-"

    def _about(self, line: str) -> None:
        """git's lines between `diff --git` and the first hunk."""
        last = self.files[-1]
        if line.startswith("new file mode"):
            last.old = ""
        elif line.startswith("deleted file mode"):
            last.new = ""
        elif line.startswith("rename from "):
            last.old, last.renames = unquoted(line[12:]), True
        elif line.startswith("rename to "):
            last.new, last.renames = unquoted(line[10:]), True
        elif not line.startswith(_ABOUT):
            self._headed = False


def _path(text: str) -> str:
    """The path of a `---` or `+++` line as it stands there, empty for /dev/null."""
    path = unquoted(text.split("\t")[0].strip())
    return "" if path == "/dev/null" else path
