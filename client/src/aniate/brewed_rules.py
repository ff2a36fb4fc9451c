"""What a brewed command must be, before it is saved and before it is run; and the same in words for people."""

from aniate import names
from aniate.brewed import MAY, SCRIPT, TEMPLATE, Argument, Brewed
from aniate.safe_text import clean, clean_line

TYPES = ("text", "number", "file", "flag")
MAX_ARGUMENTS, MAX_BODY, MAX_LINE = 20, 16384, 200
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyz")
_REST = _LETTERS | frozenset("0123456789_")
_TAKEN = frozenset(("help", "json", "model", "debug", "profile", "host", "version", "yes"))
"""Options of ours, which stand behind a command's name too."""


def faults(command: Brewed) -> "list[str]":
    """What is wrong with it, a sentence each; nothing if it can be saved and run."""
    found = []
    if not names.valid(command.name):
        found.append("The name must be 1 to 32 small letters, digits, - and _, a letter first.")
    if not command.description or len(command.description) > MAX_LINE:
        found.append(f"The description must be one line of at most {MAX_LINE} characters.")
    if command.kind not in (TEMPLATE, SCRIPT):
        found.append("The kind must be template or script.")
    if not command.body.strip() or len(command.body) > MAX_BODY:
        found.append(f"The text must not be empty, and have at most {MAX_BODY} characters.")
    if "\0" in command.body or any("\ud800" <= letter <= "\udfff" for letter in command.body):
        found.append("The text must not hold NUL or half of a surrogate pair.")
    if command.kind == SCRIPT and clean(command.body) != command.body:
        found.append("The script holds characters that a terminal does not show, so nobody could see what it does.")
    if command.kind == TEMPLATE and command.may:
        found.append("A template asks a model and does nothing else, so it has no `may`.")
    return found + _argument_faults(command.arguments)


def _argument_faults(arguments: "list[Argument]") -> "list[str]":
    found = []
    if len(arguments) > MAX_ARGUMENTS:
        found.append(f"There may be at most {MAX_ARGUMENTS} arguments.")
    for each in arguments:
        shown = clean_line(each.name, 40) or "without a name"
        if not can_be_argument(each.name):
            found.append(f"An argument can't be called {shown}: small letters, digits and _, and no word of ours.")
        if each.type not in TYPES:
            found.append(f"The argument {shown} must be one of: {', '.join(TYPES)}.")
        if len(each.description) > MAX_LINE:
            found.append(f"The description of {shown} is longer than {MAX_LINE} characters.")
    if len({each.name for each in arguments}) < len(arguments):
        found.append("Two arguments have the same name.")
    needed = [each.required for each in arguments if each.type != "flag"]
    if needed != sorted(needed, reverse=True):
        found.append("An argument that may be left out stands before one that may not.")
    return found


def can_be_argument(name: str) -> bool:
    """Whether an argument can be called so: its value is a variable of the script's environment.

    Small letters alone: PATH, IFS, LD_PRELOAD and their like can't be meant. The few that programs heed in small
    letters are left out too.
    """
    if not (0 < len(name) <= 32 and name[0] in _LETTERS and _REST.issuperset(name)) or name in _TAKEN:
        return False
    return not (name.endswith("_proxy") or "_config_" in name or name.startswith(("npm_", "yarn_", "pnpm_")))


def tidied(command: Brewed) -> Brewed:
    """A draft of a model with its names spelled as they must be, wherever they stand; what can't be mended stays."""
    command.name = _spelled(command.name, "-", _REST | {"-"})
    for each in command.arguments:
        name = _spelled(each.name, "_", _REST)
        if name != each.name and each.name:
            for before, after in (("{%s}", "{%s}"), ("$%s", "$%s"), ("${%s}", "${%s}")):
                command.body = command.body.replace(before % each.name, after % name)
            each.name = name
    if command.kind == TEMPLATE:
        command.may = []
    command.description = clean_line(command.description, MAX_LINE)
    return command


def _spelled(name: str, joint: str, allowed: "frozenset[str]") -> str:
    name = joint.join(name.strip().lower().split()).replace("_" if joint == "-" else "-", joint)
    return "".join(letter for letter in name if letter in allowed)[: names.MAX_NAME]


def promises(command: Brewed) -> str:
    """What it may do, as part of a sentence."""
    if command.kind == TEMPLATE:
        return "ask a model, and nothing else"
    return ", ".join(MAY[word] for word in command.may) or "nothing but read and print"


def usage(command: Brewed) -> str:
    """How it is called: `ant NAME [--flag] WORD [WORD]`."""
    words = [f"[--{each.name}]" for each in command.arguments if each.type == "flag"]
    words += [
        each.name.upper() if each.required else f"[{each.name.upper()}]"
        for each in command.arguments
        if each.type != "flag"
    ]
    return " ".join(["ant", command.name, *words])
