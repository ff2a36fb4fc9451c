"""Changes in parts that one request may hold, each line with its number in the new file beside it."""

from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import IO

    from aniate.unified_diff import FileDiff, Hunk

MOST_BYTES = 24 * 1024
"""Of a part, as it is sent."""
MOST_OF_FILE = 20 * 1024
"""Of one file in a part, numbers and all."""
_HEAD = 160
"""What each file costs beside its text: its name, and the marks around it. So many files are never too many."""
MOST_OF_LINE = 2000
"""Of a longer line, the beginning is enough: nobody wrote it by hand."""


class Part:
    """What is shown to the model at once: files by the names that it is told."""

    def __init__(self) -> None:
        self.files: dict[str, FileDiff] = {}
        self.texts: dict[str, str] = {}
        self.size = 0

    def add(self, file: "FileDiff", text: str) -> None:
        """One more file, or more of one; two names that look alike are told apart by a number."""
        name = shown = clean_line(file.new or file.old, 180)
        number = 1
        while name in self.files and self.files[name].new != file.new:
            number += 1
            name = f"{shown} ({number})"
        if name in self.files:
            self.files[name].hunks += file.hunks
            self.texts[name] += "\n" + text
        else:
            self.files[name], self.texts[name] = file, text
        self.size += _cost(text)

    def halves(self) -> "list[Part]":
        """The same in two parts, none if it is one line or so: files apart, a single file's lines apart."""
        files = list(self.files.values())
        if len(files) == 1:
            files = _halved(files[0])
        parts = [Part(), Part()]
        for number, file in enumerate(files):
            parts[number * 2 >= len(files)].add(file, numbered(file))
        return parts if len(files) > 1 else []


class Passed:
    """What holds no lines that could be reviewed, by kind: told at the end."""

    def __init__(self) -> None:
        self.binary: list[str] = []
        self.gone: list[str] = []


def pack(files: "Iterable[FileDiff]", passed: Passed) -> "Iterator[Part]":
    """Fill parts with files, in their order. Files without lines of a new text are noted in `passed`."""
    part = Part()
    for file in files:
        if file.binary:
            passed.binary.append(file.new or file.old)
        elif not file.new:
            if file.old not in passed.gone[-1:]:
                passed.gone.append(file.old)
        elif file.hunks:
            text = numbered(file)
            if part.files and part.size + _cost(text) > MOST_BYTES:
                yield part
                part = Part()
            part.add(file, text)
    if part.files:
        yield part


def _cost(text: str) -> int:
    return _HEAD + len(text.encode("utf-8", "replace"))


def numbered(file: "FileDiff") -> str:
    """The file's hunks, with the number of each line that the new file has."""
    head = "new file" if not file.old else f"was {clean_line(file.old, 180)}" if file.old != file.new else ""
    return "\n".join([*([head] if head else []), *(line for hunk in file.hunks for line in _lines(hunk))])


def _lines(hunk: "Hunk") -> "Iterator[str]":
    yield f"@@ {hunk.title}".rstrip()
    number = hunk.new_start
    for line in hunk.lines:
        if line.startswith("-"):
            yield f"      {line}"
        elif not line.startswith("\\"):
            yield f"{number:>5} {line}"
            number += 1


def _halved(file: "FileDiff") -> "list[FileDiff]":
    """The file in two, its lines apart; itself if there are too few of them."""
    left = sum(len(hunk.lines) for hunk in file.hunks) // 2
    if not left:
        return [file]
    first, second = file.rest(inside=False), file.rest(inside=False)
    for hunk in file.hunks:
        whole, cut = hunk.cut(max(0, left))
        first.hunks += [whole] if whole.lines else []
        second.hunks += [cut] if cut.lines else []
        left -= len(hunk.lines)
    return [first, second]


def lines_of(file: "IO[bytes]") -> "Iterator[str]":
    """The lines of a diff, each bounded, whatever the file holds."""
    while line := file.readline(MOST_OF_LINE):
        if not line.endswith(b"\n") and len(line) == MOST_OF_LINE:
            while (more := file.readline(65536)) and not more.endswith(b"\n"):
                pass
            line = _whole_letters(line) + "…".encode()
        yield line.removesuffix(b"\n").decode("utf-8", "surrogateescape")


def _whole_letters(line: bytes) -> bytes:
    """Without the beginning of a UTF-8 letter that the cut went through."""
    for back in range(1, 4):
        if line[-back] >= 0xC0:
            return line[:-back]
        if line[-back] < 0x80:
            break
    return line
