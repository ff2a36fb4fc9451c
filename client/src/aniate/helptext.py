"""Help, laid out from the table of commands, for any width of terminal. Read at start-up."""

from aniate.options import EVERYWHERE, VERSION
from aniate.terminal import wrap

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aniate.options import Command, Option

_EXAMPLES = (
    ("ant ask how do I undo the last commit", "a question; it needs no quotes"),
    ("make 2>&1 | ant what", "explain what a program says; a file, a folder or a command, too"),
    ("ant shell files larger than 100 MB here", "a command is proposed; a key runs it"),
    ("ant fix -- git stauts", "mend what fails"),
    ("git diff | ant review", "find mistakes before others do"),
)


def overview(table: "Mapping[str, Command]", width: int) -> str:
    """What `ant --help` shows."""
    parts = [wrap("ant: AI in the terminal", width), "\n\nExamples:\n", _examples(_EXAMPLES, width)]
    brews = [(name, row.summary) for name, row in table.items() if row.target.startswith("brews.tools.")]
    others = [(name, row.summary) for name, row in table.items() if not row.target.startswith("brews.tools.")]
    parts += ["\nBrews:\n", _rows(brews, width), "\nCommands:\n", _rows(others, width)]
    parts += ["\nOptions everywhere:\n", _options((*EVERYWHERE, VERSION), width), "\n"]
    parts.append(wrap("`ant help COMMAND` tells more about a command.", width) + "\n")
    return "".join(parts)


def of_command(name: str, command: "Command", width: int) -> str:
    """What `ant NAME --help` shows: examples first."""
    parts = [wrap(f"ant {name}: {command.summary}", width), "\n\n"]
    if command.examples:
        parts += ["Examples:\n", _examples(command.examples, width), "\n"]
    parts += [wrap(f"Usage: ant {name} [OPTIONS] {command.usage}".rstrip(), width, rest="  "), "\n"]
    if command.free_text:
        parts += ["\n", wrap(where_options_stand(name), width), "\n"]
    if command.options:
        parts += ["\nOptions:\n", _options(command.options, width)]
    parts += ["\nOptions everywhere:\n", _options(EVERYWHERE, width)]
    return "".join(parts)


def where_options_stand(name: str) -> str:
    """Of a command with free words."""
    told = "Options stand before the first word; the rest is taken as it is"
    return f"{told}." if name == "cmd" else f"{told}, but ends in an option only if `--` stands before it."


def _examples(examples: "Iterable[tuple[str, str]]", width: int) -> str:
    lines = []
    for typed, meaning in examples:
        lines += [wrap(typed, width, "  ", "      "), wrap("# " + meaning, width, "      ", "      ")]
    return "".join(line + "\n" for line in lines)


def _options(options: "Iterable[Option]", width: int) -> str:
    return _rows([(f"--{option.name} {option.value}".rstrip(), option.summary) for option in options], width)


def _rows(rows: "list[tuple[str, str]]", width: int) -> str:
    """Two columns; where the second would be narrower than 16, it goes below the first."""
    widest = max(len(left) for left, _ in rows) + 4
    lines = []
    for left, right in rows:
        if width - widest < 16:
            lines += [wrap(left, width, "  ", "  "), wrap(right, width, "    ", "    ")]
        else:
            lines.append(wrap(right, width, ("  " + left).ljust(widest), " " * widest))
    return "".join(line + "\n" for line in lines)
