"""Tables: shown row by row, settled at their end, when their widths are known."""

import re

from aniate.markdown import inline
from aniate.markdown.blocks import room
from aniate.markdown.layout import Layout
from aniate.markdown.painter import Painter
from aniate.markdown.runs import BOLD, FAINT, Run
from aniate.markdown.widths import width

_LEAST = 5
"""Cells that a column should have; a screen with less room shows each row as a list."""
_MOST_SHOWN = 8
"""Rows below the head that are painted anew with each further one."""
_BAR = re.compile(r"(?<!\\)\|")


class Table:
    """A table, from its head on."""

    def __init__(self, painter: Painter, prefix: str, head: str, below: str, unicode: bool) -> None:
        self._painter = painter
        self._prefix = prefix
        self._between = " │ " if unicode else " | "
        self._line = ("─", "─┼─") if unicode else ("-", "-+-")
        self._sides = [_side(cell) for cell in _cells(below)]
        self._columns = len(_cells(head))
        self._rows: list[list[list[Run]]] = []
        self._natural = [1] * self._columns
        self._fresh = True
        self._row(head, BOLD)

    def add_row(self, line: str) -> None:
        """One more row."""
        self._row(line, 0)

    def _row(self, line: str, style: int) -> None:
        cells = (_cells(line) + [""] * self._columns)[: self._columns]
        row = [inline.parse(cell, True, "", style)[0] for cell in cells]
        self._natural = [max(most, _cells_of(runs)) for most, runs in zip(self._natural, row, strict=True)]
        self._rows.append(row)
        self._fresh = True

    def show(self, ended: bool = False) -> None:
        """Show the head and the last rows; all of them at the end."""
        if ended:
            self._painter.show(self._lines(self._rows), [])
        elif self._fresh:
            head, *rows = self._rows
            self._painter.show([], self._lines([head, *rows[-_MOST_SHOWN:]]))
        self._fresh = False

    def _lines(self, rows: list[list[list[Run]]]) -> list[list[Run]]:
        space = room(self._painter.columns) - width(self._prefix) - 3 * (self._columns - 1)
        if space < _LEAST * self._columns and sum(self._natural) > space:
            return self._as_list(rows)
        widths = fitted(self._natural, space)
        lines = [line for row in rows[:1] for line in self._laid(row, widths)]
        lines.append([(self._prefix + self._line[1].join(self._line[0] * each for each in widths), FAINT, "")])
        return lines + [line for row in rows[1:] for line in self._laid(row, widths)]

    def _laid(self, row: list[list[Run]], widths: list[int]) -> list[list[Run]]:
        """The lines of one row."""
        empty: Run = ("", 0, "")
        columns = [Layout(runs, most, empty, empty).lines for runs, most in zip(row, widths, strict=True)]
        lines = []
        for at in range(max(map(len, columns))):
            line: list[Run] = [(self._prefix, FAINT, "")] if self._prefix else []
            for number, column in enumerate(columns):
                runs = column[at] if at < len(column) else []
                line += self._cell(runs, widths[number], number)
            lines.append(line)
        return lines

    def _cell(self, runs: list[Run], most: int, number: int) -> list[Run]:
        spare = max(0, most - _cells_of(runs))
        side = self._sides[number] if number < len(self._sides) else "left"
        left = {"right": spare, "middle": spare // 2}.get(side, 0)
        cell: list[Run] = [(" " * left, 0, ""), *runs] if left else list(runs)
        if number < self._columns - 1:
            cell += [(" " * (spare - left), 0, ""), (self._between, FAINT, "")]
        return cell

    def _as_list(self, rows: list[list[list[Run]]]) -> list[list[Run]]:
        """Each cell on lines of its own, behind the head of its column."""
        lines: list[list[Run]] = []
        for row in rows[1:] or [[[] for _ in rows[0]]]:
            if lines:
                lines.append([])
            for head, cell in zip(rows[0], row, strict=True):
                runs: list[Run] = [*head, (": ", BOLD, ""), *cell]
                lines += Layout(
                    runs, room(self._painter.columns), (self._prefix, FAINT, ""), (self._prefix + "  ", FAINT, "")
                ).lines
        return lines


def fitted(natural: list[int], space: int) -> list[int]:
    """Widths that fit: the widest columns give way first."""
    widths = list(natural)
    over = sum(widths) - space
    while over > 0 and max(widths) > _LEAST:
        widest = max(widths)
        next_widest = max([each for each in widths if each < widest], default=_LEAST)
        step = max(1, min(widest - max(next_widest, _LEAST), over // max(1, widths.count(widest))))
        widths[widths.index(widest)] -= min(step, over)
        over = sum(widths) - space
    return widths


def _cells(line: str) -> list[str]:
    text = line.strip().replace("\t", " ")
    text = text[1:] if text.startswith("|") else text
    if text.endswith("|") and not text.endswith("\\|"):
        text = text[:-1]
    return [cell.strip().replace("\\|", "|") for cell in _BAR.split(text)]


def _side(cell: str) -> str:
    if cell.endswith(":"):
        return "middle" if cell.startswith(":") else "right"
    return "left"


def _cells_of(runs: list[Run]) -> int:
    return sum(width(text) for text, _, _ in runs)
