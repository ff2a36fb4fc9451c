"""A brewed command as one readable file: its few fields between two rules, then its template or script."""

from aniate.brewed import MAY, Argument, Brewed
from aniate.errors import InputRefused
from aniate.safe_text import clean_line

_FIELDS = ("name", "description", "kind", "may", "argument")


def as_file(command: Brewed) -> str:
    """The file. `from_file` reads it back."""
    lines = [f"name: {command.name}", f"description: {command.description}", f"kind: {command.kind}"]
    if command.may:
        lines.append(f"may: {', '.join(command.may)}")
    for each in command.arguments:
        optional = "" if each.required or each.type == "flag" else ", optional"
        lines.append(f"argument: {each.name} ({each.type}{optional}) {each.description}".rstrip())
    return "\n".join(["---", *lines, "---", command.body.rstrip("\n"), ""])


def is_command(text: str) -> bool:
    """Whether a file holds a command, and not an assistant."""
    head, _, _ = text.removeprefix("---").partition("\n---")
    return any(line.startswith("kind:") for line in head.split("\n"))


def from_file(text: str) -> Brewed:
    """The command in such a file, of version 0. InputRefused if it is none; what it says may still be wrong."""
    lines = text.replace("\r\n", "\n").split("\n")
    rules = [at for at, line in enumerate(lines) if line.strip() == "---"]
    if len(rules) < 2 or rules[0] != 0:
        raise InputRefused("The file does not begin with fields between two lines of ---.", "See: ant export NAME")
    command = Brewed({})
    for number, line in enumerate(lines[1 : rules[1]], 2):
        key, colon, value = line.partition(":")
        if not line.strip() or line.startswith("#"):
            continue
        if not colon or key.strip() not in _FIELDS:
            raise InputRefused(f"Line {number} of the file is none of {', '.join(f'{each}:' for each in _FIELDS)}.")
        _take(command, key.strip(), value.strip(), number)
    command.body = "\n".join(lines[rules[1] + 1 :]).strip("\n")
    return command


def _take(command: Brewed, key: str, value: str, number: int) -> None:
    if key == "argument":
        command.arguments.append(_argument(value, number))
    elif key == "may":
        words = [word.strip() for word in value.split(",") if word.strip() not in ("", "nothing")]
        if unknown := [word for word in words if word not in MAY]:
            raise InputRefused(f"Line {number}: may is none of {', '.join(MAY)}: {clean_line(unknown[0], 40)}.")
        command.may = [word for word in MAY if word in words]
    else:
        setattr(command, key, clean_line(value, 1000))


def _argument(value: str, number: int) -> Argument:
    """As in `path (file, optional) where to look`."""
    name, opened, rest = value.partition("(")
    kind, closed, description = rest.partition(")")
    words = [word.strip() for word in kind.split(",")]
    if not opened or not closed or words[1:] not in ([], ["optional"]):
        raise InputRefused(
            f"Line {number}: an argument is a name, its type in parentheses, and what it is.",
            "As in: argument: path (file, optional) where to look",
        )
    return Argument(clean_line(name.strip()), clean_line(words[0]), clean_line(description), len(words) == 1)
