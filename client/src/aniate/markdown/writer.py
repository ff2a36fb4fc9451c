"""An answer on a terminal: markdown, painted as it comes."""

import os
import time

from aniate.markdown import palette
from aniate.markdown.document import Document
from aniate.markdown.painter import Painter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_STILL_S = 0.3
_LOOK_S = 0.005
"""How long a window must have kept its size, and how often that is looked at. tmux breaks its lines anew at once and
tells the size up to 250 ms later; one that did not last, for 10 ms."""
_JOINER = "\u200d"


class MarkdownWriter:
    """Does on a terminal what `terminal.AnswerWriter` does elsewhere."""

    def __init__(self, stream: "TextIO", theme: str = "auto") -> None:
        self._stream = stream
        columns, rows = _size(stream)
        self._painter = Painter(stream.write, columns, rows, palette.codes(theme), palette.has_links())
        self._document = Document(self._painter, palette.has_unicode(stream.encoding))
        self._held = ""

    def write(self, text: str) -> None:
        """The next piece of the answer. An emoji that goes on is written with what follows, or it falls apart."""
        self._heed_size()
        text = self._held + text
        self._held = _JOINER if text.endswith(_JOINER) else ""
        self._document.feed(text.removesuffix(_JOINER))
        self._stream.flush()

    def close(self) -> None:
        """The end of the answer, whole or not."""
        self._heed_size()
        self._document.feed(self._held)
        self._document.close()
        self._stream.flush()

    def _heed_size(self) -> None:
        """The window may have another size than before; once it moves no more, it is known where its lines stand.

        To ask for the size costs less than to be told by a signal.
        """
        looks = 0
        while looks or _size(self._stream) != (self._painter.columns, self._painter.rows):
            size = _size(self._stream)
            looks = looks - 1 if size == (self._painter.columns, self._painter.rows) else int(_STILL_S / _LOOK_S)
            self._painter.columns, self._painter.rows = size
            time.sleep(_LOOK_S)


def _size(stream: "TextIO") -> "tuple[int, int]":
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return max(8, columns or 80), max(3, rows or 24)
