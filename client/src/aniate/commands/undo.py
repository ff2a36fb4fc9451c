"""`ant undo`: take back what `ant fix` changed, byte for byte."""

from aniate import jsontext, places, terminal
from aniate.errors import AntError
from aniate.mending.applying import Undo, undoable
from aniate.mending.inside import Inside
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.mending.writing import Change
    from aniate.options import Call


class NothingToUndo(AntError):
    """Nothing was changed in this folder, or all of it was undone."""

    code = "nothing_to_undo"


def run(call: "Call") -> int:
    """Undo the last fix of this folder, or list what can be undone."""
    if call.words:
        from aniate.errors import UsageError

        raise UsageError("`ant undo` takes no words.", "It undoes the last fix of this folder.")
    if call.flag("list"):
        return _list(call)
    undos = undoable(places.here())
    if not undos:
        raise NothingToUndo("There is nothing to undo in this folder.", "`ant undo --list` shows where there is.")
    undo = undos[0]
    inside = Inside(undo.folder)
    try:
        return _undo(call, undo, inside)
    finally:
        inside.close()


def _undo(call: "Call", undo: Undo, inside: Inside) -> int:
    changes = undo.plan(inside, call.flag("force"))
    if not call.flag("json"):
        for line in _planned(undo, changes):
            terminal.say(line)
    if changes and not call.flag("yes") and not terminal.agreed("Undo this?", "--yes"):
        terminal.say("Nothing was undone.")
        return 1
    undo.do(inside, changes)
    if call.flag("json"):
        told = {"folder": clean_line(undo.folder), "restored": [clean_line(change.path) for change in changes]}
        jsontext.tell(told)
    elif changes:
        terminal.say("Undone.")
    return 0


def _planned(undo: Undo, changes: "Sequence[Change]") -> "list[str]":
    """What is going to happen, a line for each file."""
    about = f" for `{clean_line(undo.command, 60)}`" if undo.command else ""
    lines = [f"The fix of {_when(undo.made_at)}{about}{'' if undo.whole else ', which was cut off'}:"]
    lines += [f"{_verb(change)} {clean_line(change.path, 200)}" for change in changes]
    return lines if changes else [*lines, "All files are as they were before it."]


def _verb(change: "Change") -> str:
    if change.after is None:
        return "removes"
    return "restores" if change.before is not None else "brings back"


def _list(call: "Call") -> int:
    undos = undoable()
    if call.flag("json"):
        rows = [
            {
                "folder": clean_line(undo.folder),
                "made_at": int(undo.made_at),
                "command": clean_line(undo.command),
                "files": [clean_line(path) for path in undo.paths],
                "whole": undo.whole,
            }
            for undo in undos
        ]
        jsontext.tell({"undoable": rows})
        return 0
    if not undos:
        terminal.say("There is nothing to undo.")
    for undo in undos:
        names = ", ".join(clean_line(path, 60) for path in undo.paths[:5])
        more = f" and {len(undo.paths) - 5} more" if len(undo.paths) > 5 else ""
        terminal.tell(f"{_when(undo.made_at)}  {clean_line(undo.folder)}  {names}{more}")
    return 0


def _when(made_at: float) -> str:
    from time import localtime, strftime

    return strftime("%Y-%m-%d %H:%M", localtime(made_at))
