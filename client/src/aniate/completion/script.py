"""The completion script of a shell: its frame, a file beside this one, filled in from the table of commands."""

import os

from aniate.completion import expected
from aniate.options import EVERYWHERE, VERSION
from aniate.table import SETTINGS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from aniate.options import Command, Option

    Items = list[tuple[str, str]]

SHELLS = ("bash", "zsh", "fish")


def script(shell: str, table: "Mapping[str, Command]") -> str:
    """The script for one of SHELLS."""
    with open(os.path.join(os.path.dirname(__file__), f"ant.{shell}"), encoding="utf-8") as file:
        frame = file.read()
    for name, rows in _branches(shell, table).items():
        frame = _replace_line(frame, f"#<{name}>", [_branch(shell, *row) for row in rows])
    for name, text in _pieces(shell, table).items():
        frame = frame.replace(f"#<{name}>", text)
    return frame


def _branches(shell: str, table: "Mapping[str, Command]") -> "dict[str, list[tuple[str, str]]]":
    """What stands in each `case`: the pattern and what is done then."""
    usages = [(name, row) for name, command in table.items() for row in expected.of_command(name, command.usage)]
    limits = {name: expected.last_option(command) for name, command in table.items()}
    named = [(name, command.options) for name, command in table.items() if command.options]
    return {
        "expects": [(f"{name}:{count}:{first}", _expects(shell, words)) for name, (count, first, words) in usages],
        "values": [(name, _expects(shell, words)) for name, words in expected.of_options(table).items()],
        "options": [(name, _options(shell, options)) for name, options in (*named, ("", (VERSION,)))],
        "limits": [(name, _limit(shell, limit)) for name, limit in limits.items() if limit != expected.FREE],
    }


def _expects(shell: str, words: "list[str]") -> str:
    if shell == "fish":
        return "printf '%s\\n' " + " ".join(words) if words else "true"
    return f"expects='{' '.join(words)}'"


def _options(shell: str, options: "Iterable[Option]") -> str:
    items = _items(shell, _of_options(options))
    return f"printf '%s\\t%s\\n' {items}" if shell == "fish" else f"items=({items})"


def _limit(shell: str, limit: int) -> str:
    return f"set limit {limit}" if shell == "fish" else f"limit={limit}"


def _pieces(shell: str, table: "Mapping[str, Command]") -> "dict[str, str]":
    """What stands within a line."""
    return {
        "everywhere": _items(shell, _of_options(EVERYWHERE)),
        "names": _items(shell, [(name, command.summary) for name, command in table.items()]),
        "settings": _items(shell, list(SETTINGS.items())),
        "any": (" " if shell == "fish" else "|").join(table),
        "free": str(expected.FREE),
    }


def _of_options(options: "Iterable[Option]") -> "Items":
    return [(f"--{option.name}", option.summary) for option in options]


def _items(shell: str, items: "Items") -> str:
    """Words and, where the shell shows them, what they mean."""
    if shell == "bash":
        return " ".join(name for name, _ in items)
    if shell == "zsh":
        return " ".join(quoted(shell, f"{name}:{summary}") for name, summary in items)
    return " ".join(f"{name} {quoted(shell, summary)}" for name, summary in items)


def quoted(shell: str, text: str) -> str:
    """`text` as one word in which the shell sees nothing of its own."""
    for letter, escaped in (("\\", "\\\\"), ("'", "\\'")) if shell == "fish" else (("'", "'\\''"),):
        text = text.replace(letter, escaped)
    return f"'{text}'"


def _branch(shell: str, pattern: str, then: str) -> str:
    if shell == "fish":
        return f"case '{pattern}'\n    {then}"
    return f"{pattern or quoted(shell, '')}) {then} ;;"


def _replace_line(frame: str, mark: str, rows: "list[str]") -> str:
    """`frame` with rows in place of a mark, as far to the right as it stands."""
    before, _, after = frame.partition(mark)
    indent = before[before.rfind("\n") + 1 :]
    return before + "\n".join(rows).replace("\n", "\n" + indent) + after
