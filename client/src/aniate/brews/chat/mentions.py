"""Files that a question names: `@path`, `@"a path with blanks"`. What is no file stays a word."""

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_MENTION = re.compile(r"""(?<![^\s(\[{,;:])@(?:"([^"\n]+)"|'([^'\n]+)'|((?:\\.|[^\s\\"'])+))""")
_STOPS = ".,;:!?)]}>"


def paths_in(text: str) -> "list[str]":
    """The files and folders that `text` names, each once."""
    return list(dict.fromkeys(_existing(text)))


def _existing(text: str) -> "Iterator[str]":
    for double, single, bare in _MENTION.findall(text):
        if double or single:
            candidates = [double or single]
        else:
            word = re.sub(r"\\(.)", r"\1", bare)
            candidates = [word, word.rstrip(_STOPS)]
        for candidate in candidates:
            path = os.path.expanduser(candidate)
            if candidate and os.path.exists(path):
                yield path
                break


def spelled(path: str) -> str:
    """`path` as it stands behind an @."""
    if not path.isprintable() or any(letter in path for letter in " '\\(,;") or path[-1:] in _STOPS:
        return f'"{path}"'
    return path
