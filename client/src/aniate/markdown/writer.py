"""An answer on a terminal: markdown, painted as it comes."""

import os

from aniate.markdown import palette
from aniate.markdown.document import Document
from aniate.markdown.painter import Painter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO


class MarkdownWriter:
    """Does on a terminal what `terminal.AnswerWriter` does elsewhere."""

    def __init__(self, stream: "TextIO", theme: str = "auto") -> None:
        self._stream = stream
        columns, rows = _size(stream)
        self._painter = Painter(stream.write, columns, rows, palette.codes(theme), palette.has_links())
        self._document = Document(self._painter, palette.has_unicode(stream.encoding))

    def write(self, text: str) -> None:
        """The next piece of the answer."""
        self._heed_size()
        self._document.feed(text)
        self._stream.flush()

    def close(self) -> None:
        """The end of the answer, whole or not."""
        self._heed_size()
        self._document.close()
        self._stream.flush()

    def _heed_size(self) -> None:
        """The window may have another size than before. To ask costs less than to be told by a signal."""
        self._painter.columns, self._painter.rows = _size(self._stream)


def _size(stream: "TextIO") -> "tuple[int, int]":
    try:
        columns, rows = os.get_terminal_size(stream.fileno())
    except (OSError, ValueError):
        return 80, 24
    return max(8, columns or 80), max(3, rows or 24)
