"""A document of markdown as it comes: which block each line belongs to."""

from aniate.markdown.blocks import Code, Paragraph, room
from aniate.markdown.lines import Line, is_table, known, unquoted
from aniate.markdown.painter import Painter
from aniate.markdown.runs import BOLD, FAINT, UNDERLINE
from aniate.markdown.tables import Table
from aniate.safe_text import clean

_LONG = 1000


class Document:
    """Fed with the text of a document in whatever pieces, paints it. The result is the same for any pieces."""

    def __init__(self, painter: Painter, unicode: bool = True) -> None:
        self._painter = painter
        self._bullet = "• " if unicode else "- "
        self._bar = "│ " if unicode else "| "
        self._rule = "─" if unicode else "-"
        self._unicode = unicode
        self._line = ""
        self._inside = False
        self._block: Paragraph | Code | Table | None = None
        self._items: list[tuple[int, int]] = []
        self._quotes = 0
        self._gap = False
        self._empty = True
        self._kind = ""
        self._fence = ""
        self._fence_indent = 0
        self._row = ""
        self._patience = 0
        """How long a line must be before it is looked at again: not at each of many letters that tell nothing."""

    def feed(self, text: str) -> None:
        """The next piece."""
        first, *others = clean(text).split("\n")
        self._take(first)
        for part in others:
            self._end_line()
            self._take(part)
        if self._block:
            self._block.show()

    def close(self) -> None:
        """The end of the document."""
        if self._line or self._inside:
            self._end_line()
        if self._row:
            self._begin_text(self._row)
        self._end_block()
        self._painter.close()

    def _take(self, text: str) -> None:
        """More of the current line."""
        if not text:
            return
        if self._inside and isinstance(self._block, (Paragraph, Code)):
            self._block.add(text)
            return
        self._line += text
        if self._fence:
            self._begin_code_line()
        elif not self._row and not isinstance(self._block, Table) and len(self._line) >= self._patience:
            line = known(self._line, whole=False)
            self._patience = 2 * len(self._line) if len(self._line) > _LONG else 0
            if line:
                self._begin(line)

    def _end_line(self) -> None:
        line, self._line, self._patience = self._line, "", 0
        if self._inside:
            self._inside = False
            self._end_inside()
        elif self._fence:
            self._code_line(line)
        else:
            self._whole_line(line)

    def _end_inside(self) -> None:
        if isinstance(self._block, (Paragraph, Code)):
            self._block.end_line()
        if self._kind == "heading":
            self._end_block()
            self._gap = True

    def _whole_line(self, text: str) -> None:
        if isinstance(self._block, Table):
            if "|" in text and text.strip():
                self._block.add_row(text[unquoted(text)[1] :])
                return
            self._end_block()
            self._gap = True
        if self._row:
            head, self._row = self._row, ""
            if is_table(text[unquoted(text)[1] :]):
                self._begin_table(head, text)
                return
            self._begin_text(head)
        line = known(text, whole=True)
        if line and line.kind == "row":
            self._row = text
        elif line:
            self._line = text
            self._begin(line)
            self._line = ""
            if self._inside:
                self._inside = False
                self._end_inside()

    def _begin_text(self, text: str) -> None:
        """A line that looked like the head of a table, and is none."""
        line = known(text, whole=True)
        if line:
            self._line = text
            self._begin(Line("text", line.quotes, line.indent, line.at))
            self._line, self._inside = "", False
            self._end_inside()

    def _begin(self, line: Line) -> None:
        """The current line is known: begin its block, or go on with the one that is open."""
        text, self._line = self._line, ""
        body = text[line.at :]
        if line.kind == "blank":
            self._blank(line)
        elif self._goes_on(line):
            self._inside = True
            if isinstance(self._block, Paragraph):
                self._block.add(text[unquoted(text)[1] :].lstrip(" \t") if line.kind == "item" else body)
        elif line.indent >= 4 and line.kind in ("text", "heading") and not self._items and not line.quotes:
            self._indented_code(line, text.lstrip(" \t"))
        else:
            self._end_block()
            self._enter(line)
            _BEGIN[line.kind](self, line, body)

    def _goes_on(self, line: Line) -> bool:
        """Whether the line belongs to the paragraph that is open."""
        if not isinstance(self._block, Paragraph):
            return False
        if line.kind == "item" and line.mark[0].isdigit():
            # As in CommonMark: a number in the middle of a text begins a list only if it is 1.
            return self._kind == "text" and not self._items and line.mark[:-1] != "1"
        return line.kind in ("text", "row") and (line.quotes == self._quotes or not line.quotes)

    def _blank(self, line: Line) -> None:
        self._end_block()
        self._gap = True
        if not line.quotes:
            self._quotes = 0

    def _enter(self, line: Line) -> None:
        """Leave the lists and quotes that the line does not belong to, and the blank line that comes before it."""
        between = self._quotes if line.quotes == self._quotes else 0
        if line.quotes != self._quotes:
            self._items = []
            self._gap = self._gap or not self._empty
        if line.kind in ("heading", "rule", "fence"):
            self._gap = True
        if line.kind != "item" and not line.indent:
            self._items = []
        self._quotes = line.quotes
        if self._gap and not self._empty:
            self._painter.show([[(self._bar * between, FAINT, "")] if between else []], [])
        self._gap, self._empty = False, False
        self._kind = line.kind

    def _end_block(self) -> None:
        if self._block:
            self._block.show(ended=True)
            if isinstance(self._block, Table):
                self._gap = True
        self._block = None

    def _base(self) -> str:
        """What stands before each line here."""
        inner = min(self._items[-1][1] if self._items else 0, room(self._painter.columns) // 2)
        return self._bar * min(self._quotes, 4) + " " * inner

    def _text(self, _line: Line, body: str) -> None:
        base = self._base()
        self._block = Paragraph(self._painter, base, base)
        self._block.add(body)
        self._inside = True

    def _heading(self, line: Line, body: str) -> None:
        base = self._base()
        style = BOLD | (UNDERLINE if len(line.mark) == 1 else 0)
        self._block = Paragraph(self._painter, base, base, style, heading=True)
        self._block.add(body)
        self._inside = True

    def _item(self, line: Line, body: str) -> None:
        while self._items and line.indent < self._items[-1][0] + 2:
            self._items.pop()
        before = self._base()
        mark = self._bullet if line.mark in "-*+" else line.mark + " "
        self._items.append((line.indent, (self._items[-1][1] if self._items else 0) + len(mark)))
        self._block = Paragraph(self._painter, before + mark, self._base())
        self._block.add(body)
        self._inside = True

    def _draw_rule(self, _line: Line, _body: str) -> None:
        self._painter.show([[(self._rule * min(40, room(self._painter.columns)), FAINT, "")]], [])
        self._gap = True

    def _begin_table(self, head: str, below: str) -> None:
        self._end_block()
        line = known(head, whole=True)
        if line:
            self._gap = True
            self._enter(line)
        at = unquoted(head)[1]
        self._block = Table(self._painter, self._base(), head[at:], below[unquoted(below)[1] :], self._unicode)

    def _begin_code(self, line: Line, _body: str) -> None:
        marks = len(line.mark) - len(line.mark.lstrip(line.mark[0]))
        self._fence, language = line.mark[:marks], line.mark[marks:].strip()
        self._fence_indent = line.indent
        name = language.split()[0].strip("{}.") if language.split() else ""
        self._block = Code(self._painter, self._base() if line.indent or line.quotes else "", name)

    def _indented_code(self, line: Line, code: str) -> None:
        """A line of code that only its indent tells."""
        self._end_block()
        self._enter(Line("code", 0, line.indent, 0))
        self._block = Code(self._painter, "", "")
        self._block.add(" " * (line.indent - 4) + code)
        self._inside = True

    def _begin_code_line(self) -> None:
        """Code is shown as it comes, as soon as its line can't be the end of the block."""
        text = self._line.lstrip(" ")
        if self._quotes or not text or not text.strip(self._fence[0] + " "):
            return
        self._inside = True
        line, self._line = self._line, ""
        if isinstance(self._block, Code):
            self._block.add(self._unindented(line))

    def _code_line(self, line: str) -> None:
        if self._quotes:
            quotes, at = unquoted(line, self._quotes)
            if not quotes:
                self._end_code()
                self._whole_line(line)
                return
            line = line[at:]
        marks = line.strip()
        if len(marks) >= len(self._fence) and not marks.strip(self._fence[0]):
            self._end_code()
        elif isinstance(self._block, Code):
            self._block.add(self._unindented(line))
            self._block.end_line()

    def _end_code(self) -> None:
        self._end_block()
        self._fence = ""
        self._gap = True

    def _unindented(self, line: str) -> str:
        """A line of code without the indent of its fence."""
        indent = min(self._fence_indent, len(line) - len(line.lstrip(" ")))
        return line[indent:]


_BEGIN = {
    "text": Document._text,
    "row": Document._text,
    "heading": Document._heading,
    "item": Document._item,
    "rule": Document._draw_rule,
    "fence": Document._begin_code,
}
