"""Words with `*`, `?` or `[` that the shell has left as they are, as zsh's `noglob` does."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_SIGNS = "*?["


def filled(word: str) -> "Sequence[str]":
    """The files that the word is a pattern for, in order; the word alone where it is a file's name, or fits none."""
    if not any(sign in word for sign in _SIGNS) or any(map(str.isspace, word)) or "\0" in word or os.path.lexists(word):
        return [word]
    from glob import glob

    return sorted(glob(os.path.expanduser(word), recursive=True)) or [word]
