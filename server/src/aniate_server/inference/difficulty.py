"""Whether a question looks hard, from outside: cheap, the same each time, and wrong at times, which costs little."""

from __future__ import annotations

import re
from collections.abc import Sequence

LOOKED_AT = 20_000
"""So many characters of each text are looked at."""
LONG_QUESTION = 1200
MANY_PIECES = 4
HARD = 2
"""So many signs make a question hard: one alone is in every other question."""
TRACE = re.compile(
    r"^Traceback \(most recent call last\)|^[ \t]+at [\w$.<>]+ ?\(|panicked at |^goroutine \d+ \[|^Caused by: ",
    re.MULTILINE,
)
"""The stack traces of Python, Java and JavaScript, Rust, Go. No part can match in many ways, whatever is sent."""


def is_hard(question: str, pieces: Sequence[str] = ()) -> bool:
    """Whether two signs or more are there: a long question, code in it, a stack trace, many pieces of context."""
    signs = (
        len(question) > LONG_QUESTION,
        "```" in question[:LOOKED_AT],
        any(TRACE.search(text[:LOOKED_AT]) for text in (question, *pieces)),
        len(pieces) >= MANY_PIECES,
    )
    return sum(signs) >= HARD
