"""What a line could destroy, by its words."""

from aniate.fix_rules.command_line import split

_WORDS = {
    "rm": "deletes files",
    "rmdir": "deletes folders",
    "shred": "deletes files",
    "dd": "writes over a disk or a file",
    "mkfs": "formats a disk",
    "kill": "ends a process",
    "pkill": "ends processes",
}
_FORCE = {"git": {"-f", "--force", "-D", "--hard", "-fd"}, "docker": {"-f", "--force"}, "ln": {"-f", "-sf"}}


def reasons(command: str, folder: str) -> "list[str]":  # noqa: ARG001  # a better reader looks at files
    """What is dangerous in a line, a short phrase each; none if nothing seems to be."""
    found = []
    for simple in split(command):
        if simple.program in _WORDS:
            found.append(_WORDS[simple.program])
        if _FORCE.get(simple.program, set()).intersection(word.text for word in simple.arguments):
            found.append("is forced")
    return found
