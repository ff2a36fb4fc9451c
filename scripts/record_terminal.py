"""Draw `docs/terminal.svg` from a real run: python scripts/record_terminal.py PROFILE OUTPUT.svg

The commands are run in a real pty, their bytes go through a terminal emulator, and what would stand on the
screen is drawn. Needs a server and a profile that is logged in to it; `make try` leaves both.
"""

from __future__ import annotations

import os
import sys
from html import escape
from pathlib import Path

import pexpect
import pyte

COMMANDS = (
    "ant what docs/examples/trace.txt",
    "ant ask what is the difference between git fetch and git pull",
    "ant lgoin",
)
COLUMNS, ROWS = 100, 60
CELL_WIDTH, LINE_HEIGHT, MARGIN = 8.4, 20, 22
BACKGROUND, TEXT, PROMPT = "#14171c", "#d7dae0", "#7fd3a2"
ROOT = Path(__file__).resolve().parent.parent


def screen_after(commands: tuple[str, ...], profile: str) -> list[str]:
    """The lines of the screen after all commands, each behind its prompt."""
    screen = pyte.Screen(COLUMNS, ROWS)
    stream = pyte.Stream(screen)
    for command in commands:
        stream.feed(f"$ {command}\r\n{output_of(command, profile)}\r\n")
    return [line.rstrip() for line in screen.display[: screen.cursor.y]]


def output_of(command: str, profile: str) -> str:
    """What a command writes to a terminal of our size."""
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "ANT_PROFILE": profile, "TERM": "xterm-256color"}
    shell = pexpect.spawn(
        "sh", ["-c", command], timeout=120, cwd=str(ROOT), env=env, dimensions=(ROWS, COLUMNS), encoding="utf-8"
    )
    shell.expect(pexpect.EOF)
    shell.close()
    return str(shell.before)


def svg(lines: list[str]) -> str:
    """The lines as a picture of a terminal."""
    width, height = COLUMNS * CELL_WIDTH + 2 * MARGIN, len(lines) * LINE_HEIGHT + 2 * MARGIN
    drawn = [
        f'<text x="{MARGIN}" y="{MARGIN + (number + 0.75) * LINE_HEIGHT:.0f}" '
        f'fill="{PROMPT if line.startswith("$ ") else TEXT}" xml:space="preserve">{escape(line)}</text>'
        for number, line in enumerate(lines)
        if line
    ]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{escape(" ".join(lines), quote=True)}" font-family="ui-monospace, monospace" font-size="14">'
    )
    return "\n".join([head, f'<rect width="100%" height="100%" rx="10" fill="{BACKGROUND}"/>', *drawn, "</svg>\n"])


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(svg(screen_after(COMMANDS, sys.argv[1])))
