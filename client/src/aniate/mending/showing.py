"""A diff as the user sees it: made safe, and in colour."""

import sys

from aniate import terminal
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

_BOLD, _RED, _GREEN, _CYAN = "1", "31", "32", "36"


def show(diff: str, stream: "TextIO") -> None:
    """Write the diff to a terminal, without the letters that would drive it or that can't be seen."""
    for line in diff.split("\n")[:-1]:
        colour = _colour(line)
        stream.write((terminal.paint(clean(line), colour, stream) if colour else clean(line)) + "\n")
    stream.flush()


def pass_on(diff: str) -> None:
    """Write the diff to stdout for the next program, byte for byte as it has to be."""
    if terminal.is_terminal(sys.stdout):
        show(diff, sys.stdout)
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(diff.encode("utf-8", "surrogateescape"))
    sys.stdout.flush()


def _colour(line: str) -> str:
    if line.startswith(("diff --git ", "--- ", "+++ ", "new file ", "deleted file ")):
        return _BOLD
    return {"@": _CYAN, "-": _RED, "+": _GREEN}.get(line[:1], "")
