"""The blocks that a document is made of, each of which shows what it has so far."""

from aniate.markdown import inline
from aniate.markdown.code_colours import Highlighter
from aniate.markdown.layout import Layout
from aniate.markdown.painter import Painter
from aniate.markdown.runs import FAINT, Run, joined, without


def room(columns: int) -> int:
    """How long a line may be. One cell stays free: what stands in the last one, terminals differ on."""
    return max(8, columns - 1)


class Paragraph:
    """Text that is wrapped: also an item, a quote, a heading."""

    def __init__(self, painter: Painter, first: str, rest: str, style: int = 0, heading: bool = False) -> None:
        self._painter = painter
        self._first: Run = (first, FAINT, "")
        self._rest: Run = (rest, FAINT, "")
        self._style = style
        self._heading = heading
        self._source = ""
        self._before = ""
        self._ready: list[Run] = []
        self._breaks: list[int] = []
        self._painted: list[int] = []
        self._columns = painter.columns
        self._patience = 0
        """How much must be there before it is read again: of what stays open for long, not each letter is shown."""

    def add(self, text: str) -> None:
        """More of the current line."""
        self._source += text.replace("\t", " ")

    def end_line(self) -> None:
        """The line ends, and another may follow."""
        self._source += "\n"

    def show(self, ended: bool = False) -> None:
        """Settle the lines that can't change, show the rest."""
        if len(self._source) < self._patience and not ended:
            return
        pending = self._read(ended)
        self._heed_width()
        if ended:
            lines = self._laid(self._ready + pending).lines
            self._painter.show(lines, [])
            return
        settled = self._laid(self._ready)
        lines, count = settled.lines[:-1], 0
        if lines:
            count = settled.ends[-2]
            self._ready = without(self._ready, count)
            self._first = self._rest
            self._breaks = [end - count for end in self._breaks if end > count]
        tail = self._laid(self._ready + pending) if lines or pending else settled
        self._painted = tail.ends
        self._painter.show(lines, tail.lines)

    def _read(self, ended: bool) -> list[Run]:
        """Take in what has come; what of it may still change."""
        source, held = self._source, ""
        if ended:
            source = source.rstrip()
        if self._heading:
            source, held = _without_closing_marks(source, not self._before)
            held = "" if ended else held
        runs, taken, pending = inline.parse(source, ended, self._before, self._style)
        self._before = (self._before + source[:taken])[-1:]
        self._source = source[taken:] + held
        self._patience = 2 * len(self._source) if len(self._source) > 2 * inline.SPAN else 0
        joined(self._ready, runs)
        return pending

    def _laid(self, runs: list[Run]) -> Layout:
        return Layout(runs, room(self._columns), self._first, self._rest, self._breaks)

    def _heed_width(self) -> None:
        """After the screen's width changed, what stands there stays as it is, to the end of its last word."""
        if self._columns != self._painter.columns:
            self._columns = self._painter.columns
            self._breaks = list(self._painted)


def _without_closing_marks(source: str, at_beginning: bool) -> "tuple[str, str]":
    """`source` without the marks that a heading may end in, and those."""
    text = source.rstrip(" \t#")
    spaces = source[len(text) :]
    marks = len(spaces) - len(spaces.lstrip("#"))
    if marks and not (at_beginning and not text):  # as in C#: they belong to the word
        text += spaces[:marks]
    return text, source[len(text) :]


class Code:
    """Code: its lines are never broken, and settled as they come."""

    def __init__(self, painter: Painter, prefix: str, language: str) -> None:
        self._painter = painter
        self._prefix = prefix
        self._colours = Highlighter(language)
        self._begun = False

    def add(self, text: str) -> None:
        """More of the current line."""
        self._begin()
        self._painter.append(self._colours.feed(text))

    def end_line(self) -> None:
        """The line ends."""
        self._begin()
        self._painter.append(self._colours.end_line())
        self._painter.end_line()
        self._begun = False

    def show(self, ended: bool = False) -> None:
        """All is shown already, but for a word that may go on."""
        if ended and self._begun:
            self.end_line()

    def _begin(self) -> None:
        if not self._begun and self._prefix:
            self._painter.append([(self._prefix, FAINT, "")])
        self._begun = True
