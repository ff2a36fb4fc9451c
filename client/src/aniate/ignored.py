"""What .gitignore files say is not worth reading."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


_MAX_STARS = 3
"""In one name of a pattern: to match each may cost as often as the name is long."""
_MAX_PATTERNS = 2000
"""In one file: each is asked about each name."""


class Ignored:
    """The rules that hold in one folder of a tree: those of the folders above it, and its own."""

    def __init__(self, root: str, rules: "tuple[tuple[str, str, GitIgnoreSpec], ...]") -> None:
        """Each rule: what to put before a name, what to take off it instead, and the patterns."""
        self._root = root
        self._rules = rules

    @classmethod
    def above(cls, root: str) -> "Ignored":
        """The rules that a git repository around `root` has for it."""
        top = full = os.path.realpath(root)
        while not os.path.exists(os.path.join(top, ".git")):
            parent = os.path.dirname(top)
            if parent == top:
                return cls(root, ())
            top = parent
        inside = os.path.relpath(full, top)
        names = [] if inside == "." else inside.split(os.sep)
        rules = []
        for depth in range(len(names)):  # the folder's own rules come when it is entered
            spec = _rules_in(os.path.join(top, *names[:depth]))
            if spec is not None:
                rules.append(("/".join(names[depth:]) + "/", "", spec))
        return cls(root, tuple(rules))

    def entering(self, below: str) -> "Ignored":
        """The rules in the folder `below` the root ("" or ending in a slash)."""
        spec = _rules_in(os.path.join(self._root, below))
        return self if spec is None else Ignored(self._root, (*self._rules, ("", below, spec)))

    def covers(self, name: str) -> bool:
        """Whether `name`, as seen from the root, is to be left out; a folder's ends in a slash."""
        for before, off, spec in reversed(self._rules):  # the nearest rule wins
            said = spec.check_file(before + name.removeprefix(off)).include
            if said is not None:
                return said
        return False


def _rules_in(folder: str) -> "GitIgnoreSpec | None":
    path = os.path.join(folder, ".gitignore")
    try:
        if os.path.islink(path) or os.path.getsize(path) > 256 * 1024:
            return None
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read().splitlines()
    except OSError:
        return None
    import warnings

    from pathspec import GitIgnoreSpec

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Python warns of sets like [[:space:]]; nobody here wrote them
        bounded = [line for line in map(_bounded, lines[:_MAX_PATTERNS]) if _is_pattern(line)]
        return GitIgnoreSpec.from_lines(bounded)


def _bounded(line: str) -> str:
    """The pattern itself, or, of one that a hostile folder made to take for ever, one that leaves out more."""
    names = line.split("/")
    if all(name == "**" or name.count("*") <= _MAX_STARS for name in names):
        return line
    if line.startswith("!"):
        return ""  # it would let in more
    return "/".join(_cut(name) for name in names)


def _cut(name: str) -> str:
    """All up to the last star that is allowed, which also matches what stood behind it."""
    parts = name.split("*")
    return name if len(parts) <= _MAX_STARS + 1 else "*".join(parts[:_MAX_STARS]) + "*"


def _is_pattern(line: str) -> bool:
    """Whether pathspec understands the line; git, too, passes over what it does not."""
    import re

    from pathspec import GitIgnoreSpec

    try:
        GitIgnoreSpec.from_lines([line])
    except (ValueError, re.error):
        return False
    return True
