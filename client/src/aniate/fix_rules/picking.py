"""One of several commands, chosen at the terminal by its number or the arrows, and what to do with it."""

import os
import sys

from aniate import terminal
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.fix_rules.rule import Proposal

_UP, _DOWN = (b"\x1b[A", b"\x1bOA", b"k"), (b"\x1b[B", b"\x1bOB", b"j")
_WORDS = {"r": "run", "e": "edit", "c": "cancel"}


def pick(proposals: "Sequence[Proposal]") -> "tuple[Proposal, str]":
    """The proposal that is chosen, and `r`, `e` or `c` for run, edit, cancel. Enter, Escape and all else cancel.

    A key that was pressed before the question stands there is no answer.
    """
    import tty

    from aniate import modes

    _show(proposals)
    with modes.kept():
        tty.setcbreak(0)
        return _chosen(proposals)


def _chosen(proposals: "Sequence[Proposal]") -> "tuple[Proposal, str]":
    at = 0
    while True:
        _ask(at, len(proposals))
        key = os.read(0, 32)  # a key that sends a sequence sends it at once
        if key in _UP or key in _DOWN:
            at = (at + (1 if key in _DOWN else -1)) % len(proposals)
        elif key.isdigit() and 0 < int(key) <= len(proposals):
            at = int(key) - 1
        else:
            word = key.decode("ascii", "replace").lower()
            word = word if word in _WORDS else "c"
            sys.stderr.write(f"{_WORDS[word]}\n")
            sys.stderr.flush()
            return proposals[at], word


def _show(proposals: "Sequence[Proposal]") -> None:
    for number, proposal in enumerate(proposals, 1):
        mark = f"{number}  " if len(proposals) > 1 else ""
        sys.stderr.write(mark + terminal.paint(clean(proposal.command), "1", sys.stderr) + "\n")
        terminal.say(clean_line(proposal.why), terminal.DIM)


def _ask(at: int, count: int) -> None:
    """The question, on the line that the cursor is in."""
    chosen = f"{at + 1} of {count}: " if count > 1 else ""
    sys.stderr.write(f"\r\x1b[K{chosen}[r]un  [e]dit  [c]ancel ")
    sys.stderr.flush()
