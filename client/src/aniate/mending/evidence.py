"""What goes along with a failure: its output, and the files that it and the user name."""

import os

from aniate.context import Found, decode, read_text_file
from aniate.errors import ChangeRefused, InputRefused
from aniate.mending.inside import Inside, State
from aniate.mending.mentions import MAX_OUTPUT, imported, mentioned
from aniate.output_tail import plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aniate.failed_command import Failed

MAX_FILES = 8
MAX_BYTES = 192 * 1024
MAX_FILE_BYTES = 64 * 1024
MAX_WORDS = 200
MAX_NAMED_BYTES = 2 * 1024 * 1024
_AROUND = 150
"""Of a file that is too large, how many lines before and behind the one that is named."""
_FOREIGN = frozenset(("node_modules", "site-packages", "dist-packages", "vendor", "__pycache__"))


class Evidence:
    """What the model is shown: pieces of context, and the files among them as they were read."""

    def __init__(self, redact: bool) -> None:
        self.found = Found(redact)
        self.seen: dict[str, State] = {}
        self.sent: dict[str, str] = {}
        """The text of each of these files as it goes out: what is secret in it may be covered."""
        self.left = MAX_BYTES

    def add_file(self, path: str, state: State, text: str) -> None:
        self.found.add("file", path, text)
        self.seen[path] = state
        self.sent[path] = self.found.pieces[-1].text


def collect(failed: "Failed", output: str, inside: Inside, redact: bool = True) -> Evidence:
    """All that goes along. InputRefused if a file that the user named can't, or if there is nothing."""
    evidence = Evidence(redact)
    told = plain(output[-MAX_OUTPUT:].encode("utf-8", "replace"))
    command = failed.command or " ".join(failed.argv or ())
    if told.strip() or command:
        evidence.found.add("command", command or "output", told if told.strip() else "(no output)")
    for path in failed.paths:
        _add_named(evidence, path, inside)
    if sum(len(piece.text) for piece in evidence.found.pieces) > MAX_NAMED_BYTES:
        raise InputRefused("These files are more than 2 MiB together.", "Name fewer of them.")
    for name, line in [*mentioned(told), *((word, 0) for word in command.split()[:MAX_WORDS])]:
        _add(evidence, _below(name, inside), line, inside)
    for path in [path for each in list(evidence.seen) for path in _used_by(each, evidence, inside)]:
        _add(evidence, path, 0, inside)
    if not any(piece.text.strip() for piece in evidence.found.pieces):
        raise InputRefused("There is nothing to go by: no output, and no file with anything in it.")
    return evidence


def _add_named(evidence: Evidence, path: str, inside: Inside) -> None:
    """A file that the user named; it may lie outside of the folder, but is then only read."""
    full = os.path.join(inside.path, path)
    if os.path.isdir(full):
        from aniate.folder import add_folder

        add_folder(evidence.found, full)
        return
    text = read_text_file(full)
    name = _below(full, inside)
    state = inside.read(name) if name else None
    if state is not None:
        evidence.add_file(name, state, decode(state.data) or text)
    else:
        evidence.found.add("file", path, text)


def _add(evidence: Evidence, path: str, line: int, inside: Inside) -> None:
    """A file that the output names, if it is text and there is room; of a large one the lines around `line`."""
    if not path or path in evidence.seen or len(evidence.seen) >= MAX_FILES or _is_foreign(path):
        return
    try:
        state = inside.read(path)
    except ChangeRefused:
        return
    text = decode(state.data) if state is not None else None
    if state is None or not text:
        return
    if len(state.data) > MAX_FILE_BYTES:
        text = _around(text, line) if line else ""
    if text and len(text) <= min(evidence.left, MAX_FILE_BYTES):
        evidence.left -= len(text)
        evidence.add_file(path, state, text)


def _around(text: str, line: int) -> str:
    lines = text.split("\n")
    first, behind = max(0, line - 1 - _AROUND), line + _AROUND
    return "\n".join(
        [
            f"[... {first} lines left out here ...]",
            *lines[first:behind],
            f"[... {max(0, len(lines) - behind)} more ...]",
        ]
    )


def _used_by(path: str, evidence: Evidence, inside: Inside) -> "Iterator[str]":
    """Files below the folder that a file among the evidence imports."""
    text = decode(evidence.seen[path].data) or ""
    for name in imported(path, text):
        for base in dict.fromkeys((os.path.dirname(path), "", "src")):
            found = _below(os.path.join(base, name), inside)
            if found:
                yield found


def _is_foreign(path: str) -> bool:
    """Whether it is somebody else's code, or hidden or of such a name that it may be secret."""
    from aniate.folder import is_secret

    parts = path.split("/")
    return is_secret(parts[-1].lower()) or any(part in _FOREIGN or part.startswith(".") for part in parts)


def _below(name: str, inside: Inside) -> str:
    """The path below the folder of a regular file, where no link leads out; empty if it is none."""
    try:
        real = os.path.realpath(os.path.join(inside.path, name))
        below = os.path.isfile(real) and real.startswith(inside.path.rstrip("/") + "/")
        return inside.resolve(os.path.relpath(real, inside.path)) if below else ""
    except (OSError, ValueError, ChangeRefused):
        return ""
