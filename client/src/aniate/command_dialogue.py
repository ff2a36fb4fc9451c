"""What becomes of a proposed command, by single keys: run, edit, explain, revise, copy; cancel by default."""

import sys

from aniate import danger, dialogue, own_shell, places, terminal
from aniate.command_colours import coloured
from aniate.errors import AntError, StorageFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.brews.proposal import Proposal
    from aniate.brews.tools.shell import Asker

WORD = "run it"
"""What has to be typed for a dangerous command."""
_KEYS = {"r": "run", "e": "edit", "x": "explain", "v": "revise", "c": "copy", "n": "cancel"}
_CANCELLED = 1


def decide(proposal: "Proposal", asker: "Asker", run_at_once: bool) -> int:
    """Show the command and do with it what the user's keys say. The exit code is the command's, or 1 if it was left."""
    shown = False
    while True:
        if not shown:
            show(proposal)
        if run_at_once:
            return _run(proposal)
        key = dialogue.choose("", _KEYS, "n")
        if key == "r":
            return _run(proposal)
        if key == "c":
            return _copy(proposal)
        if key == "n":
            return _CANCELLED
        shown = key == "x"
        proposal = _changed(key, proposal, asker)


def show(proposal: "Proposal") -> None:
    """The command as it would be run, what it does and touches, and what is dangerous about it."""
    lines = coloured(proposal.command).split("\n")
    sys.stderr.write("".join(f"  {line}\n" for line in lines))
    sys.stderr.flush()
    if proposal.does:
        terminal.say(proposal.does)
    if proposal.touches:
        terminal.say(f"Touches: {proposal.touches}")
    if proposal.danger:
        terminal.say(f"Dangerous: {'; '.join(proposal.danger)}.", terminal.RED)


def _forget_keys() -> None:
    """Drop what was typed before the command was on the screen: it is no answer to it."""
    import termios

    termios.tcflush(0, termios.TCIFLUSH)


def _changed(key: str, proposal: "Proposal", asker: "Asker") -> "Proposal":
    """The proposal after the user's edit, or the model's second thought, or as it was."""
    try:
        if key == "x":
            asker.explain(proposal.command)
        elif key == "v":
            words = dialogue.line("What should be different?").strip()
            return asker.propose(words) if words else proposal
        else:
            command = _edited(proposal.command).strip()
            folder, shell = places.here(), own_shell.name()
            return proposal.edited(command, folder, shell) if command not in ("", proposal.command) else proposal
    except EOFError:
        sys.stderr.write("\n")
    except AntError as error:  # what was proposed before is still there
        terminal.say(error.message, terminal.RED)
        if error.hint:
            terminal.say(error.hint)
    return proposal


def _edited(command: str) -> str:
    """The command as the user wants it: in its line, or in the editor if it has several or hides something."""
    if "\n" not in command and not danger.has_hidden(command):
        return dialogue.line("$", command)
    from aniate import places

    return dialogue.edited(command, ".sh", places.state_folder())


def _copy(proposal: "Proposal") -> int:
    from aniate.clipboard import copy

    means = copy(proposal.command)
    terminal.say(f"Copied, by {means}.", terminal.DIM)
    return 0


def _run(proposal: "Proposal") -> int:
    """Run it, if a dangerous one has the user's word. The command's exit code, or 1."""
    from aniate import shell_history

    _forget_keys()
    if proposal.danger and not dialogue.typed(f'Type "{WORD}" to run it, anything else to leave it:', WORD):
        terminal.say("Nothing was run.")
        return _CANCELLED
    try:
        if not danger.has_hidden(proposal.command):
            shell_history.add(own_shell.name(), proposal.command)
    except StorageFailed as error:
        terminal.say(f"It is not in the history: {error.message}", terminal.DIM)
    sys.stdout.flush()
    return own_shell.run(proposal.command)
