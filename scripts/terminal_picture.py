"""What stands on a terminal's screen, as an SVG that needs no font of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

import pyte
from pyte.screens import Char

CELL, LINE, MARGIN, SIZE = 8.4, 20, 18, 14
_NOT_DRAWN = re.compile(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[\?2026[hl]")
"""Links and the marks of a frame, which the emulator does not know."""
PAGES = {"dark": ("#14171c", "#d7dae0"), "light": ("#ffffff", "#24292f")}
"""Background and text."""
COLOURS = {
    "dark": {
        "black": "#3b4048", "red": "#ff7b72", "green": "#7fd3a2", "brown": "#e3c078", "blue": "#79b8ff",
        "magenta": "#d2a8ff", "cyan": "#7ad0dc", "white": "#d7dae0", "brightblack": "#8b949e",
    },
    "light": {
        "black": "#24292f", "red": "#c0262d", "green": "#1a7f4b", "brown": "#8a5a00", "blue": "#0858c0",
        "magenta": "#7d3cc9", "cyan": "#0f7180", "white": "#57606a", "brightblack": "#6e7781",
    },
}  # fmt: skip
"""The names that the emulator has for a terminal's colours, as they look; a bright one looks as the other."""


def on_screen(data: str, columns: int, rows: int) -> list[list[Char]]:
    """The lines that stand there after `data`, without the empty ones at the end."""
    screen = pyte.Screen(columns, rows)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(_NOT_DRAWN.sub("", data))
    lines = [[screen.buffer[row][column] for column in range(columns)] for row in range(rows)]
    while lines and all(cell.data == " " and cell.bg == "default" for cell in lines[-1]):
        lines.pop()
    return lines


def svg(lines: list[list[Char]], title: str, theme: str) -> str:
    """The lines as a picture of a terminal, light or dark."""
    page, text = PAGES[theme]
    width, height = len(lines[0]) * CELL + 2 * MARGIN, len(lines) * LINE + 2 * MARGIN
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" role="img" font-size="{SIZE}" fill="{text}" '
        'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, DejaVu Sans Mono, monospace">'
        f"<title>{escape(title)}</title>"
    )
    box = f'<rect x=".5" y=".5" width="{width - 1:.0f}" height="{height - 1:.0f}" rx="9" fill="{page}" '
    drawn = [part for row, line in enumerate(lines) for part in line_of(line, row, theme)]
    return "\n".join([head, f'{box}stroke="#8b949e66"/>', *drawn, "</svg>\n"])


def line_of(line: list[Char], row: int, theme: str) -> Iterator[str]:
    """One line: a piece for each stretch of one look, held to its columns whatever the font is."""
    column = 0
    for look, cells in groupby(line, key=lambda cell: cell._replace(data="")):
        run = list(cells)
        text, x, y = "".join(cell.data for cell in run), MARGIN + column * CELL, MARGIN + row * LINE
        column += len(run)
        front, back = colour(look.fg, theme), colour(look.bg, theme)
        if look.reverse:
            front, back = back or PAGES[theme][0], front or PAGES[theme][1]
        if back:
            yield f'<rect x="{x:.1f}" y="{y}" width="{len(run) * CELL:.1f}" height="{LINE}" fill="{back}"/>'
        left = len(text) - len(text.lstrip())
        if shown := text.strip():
            fill = f' fill="{front}"' if front else ""
            yield (
                f'<text x="{x + left * CELL:.1f}" y="{y + 14.5}" textLength="{len(shown) * CELL:.1f}" '
                f'xml:space="preserve"{fill}{style(look)}>{escape(shown)}</text>'
            )


def style(look: Char) -> str:
    """Bold, italic, underlined."""
    return "".join((
        ' font-weight="bold"' if look.bold else "",
        ' font-style="italic"' if look.italics else "",
        ' text-decoration="underline"' if look.underscore else "",
    ))  # fmt: skip


def colour(name: str, theme: str) -> str:
    """How a colour of the emulator looks; nothing for the terminal's own."""
    if name == "default":
        return ""
    if re.fullmatch("[0-9a-f]{6}", name):
        return f"#{name}"
    return COLOURS[theme].get(name) or COLOURS[theme][name.removeprefix("bright")]
