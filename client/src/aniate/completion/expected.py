"""What may stand where in a command line, read from the table of commands: the usage of each says it."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from aniate.options import Command

FREE = 99
"""More words than anybody types: behind each of them an option may stand."""
_ANYWHERE = {"FILE": "FILES", "FOLDER": "FILES", "PATH": "FILES", "COMMAND": "COMMANDS", "ARGUMENTS": "FILES"}
# A NAME or a KEY is not everywhere the same thing. Where it does not stand here, nothing is offered for it.
_SOMEWHERE: "dict[str, dict[str, tuple[str, ...]]]" = {
    "NAME": {
        **dict.fromkeys(("run", "delete.chat", "--from"), ("ASSISTANTS",)),
        **dict.fromkeys(("cmd", "agree", "share", "delete.cmd"), ("BREWED",)),
        **dict.fromkeys(("show", "edit", "export"), ("ASSISTANTS", "BREWED")),
    },
    "KEY": {"config": ("SETTINGS",)},
}


def of_word(word: str, owner: str) -> "list[str]":
    """What `word` of a usage stands for: words as they are typed, a word in capitals of those below, or nothing.

    `owner` is the command or the option that it belongs to.
    """
    found = []
    for choice in word.strip("[]…").split("|"):
        if choice.islower() and choice[0].isalpha():
            found.append(choice)
        elif choice in _ANYWHERE:
            found.append(_ANYWHERE[choice])
        else:
            found += _SOMEWHERE.get(choice, {}).get(owner, ())
    return list(dict.fromkeys(found))


def of_command(name: str, usage: str) -> "Iterator[tuple[str, str, list[str]]]":
    """How many words stand before, the first of them, and what may follow; * is any. The first that fits holds."""
    beginnings: list[str] = []
    later: list[tuple[str, str, list[str]]] = []
    for alternative in _alternatives(usage):
        first = "*"
        for count, word in enumerate(alternative):
            expected = of_word(word, name)
            if count == 0 and len(expected) == 1 and expected[0].islower():
                first = expected[0]
            if count == 0 and "…" not in word:
                beginnings += expected
            elif expected:
                later.append(("*" if "…" in word else str(count), first, expected))
    if beginnings:
        yield "0", "*", list(dict.fromkeys(beginnings))
    yield from sorted(later, key=lambda row: row[1] == "*")


def last_option(command: "Command") -> int:
    """Behind how many words an option may still stand."""
    if not command.free_text:
        return FREE
    return sum("…" not in word for word in _words(command.usage))


def of_options(table: "Mapping[str, Command]") -> "dict[str, list[str]]":
    """All options that take a value, and what is expected there."""
    from aniate.options import EVERYWHERE

    every = [option for command in table.values() for option in command.options] + list(EVERYWHERE)
    names = {f"--{option.name}": option.value for option in every if option.value}
    return {name: of_word(value, name) for name, value in names.items()}


def _alternatives(usage: str) -> "list[list[str]]":
    if " | " in usage and usage.startswith("[") and usage.endswith("]"):
        usage = usage[1:-1]
    return [_words(alternative) for alternative in usage.split(" | ")]


def _words(usage: str) -> "list[str]":
    """The words of a usage, without the options that it names."""
    return [word for word in usage.split() if not word.startswith(("-", "[-"))]
