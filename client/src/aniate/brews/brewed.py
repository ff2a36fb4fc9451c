"""`ant NAME ARGUMENTS…`, `ant cmd NAME ARGUMENTS…`: a brewed command is asked or run."""

import sys

from aniate import auth, brewed, brewed_call, config, names, terminal
from aniate.brewed import SCRIPT, Brewed
from aniate.errors import AntError, InputRefused, Unreachable, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Run the command that the first word names, with the words behind it. UsageError if they don't fit."""
    name = call.words[0] if call.words else ""
    before = call.words[: call.words.index("--")] if "--" in call.words else call.words
    if "--json" in before:  # not read yet, but whoever reads an error wants it so
        call.options["json"] = ""
    if not names.valid(name):
        raise UsageError(f"{clean_line(name, 40) or 'This'} is no command's name.", "As in: ant cmd NAME …")
    command = _known(call, name)
    values = brewed_call.values(command, call.words[1:], call.options)
    if call.flag("help"):
        sys.stdout.write(brewed_call.help_of(command))
        return 0
    if command.kind == SCRIPT:
        return _run(call, command, values)
    return ask(call, command, values)


def _known(call: "Call", name: str) -> Brewed:
    """The command as the server has it now. InputRefused if it is one that can't be run."""
    from aniate.brewed_rules import faults

    settings = config.load(call)
    try:
        command = brewed.read(settings, auth.credential(settings), name)
    except AntError as error:
        if error.code == "not_found":
            names.forget(settings.profile, settings.address.origin, name)
        known = brewed.last_known(settings, name) if isinstance(error, Unreachable) else None
        if known is None or known.kind != SCRIPT:
            raise
        terminal.say(f"{error.message} {name} is taken as it was known last.")
        command = known
    if wrong := faults(command):
        raise InputRefused(f"{name} can't be run. {wrong[0]}", f"Mend it: ant edit {name}")
    return command


def ask(call: "Call", command: Brewed, values: "dict[str, str]") -> int:
    """Ask a template's question, with what is piped in, and show the answer."""
    from aniate.brews.asking import Caller, Question
    from aniate.brews.conversation import gather, show_answer
    from aniate.context import Found

    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    found = Found(not call.flag("no-redact"))
    text = brewed_call.filled(command, values, found)
    for note in found.notes:
        terminal.say(note)
    return show_answer(caller, Question("ask", text, [*found.pieces, *gather(call)]))


def _run(call: "Call", command: Brewed, values: "dict[str, str]") -> int:
    from aniate import script

    for option in ("json", "model", "no-stdin", "no-redact"):
        if call.flag(option):
            raise UsageError(f"{command.name} is a script, and has no option --{option}.")
    if call.flag("dry-run"):
        import json

        shown = {"run": "sh", "script": command.body, "variables": values}
        sys.stdout.write(json.dumps(shown, indent=2, ensure_ascii=True) + "\n")
        return 0
    settings = config.load(call)
    if not script.demand_agreement(settings, command):
        terminal.say("Nothing was run.")
        return 1
    return script.become(command, values)
