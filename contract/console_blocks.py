"""The lines that our documents tell people to type: those behind `$ ` in blocks of `console`."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_ENDS = {"|", "||", "&", "&&", ";", "(", ")"}
_KEYWORDS = {"do", "then", "exec", "!", "$", "eval", "export"}


def commands_of(text: str) -> list[str]:
    """What is typed in the blocks of this document."""
    return [line[2:] for block in _BLOCK.findall(text) for line in block.splitlines() if line.startswith("$ ")]


def words_of(typed: str) -> list[list[str]]:
    """The simple commands of a line, without redirections, what is set before them, and comments."""
    inner = [part for found in re.findall(r"\$\(([^)]*)\)", typed) for part in words_of(found)]
    lexer = shlex.shlex(re.sub(r'"?\$\([^)]*\)"?', "inner", typed), posix=True, punctuation_chars=True)
    lexer.wordchars += "$@%{}[]!:,^+"
    commands: list[list[str]] = [[]]
    redirected = False
    for word in lexer:
        if word in _ENDS:
            commands.append([])
        elif set(word) <= set("<>&"):
            if commands[-1] and commands[-1][-1].isdigit():
                commands[-1].pop()
            redirected = True
        elif not redirected:
            commands[-1].append(word)
        else:
            redirected = False
    return inner + [kept for each in commands if (kept := _without_what_is_set(each))]


def _without_what_is_set(words: list[str]) -> list[str]:
    while words and (words[0] in _KEYWORDS or re.match(r"[A-Za-z_]+=", words[0])):
        words = words[1:]
    return words
