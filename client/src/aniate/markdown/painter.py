"""What is on the screen: settled lines, which are never touched again, and the open tail below them."""

from aniate.markdown.runs import Run
from aniate.markdown.widths import width

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_ESC = "\x1b"
_PLAIN = f"{_ESC}[0m"


class _Painted:
    """A line as it stands on the screen, without what ends its style."""

    __slots__ = ("address", "cells", "style", "text")

    def __init__(self, text: str, cells: int, style: str, address: str) -> None:
        self.text = text
        self.cells = cells
        self.style = style
        self.address = address


class Painter:
    """Writes lines. `columns` and `rows` are the screen's; `codes` those of the palette."""

    def __init__(
        self, write: "Callable[[str], object]", columns: int, rows: int, codes: dict[int, str], links: bool = True
    ) -> None:
        self._write = write
        self.columns = columns
        self.rows = rows
        self.links = links
        self._codes = codes
        self._styles: dict[int, str] = {}
        self._tail: list[_Painted] = []
        self._middle = False

    def show(self, settled: list[list[Run]], tail: list[list[Run]]) -> None:
        """Settle lines, and show an open tail below them, in place of the last one. Only what differs is written."""
        new = [self._painted(line) for line in settled]
        new += self._lowest([self._painted(line) for line in tail])
        old, out = self._tail, ""
        same = 0
        while same < min(len(old), len(new)) and old[same].text == new[same].text:
            same += 1
        repaint = same < len(old)
        if not repaint:
            out = "\n" if old and same < len(new) else ""
        elif same == len(old) - 1 and same < len(new) and new[same].text.startswith(old[same].text):
            out = self._grown(old[same], new[same])  # nearly always: the last line grew
            same += 1
            out += "\n" if same < len(new) else ""
            repaint = False
        else:
            same = min(same, max(0, len(new) - 1))
            # Line by line: some terminals move a screen that is cleared as a whole into the scrollback.
            rows = sum(map(self._height, old[same:]))
            out = f"\r{_ESC}[K" + f"{_ESC}[A{_ESC}[K" * (rows - 1)
        out += "\n".join(line.text + self._rest(line) for line in new[same:])
        self._tail = new[len(settled) :]
        if settled and not tail:
            out += "\n"
        if repaint and "\n" in out:
            out = f"{_ESC}[?2026h{out}{_ESC}[?2026l"
        if out:
            self._write(out)

    def append(self, runs: list[Run]) -> None:
        """More of a line that is settled as it comes, however long it gets."""
        if runs:
            self._middle = True
            line = self._painted(runs)
            self._write(line.text + self._rest(line))

    def end_line(self) -> None:
        """The end of such a line."""
        self._middle = False
        self._write("\n")

    def close(self) -> None:
        """Leave the cursor at the beginning of a line."""
        if self._middle:
            self.end_line()

    def _grown(self, old: _Painted, new: _Painted) -> str:
        more = new.text[len(old.text) :]
        return old.style + self._link(old.address, plain="") + more + self._rest(new) if more else ""

    def _painted(self, line: list[Run]) -> _Painted:
        out, cells, style, address = [], 0, "", ""
        for text, kind, new_address in line:
            if new_address != address:
                out.append(self._link(new_address))
                address = new_address
            new_style = self._sgr(kind)
            if new_style != style:
                out.append(new_style or _PLAIN)
                style = new_style
            out.append(text)
            cells += width(text)
        return _Painted("".join(out), cells, style, address)

    def _sgr(self, kind: int) -> str:
        """What turns any style into this one; nothing for plain text."""
        if kind not in self._styles:
            parts = [code for bit, code in self._codes.items() if kind & bit and code]
            self._styles[kind] = f"{_ESC}[0;{';'.join(parts)}m" if parts else ""
        return self._styles[kind]

    def _link(self, address: str, plain: str = f"{_ESC}]8;;{_ESC}\\") -> str:
        if not self.links:
            return ""
        return f"{_ESC}]8;;{address}{_ESC}\\" if address else plain

    def _rest(self, line: _Painted) -> str:
        """What ends the style of a line, so that whatever is written next by anybody is plain."""
        return (_PLAIN if line.style else "") + (self._link("") if line.address else "")

    def _height(self, line: _Painted) -> int:
        return max(1, -(-line.cells // self.columns))

    def _lowest(self, tail: list[_Painted]) -> list[_Painted]:
        """As much of the end of the tail as the screen can hold, since what has left it can't be repainted."""
        left = self.rows - 1
        for at in range(len(tail) - 1, -1, -1):
            left -= self._height(tail[at])
            if left < 0:
                return tail[at + 1 :]
        return tail
