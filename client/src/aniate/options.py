"""What a command is, and how a command line becomes one call of it.

Read at every start: imports nothing.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Option:
    """One option. `value` names what follows it, as in `--host URL`; a switch has none."""

    __slots__ = ("name", "summary", "value")

    def __init__(self, name: str, value: str, summary: str) -> None:
        self.name = name
        self.value = value
        self.summary = summary


class Command:
    """One row of the table of commands.

    `target` is "module:function", below `aniate`. With `free_text`, options stand before the first
    word and the rest is taken as it is, but may not end in an option of ours; otherwise they may stand anywhere before
    a `--`, which is dropped from the words, but with `keeps_dashes` stays among them. With `of_others`, options that
    are not ours are words of the question where a command's name stands before them.
    """

    __slots__ = ("examples", "free_text", "keeps_dashes", "of_others", "options", "summary", "target", "usage")

    def __init__(
        self,
        target: str,
        usage: str,
        summary: str,
        options: "tuple[Option, ...]" = (),
        examples: "tuple[tuple[str, str], ...]" = (),
        free_text: bool = False,
        of_others: bool = False,
        keeps_dashes: bool = False,
    ) -> None:
        self.target = target
        self.usage = usage
        self.summary = summary
        self.options = options
        self.examples = examples
        self.free_text = free_text
        self.of_others = of_others
        self.keeps_dashes = keeps_dashes


class Call:
    """One call of a command: its words, its options, and the table it stands in."""

    __slots__ = ("name", "options", "table", "words")

    def __init__(
        self, name: str, words: "Sequence[str]", options: "dict[str, str]", table: "Mapping[str, Command]"
    ) -> None:
        self.name = name
        self.words = words
        self.options = options
        self.table = table

    def value(self, name: str) -> "str | None":
        """What was given for `--name`, or None."""
        return self.options.get(name)

    def flag(self, name: str) -> bool:
        """Whether the switch `--name` was given."""
        return name in self.options


EVERYWHERE = (
    Option("profile", "NAME", "use this profile: a host with its own login and settings"),
    Option("host", "URL", "use this server"),
    Option("debug", "", "show where an error comes from"),
    Option("help", "", "show help"),
)
"""The options of every command."""

VERSION = Option("version", "", "show the version of ant")
"""The one option that only stands before a command, or alone."""

WHERE_OPTIONS_ARE = "`ant help` lists the commands, `ant help COMMAND` their options."
"""The hint where an option is wrong and none is like it."""

SHORT = {"-c": "--continue", "-h": "--help", "-V": "--version"}


def take(
    argv: "Sequence[str]",
    known: "Iterable[Option]",
    given: "dict[str, str]",
    anywhere: bool,
    of_others: bool = False,
    keeps_dashes: bool = False,
) -> "list[str]":
    """Put the options in `argv` into `given` and return the words.

    With `anywhere`, options are looked for up to a `--`; otherwise up to the first word. With `of_others`, those that
    are not `known` are words behind the name of a program. Raises UsageError.
    """
    by_name = {"--" + option.name: option for option in known}
    words: list[str] = []
    at = 0
    while at < len(argv):
        word = argv[at]
        at += 1
        if word == "--":
            return words + list(argv[at - keeps_dashes :])
        if not word.startswith("-") or word == "-" or word[1].isdigit():  # a number below zero is no option
            if not anywhere:
                return list(argv[at - 1 :])
            words.append(word)
            continue
        if of_others and SHORT.get(word, word).partition("=")[0] not in by_name and _is_of_a_command(words):
            words.append(word)
            continue
        at = _take_one(SHORT.get(word, word), argv, at, by_name, given)
    return words


def refuse_behind(argv: "Sequence[str]", words: "Sequence[str]", known: "Iterable[Option]") -> None:
    """UsageError if the free `words`, which are the end of `argv`, end in an option and no `--` stands before them.

    Who wrote it there wanted it heeded, as with `--dry-run`, and not sent. Short ones are words: as many questions end
    in the `-c` or `-h` of another program.
    """
    if not words or "--" in argv[: len(argv) - len(words)]:
        return
    by_name = {"--" + option.name: option for option in known}
    name, equals, _ = words[-1].partition("=")
    option = by_name.get(name)
    if option is None or (equals and not option.value):
        name = words[-2] if len(words) > 1 else ""
        option = by_name.get(name)
        if option is None or not option.value:
            return
    raise _usage(
        f"{name} stands behind the words, and would be sent as one of them.",
        "Put options before the words, or `--` before the words to send them as they are.",
    )


def _is_of_a_command(words: "Sequence[str]") -> bool:
    """Whether the words before an option begin with the name of a program, and name no file."""
    if not words:
        return False
    import os

    from aniate.manual import program

    return bool(program(words[0])) and not any(os.path.exists(word) for word in words)


def _take_one(word: str, argv: "Sequence[str]", at: int, by_name: "dict[str, Option]", given: "dict[str, str]") -> int:
    name, equals, value = word.partition("=")
    option = by_name.get(name)
    if option is None:
        raise _no_option(name, by_name)
    if not option.value:
        if equals:
            raise _usage(f"{name} takes no value.")
        given[option.name] = ""
        return at
    if not equals:
        if at >= len(argv):
            raise _usage(f"{name} needs a value: {name} {option.value}.")
        value = argv[at]
        at += 1
    given[option.name] = value
    return at


def _no_option(name: str, by_name: "Iterable[str]") -> Exception:
    from aniate.suggest import closest, did_you_mean

    return _usage(f"There is no option {name} here.", did_you_mean(closest(name, by_name)))


def _usage(message: str, hint: str = "") -> Exception:
    from aniate.errors import UsageError

    return UsageError(message, hint or WHERE_OPTIONS_ARE)
