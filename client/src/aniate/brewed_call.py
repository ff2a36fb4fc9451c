"""One call of a brewed command: its words become values of the types that its arguments have, and nothing more."""

from aniate.brewed import SCRIPT, Argument, Brewed
from aniate.brewed_rules import promises, usage
from aniate.errors import UsageError
from aniate.options import WHERE_OPTIONS_ARE, Option, take
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.context import Found

_OURS = (
    Option("help", "", "show help"),
    Option("dry-run", "", "show what would be sent or run, and do nothing"),
    Option("debug", "", "show where an error comes from"),
)
_OURS_FOR_TEMPLATES = (
    Option("model", "ALIAS", "ask this model instead of the usual one"),
    Option("json", "", "answer with one line of JSON"),
    Option("no-stdin", "", "leave standard input alone"),
    Option("no-redact", "", "send what looks like a secret, too"),
)
YES = "true"
"""The value of a flag that was given; of one that was not it is empty."""


def options_of(command: Brewed) -> "tuple[Option, ...]":
    """The options of ours that it takes behind its name."""
    return _OURS if command.kind == SCRIPT else _OURS + _OURS_FOR_TEMPLATES


def values(command: Brewed, words: "Sequence[str]", given: "dict[str, str]") -> "dict[str, str]":
    """The value of each argument, in their order; options of ours are put into `given`. UsageError if they don't fit.

    What was left out is missing here, or empty for a flag. With `--help` there are no values.
    """
    ours = options_of(command)
    flags = {each.name: each.name for each in command.arguments if each.type == "flag"}
    taken = {option.name for option in ours}
    flags |= {name.replace("_", "-"): name for name in flags if name.replace("_", "-") not in taken}
    read: dict[str, str] = {}
    known = (*ours, *(Option(spelled, "", "") for spelled in flags))
    try:
        rest = take(words, known, read, anywhere=True)
    except UsageError as error:
        if error.hint == WHERE_OPTIONS_ARE:  # of a command that was brewed, `ant help` knows nothing
            error.hint = f"`ant {command.name} --help` shows its options."
        raise
    given |= {name: value for name, value in read.items() if name not in flags}
    if "help" in given:
        return {}
    switched = {flags[name] for name in read if name in flags}
    placed = _placed(command, rest)
    found = {}
    for each in command.arguments:
        if each.type == "flag":
            found[each.name] = YES if each.name in switched else ""
        elif each.name in placed:
            found[each.name] = typed(command, each, placed[each.name])
    return found


def _placed(command: Brewed, words: "list[str]") -> "dict[str, str]":
    """Words by argument, in their order. Of a template, a text at the end takes all the words that are left."""
    places = [each for each in command.arguments if each.type != "flag"]
    if command.kind != SCRIPT and places and places[-1].type == "text" and len(words) > len(places):
        words = [*words[: len(places) - 1], " ".join(words[len(places) - 1 :])]
    if len(words) > len(places):
        told = (
            f"{command.name} takes {len(places) or 'no'} argument{'' if len(places) == 1 else 's'}, not {len(words)}."
        )
        raise UsageError(told, f"As in: {usage(command)}")
    missing = [each.name for each in places[len(words) :] if each.required]
    if missing:
        raise UsageError(f"The argument {missing[0].upper()} is missing.", f"As in: {usage(command)}")
    return {each.name: word for each, word in zip(places, words, strict=False)}


def typed(command: Brewed, argument: Argument, word: str) -> str:
    """The word as a value of its argument. UsageError if it is none."""
    if "\0" in word:
        raise UsageError(f"{argument.name.upper()} can't hold NUL.")
    if argument.type == "number" and not _is_number(word):
        raise UsageError(f"{argument.name.upper()} must be a number; {clean_line(word, 40) or 'nothing'} is not.")
    if argument.type == "file" and not word:
        raise UsageError(f"{argument.name.upper()} must be a file; nothing is not.")
    if argument.type == "file" and command.kind == SCRIPT and word.startswith("-"):
        return f"./{word}"  # so that no program takes it for an option
    return word


def _is_number(word: str) -> bool:
    whole, point, part = word.removeprefix("-").partition(".")
    return word.isascii() and len(word) <= 40 and whole.isdigit() and (part.isdigit() if point else True)


def filled(command: Brewed, given: "dict[str, str]", found: "Found") -> str:
    """A template's question. Its texts and files go along in `found`, as data: no value can change what is asked.

    Numbers and flags stand in the question itself, since nothing else can be said with them.
    """
    from aniate.context import read_text_file

    inline = {}
    for each in command.arguments:
        value = given.get(each.name)
        if value is None:
            inline[each.name] = f"[{each.name}: not given]"
        elif each.type in ("number", "flag"):
            inline[each.name] = value if each.type == "number" else "yes" if value else "no"
        else:
            inline[each.name] = f"[{each.name}]"
            if each.type == "file":
                found.add("file", f"{each.name}: {clean_line(value, 200)}", read_text_file(value))
            else:
                found.add("argument", each.name, value)
    return _with(command.body, inline)


def _with(body: str, inline: "dict[str, str]") -> str:
    """`body` with each {name} replaced, once: what is put in is not looked at again. Other braces stay."""
    first, *rest = body.split("{")
    parts = [first]
    for part in rest:
        name, closed, after = part.partition("}")
        parts.append(inline[name] + after if closed and name in inline else "{" + part)
    return "".join(parts)


def help_of(command: Brewed) -> str:
    """What `ant NAME --help` shows."""
    lines = [f"ant {command.name}: {command.description}", "", f"Usage: {usage(command)}"]
    rows = [
        (f"--{each.name}" if each.type == "flag" else each.name.upper(), _meaning(each)) for each in command.arguments
    ]
    if rows:
        widest = max(len(left) for left, _ in rows)
        lines += ["", "Arguments:", *(f"  {left.ljust(widest)}  {right}".rstrip() for left, right in rows)]
    lines += [
        "",
        "Options:",
        *(f"  --{each.name} {each.value}".ljust(18) + each.summary for each in options_of(command)),
    ]
    lines += ["", f"It may {promises(command)}. `ant show {command.name}` shows its text."]
    return clean("\n".join(lines)) + "\n"


def _meaning(argument: Argument) -> str:
    kind = {"number": "a number", "file": "a file"}.get(argument.type, "")
    left_out = "may be left out" if not argument.required and argument.type != "flag" else ""
    remarks = ", ".join(each for each in (kind, left_out) if each)
    return f"{argument.description} ({remarks})".strip() if remarks else argument.description
