"""`ant what [FILE|FOLDER|WORDS…]`: what is this?"""

import os

from aniate.brews.conversation import hold

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.options import Call


def run(call: "Call") -> int:
    """Explain files, folders, what is piped in, or words. UsageError if there is nothing to explain."""
    from aniate.context import stdin_is_piped

    words = [word for word in call.words if word != "-"]  # `-` is what others call standard input
    paths, asked = split(words)
    question = " ".join(asked).strip()
    if not paths and not question and (call.flag("no-stdin") or not stdin_is_piped()):
        from aniate.errors import UsageError

        raise UsageError(
            "There is nothing to explain.", "Name a file: ant what trace.txt. Or pipe it in: make 2>&1 | ant what"
        )
    return hold(call, "what", question, paths)


def split(words: "Sequence[str]") -> "tuple[list[str], list[str]]":
    """Paths and the words of the question.

    Paths stand first; the first word that is none begins the question. Among its words, only a name
    with a dot or a slash that exists is still a path. A path that does not exist is one all the same
    where it stands first and looks like one, so that a slip of the pen is told and not sent.
    """
    paths: list[str] = []
    question: list[str] = []
    for word in words:
        signs = [_exists(word), _looks_like_path(word), not question]
        (paths if signs.count(True) >= 2 else question).append(word)
    return paths, question


def _exists(word: str) -> bool:
    try:
        return os.path.lexists(word)
    except ValueError:
        return False


def _looks_like_path(word: str) -> bool:
    """As `./a`, `a/b`, `.env`, `trace.txt`; not `e.g.`, `3.12` or anything with a space."""
    if not word or any(letter.isspace() for letter in word):
        return False
    if "/" in word or (word[0] in "~." and word.strip(".")):
        return True
    stem, dot, ending = word.rpartition(".")
    return bool(stem and dot) and ending.isalnum() and ending[0].isalpha() and len(ending) <= 8
