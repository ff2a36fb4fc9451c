"""What markdown looks like on a screen."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyte

from aniate.markdown import palette
from aniate.markdown.document import Document
from aniate.markdown.painter import Painter

CODES = palette.codes("dark", {"TERM": "xterm-256color"})


def sent(pieces: Sequence[str], columns: int = 80, rows: int = 24, unicode: bool = True) -> str:
    """What a terminal is sent for an answer in these pieces."""
    out: list[str] = []
    document = Document(Painter(out.append, columns, rows, CODES), unicode)
    for piece in pieces:
        document.feed(piece)
    document.close()
    return "".join(out)


def cells(data: str, columns: int = 80, rows: int = 24) -> list[list[tuple[object, ...]]]:
    """All that stands on the screen and in its scrollback, with its colours."""
    screen = pyte.HistoryScreen(columns, rows, history=100_000)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[\?2026[hl]", "", data))
    lines = [*screen.history.top, *(screen.buffer[row] for row in range(rows))]
    shown = [[tuple(line[at]) for at in range(columns)] for line in lines]
    while shown and all(cell[0] == " " for cell in shown[-1]):
        shown.pop()
    return shown


def shown(*pieces: str, columns: int = 80, unicode: bool = True) -> str:
    """The letters on the screen."""
    lines = cells(sent(pieces, columns, unicode=unicode), columns)
    return "\n".join("".join(str(cell[0]) for cell in line).rstrip() for line in lines)
