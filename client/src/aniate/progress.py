"""Long work on the terminal: a bar that says how far it is, and is gone when the work is done."""

import sys

from aniate import terminal
from aniate.markdown.widths import cut
from aniate.safe_text import clean_line


class Progress:
    """`with Progress("Reviewing", 12) as bar:` and `bar.step("app.py")` for each part. Nothing off a terminal."""

    def __init__(self, label: str, total: int) -> None:
        self._label = clean_line(label, 40)
        self._total = max(1, total)
        self._done = 0
        self._on = terminal.can_paint(sys.stderr)

    def __enter__(self) -> "Progress":
        self._paint("")
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def step(self, what: str = "") -> None:
        """One part more is done; `what` is the next."""
        self._done = min(self._total, self._done + 1)
        self._paint(what)

    def clear(self) -> None:
        """Take the bar away, for a line of other output; the next step brings it back."""
        if self._on:
            self._put("\r\x1b[K")

    def _paint(self, what: str) -> None:
        if not self._on:
            return
        columns = terminal.columns(sys.stderr) - 1
        count = f"{self._done} of {self._total}"
        cells = min(24, max(0, columns - len(self._label) - len(count) - 2))
        bar = self._bar(cells) if cells >= 4 else ""
        line = " ".join(part for part in (self._label, bar, count, clean_line(what, 200)) if part)
        self._put("\r\x1b[K" + terminal.paint(cut(line, columns), terminal.DIM, sys.stderr))

    def _bar(self, cells: int) -> str:
        full = cells * self._done // self._total
        on, off = ("━", "─") if _has_unicode() else ("#", "-")
        return on * full + off * (cells - full)

    def _put(self, text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _has_unicode() -> bool:
    from aniate.markdown.palette import has_unicode

    return has_unicode(sys.stderr.encoding or "")
