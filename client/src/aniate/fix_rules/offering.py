"""What the rules propose, shown and asked about; run after a yes."""

import sys

from aniate import dialogue, jsontext, terminal
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.failed_command import Failed
    from aniate.fix_rules.rule import Proposal
    from aniate.options import Call


def offer(call: "Call", failed: "Failed", proposals: "Sequence[Proposal]") -> int:
    """Offer them; the exit code is that of what was run, 1 if nothing was.

    Off a terminal the first is printed, and nothing is run; with `--yes` the first is run, if it is not dangerous.
    """
    if call.flag("json"):
        jsontext.tell(_as_data(failed, proposals))
        return 0
    if call.flag("dry-run"):
        terminal.tell("\n".join(proposal.command for proposal in proposals))
        return 0
    if call.flag("yes"):
        return _without_asking(failed, proposals[0])
    if not terminal.is_terminal(sys.stdout) or not dialogue.reach():
        terminal.tell(proposals[0].command)
        return 0
    return _ask(failed, proposals)


def _without_asking(failed: "Failed", proposal: "Proposal") -> int:
    reasons = _dangers(proposal, failed)
    if not reasons:
        terminal.say(f"{proposal.command}  # {proposal.why}", terminal.DIM)
        return _run(proposal.command)
    if dialogue.possible():
        return _ask(failed, (proposal,))
    from aniate.errors import InputRefused

    raise InputRefused(
        f"Not run unasked: {proposal.command}", f"It needs a look: {'; '.join(reasons)}. To run it, type it."
    )


def _ask(failed: "Failed", proposals: "Sequence[Proposal]") -> int:
    from aniate.fix_rules.picking import pick

    proposal, key = pick(proposals)
    command = proposal.command if key == "r" else ""
    if key == "e":
        try:
            command = dialogue.line("$", proposal.command).strip()
        except EOFError:
            return 1
    return _run(command) if command and _confirmed(command, failed) else 1


def _confirmed(command: str, failed: "Failed") -> bool:
    """Whether it is harmless, or the user types a word."""
    from aniate.danger import reasons

    found = reasons(command, failed.folder)
    if not found:
        return True
    terminal.say(f"Dangerous: {'; '.join(found)}.", terminal.RED)
    return dialogue.typed("Type yes to run it:", "yes")


def _run(command: str) -> int:
    """Run it in the user's shell; what changes that shell itself is handed to it."""
    from aniate import own_shell, recording
    from aniate.fix_rules.command_line import split
    from aniate.fix_rules.near import OF_THE_SHELL

    if any(simple.program in OF_THE_SHELL or simple.is_assignment for simple in split(command)):
        if recording.hand_over("run", command):
            recording.forget()
            return 0
        terminal.say(f"Only the shell itself can do that. Type: {command}")
        return 1
    sys.stdout.flush()
    code = own_shell.run(command)
    recording.hand_over("remember", command)
    if code == 0:
        recording.forget()
    return code


def _dangers(proposal: "Proposal", failed: "Failed") -> "list[str]":
    """What speaks against running it unasked: what it could destroy, or that it does what the user did not begin."""
    from aniate.danger import reasons

    found = [*reasons(proposal.command, failed.folder), *filter(None, [proposal.look])]
    words, before = proposal.command.split(), failed.command.split()
    if "sudo" in words and "sudo" not in before:
        found.append("runs as root")
    if any(word in words and word not in before for word in ("install", "add", "get")):
        found.append("installs something")
    return found


def _as_data(failed: "Failed", proposals: "Sequence[Proposal]") -> "dict[str, object]":
    return {
        "command": clean(failed.command),
        "exit_code": failed.code,
        "proposals": [
            {"command": each.command, "why": each.why, "rule": each.rule, "dangers": _dangers(each, failed)}
            for each in proposals
        ],
    }
