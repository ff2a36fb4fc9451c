"""A bar on stderr, for work of many steps. Where nobody looks on, nothing is written."""

import os
import sys

from aniate import terminal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Progress:
    """`total` steps of `label`; with one step or none there is no bar. Closing it takes the bar away."""

    def __init__(self, total: int, label: str) -> None:
        self._total = total
        self._label = label
        self._done = 0
        self._seen = total > 1 and terminal.is_terminal(sys.stderr) and os.environ.get("TERM", "dumb") != "dumb"
        self._draw()

    def step(self) -> None:
        """One more is done."""
        self._done = min(self._total, self._done + 1)
        self._draw()

    def close(self) -> None:
        """Take the bar away."""
        if self._seen:
            self._seen = False
            self._write("\r\x1b[K")

    def __enter__(self) -> "Progress":
        return self

    def __exit__(
        self, kind: "type[BaseException] | None", error: "BaseException | None", trace: "TracebackType | None"
    ) -> None:
        self.close()

    def _draw(self) -> None:
        if not self._seen:
            return
        columns = terminal.columns(sys.stderr)
        count = f"{self._done}/{self._total}"
        room = min(30, columns - len(self._label) - len(count) - 3)
        if room < 4:  # as much as fits, the count first
            line = f"{count} {self._label}"[: columns - 1]
        else:
            from aniate.markdown.palette import has_unicode

            full, empty = ("━", "╌") if has_unicode(sys.stderr.encoding or "") else ("#", "-")
            filled = room * self._done // self._total
            line = f"{self._label} {full * filled}{empty * (room - filled)} {count}"
        self._write(f"\r{line}\x1b[K")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
