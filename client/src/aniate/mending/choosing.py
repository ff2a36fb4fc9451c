"""What of a proposed change the user wants: all of it, some hunks, another text, or nothing."""

import sys

from aniate import dialogue, terminal
from aniate.errors import ChangeRefused
from aniate.mending.proposal import Proposal, changes_of, diff_of, propose
from aniate.mending.showing import show

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from aniate.mending.inside import Inside, State
    from aniate.mending.proposal import FileChange
    from aniate.mending.writing import Change


def choose(proposal: Proposal, question: str, inside: "Inside", seen: "Mapping[str, State]") -> "Sequence[Change]":
    """The changes that the user agrees to; none if there are none."""
    while True:
        show(proposal.diff, sys.stderr)
        keys = {"y": "yes", "e": "each hunk", "d": "edit", "n": "no"}
        if proposal.parts == 1:
            del keys["e"]
        key = dialogue.choose(question, keys, "n")
        if key == "y":
            return proposal.changes
        if key == "n":
            return []
        if key == "e":
            return _each(proposal)
        proposal = _edited(proposal, inside, seen)


def _each(proposal: Proposal) -> "list[Change]":
    """The user's choice, hunk by hunk."""
    chosen: list[tuple[FileChange, list[int]]] = []
    rest = ""
    for file in proposal.files:
        numbers: list[int] = []
        chosen.append((file, numbers))
        for number in range(file.parts):
            if not rest:
                show(diff_of(changes_of([(file, [number])])), sys.stderr)
                keys = {"y": "yes", "n": "no", "a": "all the rest", "q": "quit"}
                key = dialogue.choose("This one?", keys, "n")
                rest = key if key in "aq" else ""
            if key in "ya":
                numbers.append(number)
    return changes_of(chosen)


def _edited(proposal: Proposal, inside: "Inside", seen: "Mapping[str, State]") -> Proposal:
    """The proposal as the user writes it; as it was if that can't be made."""
    from aniate.mending.journal import folder

    text = dialogue.edited(proposal.diff.encode("utf-8", "replace").decode("utf-8"), ".diff", folder())
    try:
        changed = propose(text, inside, seen)
    except ChangeRefused as error:
        terminal.say(error.message, terminal.RED)
        return proposal
    if not changed.changes:
        terminal.say("That changes nothing, so it is the proposal again.")
        return proposal
    return changed
