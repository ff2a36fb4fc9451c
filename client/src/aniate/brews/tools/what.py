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
    if asked and not paths and not _exists(asked[0]):
        from aniate import manual

        if manual.is_command(asked):
            return hold(call, "what", question, grounds=_of_manual(asked))
    return hold(call, "what", question, paths)


def _of_manual(words: "Sequence[str]") -> "Sequence[tuple[str, str]]":
    """What this machine's manual says of the command; a program without a page is asked itself, by the user's yes."""
    from aniate import dialogue, manual
    from aniate.safe_text import clean_line

    name, text = manual.page(words)
    if text:
        return [(name, text)]
    shown = clean_line(words[0], 60)
    if not (dialogue.possible() and manual.program(words[0])):
        return []
    if dialogue.choose(f"{shown} has no manual page. Run `{shown} --help`?", {"y": "yes", "n": "no"}, "n") == "n":
        return []
    text = manual.help_text(words)
    return [(f"{words[0]} --help", text)] if text else []


def split(words: "Sequence[str]") -> "tuple[list[str], list[str]]":
    """Paths and the words of the question.

    Paths stand first; the first word that is none begins the question. Among its words, only a name
    with a dot or a slash that exists is still a path. A path that does not exist is one all the same
    where it stands first and looks like one, so that a slip of the pen is told and not sent.
    A pattern that the shell has left as it is stands for the files that fit, where a path could stand.
    """
    paths: list[str] = []
    question: list[str] = []
    for written in words:
        for word in _names(written) if not question or _looks_like_path(written) else [written]:
            signs = [_exists(word), _looks_like_path(word), not question]
            (paths if signs.count(True) >= 2 else question).append(word)
    return paths, question


def _names(word: str) -> "Sequence[str]":
    if not any(sign in word for sign in "*?["):
        return [word]
    from aniate.patterns import filled

    return filled(word)


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
