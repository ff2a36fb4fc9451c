"""One calm line on the terminal that says what is waited for; it is gone before anything else is written.

It comes by the clock: a signal interrupts the wait for the network for as long as the line takes to write. No thread
is needed, and no command that is quick ever shows it.
"""

import _signal  # type: ignore[import-not-found]  # `signal` without its enums; it has no stub
import os
import sys

from aniate import terminal
from aniate.markdown.widths import cut
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

DELAY_S = 0.4
_ERASE = b"\r\x1b[K"


class CalmLine:
    """The line, on stderr; from 400 ms on. `gone` takes it away for good, and must be called."""

    def __init__(self, text: str = "thinking") -> None:
        self._text = text
        self._due = False
        self._shown = False
        self._over = False
        self._before = _signal.signal(_signal.SIGALRM, self._come)
        _signal.setitimer(_signal.ITIMER_REAL, DELAY_S)

    def say(self, text: str) -> None:
        """What is waited for now; at once, if the line is there."""
        self._text = text
        if self._shown and not self._over:
            self._paint()

    def say_status(self, status: "Mapping[str, object]") -> None:
        """As `say`, for an event `status`."""
        self.say(told(status))

    def aside(self, write: "Callable[[], None]") -> None:
        """Let something else be written above the line."""
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        self._shown, shown = False, self._shown
        if shown:
            _put(_ERASE)
        write()
        if not self._over:
            _signal.setitimer(_signal.ITIMER_REAL, 0.001 if shown else DELAY_S)

    def gone(self) -> None:
        """Take the line away; it does not come again."""
        if self._over:
            return
        self._over = True
        _signal.setitimer(_signal.ITIMER_REAL, 0)
        _signal.signal(_signal.SIGALRM, self._before)
        if self._shown:
            _put(_ERASE)

    def _come(self, *_: object) -> None:
        if not self._over:
            self._shown = True
            self._paint()

    def _paint(self) -> None:
        # A second line could not be taken away.
        text = cut(clean_line(self._text), terminal.columns(sys.stderr) - 1)
        plain = os.environ.get("NO_COLOR")
        _put(_ERASE + (text if plain else f"\x1b[{terminal.DIM}m{text}\x1b[0m").encode("utf-8", "replace"))


def _put(data: bytes) -> None:
    """Past Python's buffer, which may be in the middle of something when the signal comes."""
    try:
        os.write(2, data)
    except OSError:
        return


def told(status: "Mapping[str, object]") -> str:
    """The sentence for an event `status`. A state that is not known here is told by its own words."""
    state = clean_line(value, 60) if isinstance(value := status.get("state"), str) else ""
    position, count = _number(status.get("position")), _number(status.get("count"))
    if state == "waiting":
        return f"waiting in line, {position - 1} before you" if position > 1 else "waiting in line, next"
    if state == "reading" and count:
        return f"reading {count} page{'' if count == 1 else 's'}"
    words = state.replace("_", " ").replace("-", " ").strip() or "thinking"
    return f"{words} ({count})" if count else words


def _number(value: object) -> int:
    return value if isinstance(value, int) and value is not True and 0 < value < 1_000_000 else 0
