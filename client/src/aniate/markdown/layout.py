"""Runs broken into the lines of a screen."""

import re

from aniate.markdown.runs import Run
from aniate.markdown.widths import letter_width, width

_CLOSING = "\u3001\u3002\uff0c\uff0e\uff01\uff1f\uff1a\uff1b\uff09\u300d\u300f\u3011\u3099\u309a\ufe00-\ufe0f"
_HAN = "\u2e80-\u2fff\u3003-\ua4cf\uf900-\ufaff\uff01-\uff60\U00020000-\U0003fffd"
"""Scripts without spaces: a line may end behind each letter."""
_WORD = re.compile(f"\n| +|[{_HAN}][{_CLOSING}]*|[^ \n{_HAN}]+")
_MOST = 1000
"""Letters of one word on a line, since some take no room."""
_ASCII_WORD = re.compile("\n| +|[^ \n]+")


class Layout:
    """Lines, greedily filled. A word that is longer than a line is cut by cells.

    `ends` says of each line with which letter it ends, counted over all runs. `breaks` are ends of lines that
    stand on the screen already, at another width: they stay, the last of them to the end of its word.
    """

    def __init__(
        self, runs: list[Run], columns: int, first: Run, rest: Run, breaks: "tuple[int, ...] | list[int]" = ()
    ) -> None:
        self.lines: list[list[Run]] = []
        self.ends: list[int] = []
        self._columns = columns
        self._rest = rest
        self._breaks = breaks
        self._fixed = breaks[-1] if breaks else 0
        self._at = 0
        self._begin(first)
        for word, cells in _words(runs):
            self._place(word, cells)
        self._end()

    def _begin(self, prefix: Run) -> None:
        self._line = [prefix] if prefix[0] else []
        self._column = width(prefix[0])
        self._empty = True
        self._space: Run | None = None

    def _end(self) -> None:
        self.lines.append(self._line)
        self.ends.append(self._at)

    def _next(self) -> None:
        self._end()
        self._begin(self._rest)

    def _place(self, word: list[Run], cells: int) -> None:
        text = word[0][0]
        if text[0] == "\n":
            self._at += 1
            self._next()
        elif text[0] == " ":
            self._at += len(text)
            self._space = None if self._empty else word[0]
        else:
            self._place_word(word, cells)

    def _place_word(self, word: list[Run], cells: int) -> None:
        stands = self._at < self._fixed
        gap = 1 if self._space else 0
        if not self._empty and (
            self._at in self._breaks[:-1] if stands else self._column + gap + cells > self._columns
        ):
            self._next()
        if self._space:
            self._line.append((" ", *self._space[1:]))
            self._column += 1
        self._space = None
        letters = sum(len(text) for text, _, _ in word)
        if self._column + cells <= self._columns and letters <= _MOST:
            self._line += word
            self._column += cells
            self._at += letters
        else:
            for run in word:
                self._cut(run, stands)
        self._empty = False

    def _cut(self, run: Run, stands: bool) -> None:
        text, start = run[0], 0
        for at, letter in enumerate(text):
            cells = letter_width(letter)
            full = self._at in self._breaks[:-1] if stands else self._column + cells > self._columns
            if at - start >= _MOST or (cells and full and self._column > width(self._rest[0])):
                self._put(run, start, at)
                start = at
                self._next()
            self._column += cells
            self._at += 1
        self._put(run, start, len(text))

    def _put(self, run: Run, start: int, end: int) -> None:
        if start < end:
            self._line.append((run[0][start:end], run[1], run[2]))


def _words(runs: list[Run]) -> "list[tuple[list[Run], int]]":
    """Words, spaces and breaks, each with its cells. A word may be of several runs."""
    words: list[tuple[list[Run], int]] = []
    open_word = False
    for text, style, address in runs:
        pattern = _ASCII_WORD if text.isascii() else _WORD
        for piece in pattern.findall(text):
            run = (piece, style, address)
            apart = piece[0] in " \n" or (pattern is _WORD and len(piece) < 9 and letter_width(piece[0]) == 2)
            if open_word and not apart:
                word, cells = words[-1]
                word.append(run)
                words[-1] = (word, cells + width(piece))
            else:
                words.append(([run], width(piece)))
            open_word = not apart
    return words
