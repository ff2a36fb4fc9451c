"""What goes along with a failure: its output, and the files that it and the user name."""

import os
import re

from aniate.context import Found, decode
from aniate.errors import ChangeRefused
from aniate.mending.inside import Inside, State

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aniate.failed_command import Failed

MAX_FILES = 8
MAX_BYTES = 192 * 1024
MAX_FILE_BYTES = 96 * 1024
MAX_OUTPUT = 32 * 1024
_NAMED = re.compile(
    r"""File\ "([^"\n]{1,300})",\ line\ \d+   # Python
      | ([^\s:'"()\[\]<>=,]{1,300}):\ ?(?:line\ )?\d+   # gcc, rustc, go, node, pytest, make, shells
      | ([^\s:'"()\[\]<>=,]{1,300})\(\d+,\d+\)   # TypeScript, MSBuild
    """,
    re.VERBOSE,
)
_DRIVES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-_])|\x08|[^\n]*\r(?!\n)")
_FOREIGN = frozenset(("node_modules", "site-packages", "dist-packages", "vendor", "__pycache__"))


class Evidence:
    """What the model is shown: pieces of context, and the files among them as they were read."""

    def __init__(self) -> None:
        self.found = Found()
        self.seen: dict[str, State] = {}


def collect(failed: "Failed", output: str, inside: Inside) -> Evidence:
    """All that goes along. InputRefused if a file that the user named can't."""
    evidence = Evidence()
    told = plain(output)
    if told.strip():
        command = failed.command or " ".join(failed.argv or ())
        evidence.found.add("command", command or "output", told)
    for path in failed.paths:
        _add_named(evidence, path, inside)
    left = MAX_BYTES
    for path in _mentioned(failed, told, inside):
        if len(evidence.seen) >= MAX_FILES + len(failed.paths):
            break
        left -= _add(evidence, path, inside, min(left, MAX_FILE_BYTES))
    return evidence


def plain(output: str) -> str:
    """The end of what a program said, as it is left on a terminal: without colours and what was written over."""
    return _DRIVES.sub("", output[-MAX_OUTPUT:].replace("\r\n", "\n"))


def _add_named(evidence: Evidence, path: str, inside: Inside) -> None:
    """A file that the user named; it may lie outside of the folder, but is then only read."""
    from aniate.context import read_text_file

    full = os.path.join(inside.path, path)
    if os.path.isdir(full):
        from aniate.folder import add_folder

        add_folder(evidence.found, full)
        return
    text = read_text_file(full)
    name = _below(full, inside)
    if name:
        state = inside.read(name)
        if state is not None:
            evidence.seen[name] = state
            text = decode(state.data) or ""
    if text.strip() or name:
        evidence.found.add("file", name or path, text)


def _add(evidence: Evidence, path: str, inside: Inside, limit: int) -> int:
    """A file that the output names, if it is text and not too large. How many bytes of it go along."""
    try:
        state = inside.read(path)
    except ChangeRefused:
        return 0
    if state is None or not state.data or len(state.data) > limit or path in evidence.seen:
        return 0
    text = decode(state.data)
    if text is None:
        return 0
    evidence.seen[path] = state
    evidence.found.add("file", path, text)
    return len(state.data)


def _mentioned(failed: "Failed", told: str, inside: Inside) -> "Iterator[str]":
    """Files below the folder that the output names, the last first, and then those among the command's words."""
    names = [next(filter(None, match.groups())) for match in _NAMED.finditer(told)]
    words = failed.argv if failed.argv is not None else failed.command.split()
    for name in dict.fromkeys([*reversed(names), *words]):
        path = _below(os.path.join(inside.path, name.removeprefix("file://")), inside)
        if path and not any(part in _FOREIGN or part.startswith(".") for part in path.split("/")):
            yield path


def _below(full: str, inside: Inside) -> str:
    """The path below the folder of a regular file, where no link leads out; empty if it is none."""
    try:
        real = os.path.realpath(full)
        below = os.path.isfile(real) and real.startswith(inside.path.rstrip("/") + "/")
        return inside.resolve(os.path.relpath(real, inside.path)) if below else ""
    except (OSError, ValueError, ChangeRefused):
        return ""
