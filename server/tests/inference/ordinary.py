"""Ordinary answers, by the thousand: what is written on this machine about software, and made-up technical English."""

from __future__ import annotations

import ast
import pydoc_data.topics
import random
import sysconfig
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
ANSWER_CHARACTERS = 1200

SUBJECTS = [
    "the error",
    "this file",
    "the command",
    "your server",
    "the last line",
    "the answer",
    "it",
    "the question",
    "an expert",
]
VERBS = [
    "says",
    "fails because",
    "asks for",
    "shows",
    "is for",
    "does not name",
    "repeats",
    "explains",
    "follows",
    "failed in",
]
OBJECTS = [
    "the main settings",
    "a missing key",
    "the user",
    "its functions",
    "line 12",
    "the name of the host",
    "these lines",
]
ENDS = [
    ", so try `make install` first",
    ". To fix it, set `timeout: 30`",
    ", and here is how to fix it",
    ". If you are not sure, ask",
    ", in a few sentences",
    ". Use the names that are in the file",
    ", as far as I can see",
    ". Say what it should do",
]


def answers() -> Iterator[str]:
    """All of them, each about as long as an answer."""
    for text in (*documents(), *licences(), *pydoc_data.topics.topics.values(), *docstrings()):
        for at in range(0, len(text), ANSWER_CHARACTERS):
            yield text[at : at + ANSWER_CHARACTERS]
    chance = random.Random(8)
    for _ in range(1000):
        yield "\n".join(sentence(chance) for _ in range(12))


def sentence(chance: random.Random) -> str:
    """One of the grammar's, with words that our prompts use, too."""
    return " ".join(map(chance.choice, (SUBJECTS, VERBS, OBJECTS))).capitalize() + chance.choice(ENDS) + "."


def documents() -> Iterator[str]:
    """The repository's own pages; not what lies in its environment, and not the prompts."""
    for path in sorted(REPOSITORY.glob("[!.]*/**/*.md")) + sorted(REPOSITORY.glob("*.md")):
        if "brews" not in path.parts:
            yield path.read_text()


def licences() -> Iterator[str]:
    """Those of everything that is installed here."""
    for path in sorted(Path(sysconfig.get_path("purelib")).glob("*.dist-info/**/*")):
        if path.is_file() and any(word in path.name.lower() for word in ("licen", "notice", "copying")):
            yield path.read_text(errors="replace")


def docstrings() -> Iterator[str]:
    """Each module of Python's, with all that it says of itself; read, not run."""
    for path in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        tree = ast.parse(path.read_text(errors="replace"))
        documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
        yield "\n".join(ast.get_docstring(node) or "" for node in ast.walk(tree) if isinstance(node, documented))
