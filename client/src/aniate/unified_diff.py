"""Unified diffs, read into files and hunks with their line numbers.

Source of the form: POSIX `diff -u` and git's extended headers (git-diff(1), "Generating patch text with -p").
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Hunk:
    """One hunk: where it begins in the old and the new file, and its lines with ` `, `-`, `+` before each.

    A last line without a newline is followed by a line that begins with a backslash, as in the diff.
    """

    __slots__ = ("lines", "new_start", "old_start", "title")

    def __init__(self, old_start: int, new_start: int, title: str) -> None:
        self.old_start = old_start
        self.new_start = new_start
        self.title = title
        self.lines: list[str] = []

    def new_lines(self) -> "Iterator[tuple[int, str, str]]":
        """(number, sign, text) of the lines that the new file has: those that are added (`+`) and kept (` `)."""
        number = self.new_start
        for line in self.lines:
            if line[:1] in ("+", " ", ""):
                yield number, line[:1] or " ", line[1:]
                number += 1

    def cut(self, after: int) -> "tuple[Hunk, Hunk]":
        """The hunk in two: so many of its lines, and the rest with its own line numbers. Either may be empty."""
        first = Hunk(self.old_start, self.new_start, self.title)
        first.lines = self.lines[:after]
        old = sum(line[:1] in ("-", " ", "") for line in first.lines)
        new = sum(line[:1] in ("+", " ", "") for line in first.lines)
        second = Hunk(self.old_start + old, self.new_start + new, self.title)
        second.lines = self.lines[after:]
        return first, second


class FileDiff:
    """What changes in one file. `old` or `new` is empty where the file is new, or gone."""

    __slots__ = ("binary", "hunks", "new", "old")

    def __init__(self, old: str, new: str) -> None:
        self.old = old
        self.new = new
        self.hunks: list[Hunk] = []
        self.binary = False

    def rest(self, inside: bool) -> "FileDiff":
        """The same file, for what is still to come of it; `inside` its last hunk, or behind it."""
        rest = FileDiff(self.old, self.new)
        if inside:
            last = self.hunks[-1]
            rest.hunks.append(last.cut(len(last.lines))[1])
        return rest


def read(text: str) -> "list[FileDiff]":
    """The files of a diff, as `git diff` or `diff -u` writes it. What is no diff is passed over."""
    files: list[FileDiff] = []
    reading = _Reading(files)
    for line in text.split("\n"):
        reading.take(line.removesuffix("\r") if not reading.inside else line)
    return [each for each in files if each.hunks or each.binary or each.old != each.new]


def parts(lines: "Iterable[str]", most: int) -> "Iterator[FileDiff]":
    """As `read`, but as the lines come: a file that weighs more than about `most` in several parts, so that no diff
    is too large. A hunk may be cut, too; each part of it knows its own line numbers.
    """
    files: list[FileDiff] = []
    reading, size, rest = _Reading(files), 0, False
    for line in lines:
        reading.take(line.removesuffix("\r") if not reading.inside else line)
        size += weight(line)
        while len(files) > 1 or (files and size > most):
            if len(files) == 1:
                files.append(files[0].rest(reading.inside))
            done, size = files.pop(0), 0
            if _says_something(done, rest):
                yield done
            rest = files[0].new == done.new and files[0].old == done.old
    for each in files:
        if _says_something(each, rest):
            yield each


def weight(line: str) -> int:
    """About how many bytes a line takes, with a number beside it."""
    return 8 + (len(line) if line.isascii() else 3 * len(line))


def _says_something(each: FileDiff, rest: bool) -> bool:
    return any(hunk.lines for hunk in each.hunks) or (not rest and (each.binary or each.old != each.new))


class _Reading:
    """The state while a diff is read line by line; counts in the hunks' heads say where each ends."""

    def __init__(self, files: "list[FileDiff]") -> None:
        self._files = files
        self._old_left = self._new_left = 0
        self._old = ""

    @property
    def inside(self) -> bool:
        """Whether a hunk is still incomplete."""
        return self._old_left > 0 or self._new_left > 0

    def take(self, line: str) -> None:
        if self.inside or (line.startswith("\\") and self._files and self._files[-1].hunks):
            self._body(line)
        elif line.startswith("diff --git "):
            old, new = _git_paths(line)
            self._files.append(FileDiff(old, new))
        elif line.startswith("--- "):
            self._old = _path(line[4:], "a/")
        elif line.startswith("+++ "):
            self._named(_path(line[4:], "b/"))
        elif line.startswith("@@ ") and self._files:
            self._head(line)
        elif self._files and line.startswith(("Binary files ", "GIT binary patch")):
            self._files[-1].binary = True
        elif self._files and not self._files[-1].hunks:
            self._extended(line)

    def _named(self, new: str) -> None:
        if not self._files or self._files[-1].hunks:
            self._files.append(FileDiff(self._old, new))
        else:
            self._files[-1].old, self._files[-1].new = self._old, new

    def _extended(self, line: str) -> None:
        """git's lines between `diff --git` and the first hunk."""
        last = self._files[-1]
        if line.startswith("new file mode"):
            last.old = ""
        elif line.startswith("deleted file mode"):
            last.new = ""
        elif line.startswith("rename from "):
            last.old = unquoted(line[12:])
        elif line.startswith("rename to "):
            last.new = unquoted(line[10:])

    def _head(self, line: str) -> None:
        ranges, _, title = line[3:].partition(" @@")
        try:
            old, new = ranges.split(" ")[:2]
            old_start, self._old_left = _range(old, "-")
            new_start, self._new_left = _range(new, "+")
        except ValueError:
            self._old_left = self._new_left = 0
            return
        self._files[-1].hunks.append(Hunk(old_start, new_start, title.strip()))

    def _body(self, line: str) -> None:
        sign = line[:1]
        if sign in (" ", "", "-"):
            self._old_left -= 1
        if sign in (" ", "", "+"):
            self._new_left -= 1
        self._files[-1].hunks[-1].lines.append(line or " ")


def _range(text: str, sign: str) -> "tuple[int, int]":
    """`-3,7` as (3, 7). ValueError if it is none."""
    if not text.startswith(sign):
        raise ValueError(text)
    start, comma, count = text[1:].partition(",")
    return int(start), int(count) if comma else 1


def _path(text: str, prefix: str) -> str:
    """The path of a `---` or `+++` line, empty for /dev/null."""
    path = unquoted(text.split("\t")[0].rstrip("\r"))
    return "" if path == "/dev/null" else path.removeprefix(prefix)


def _git_paths(line: str) -> "tuple[str, str]":
    """Both paths of a `diff --git` line; where they have spaces, later lines say them better."""
    rest = line[len("diff --git ") :]
    if rest.startswith('"'):
        old, _, new = rest[1:].partition('" ')
        return unquoted(f'"{old}"').removeprefix("a/"), unquoted(new).removeprefix("b/")
    half = (len(rest) - 1) // 2  # the same name twice, but for renames
    if rest[2:half] == rest[half + 3 :]:
        return rest[2:half], rest[2:half]
    old, _, new = rest.partition(" b/")
    return old.removeprefix("a/"), new


_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "\\": "\\", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


def unquoted(text: str) -> str:
    """A path that git put into quotes as C does, as it is; bytes that are no UTF-8 as lone surrogates."""
    if not (text.startswith('"') and text.endswith('"') and len(text) > 1):
        return text
    out, at, body = bytearray(), 0, text[1:-1]
    while at < len(body):
        if body[at] != "\\":
            out += body[at].encode("utf-8", "surrogateescape")
            at += 1
        elif len(octal := body[at + 1 : at + 4]) == 3 and all("0" <= digit <= "7" for digit in octal):
            out.append(int(octal, 8) & 0xFF)
            at += 4
        else:
            out += _ESCAPES.get(body[at + 1 : at + 2], "").encode()
            at += 2
    return out.decode("utf-8", "surrogateescape")
