"""Whether a question looks hard, from outside: cheap, the same each time, and wrong at times, which costs little."""

from __future__ import annotations

from collections.abc import Sequence

LOOKED_AT, LOOKED_INTO = 10_000, 8
"""So many characters of each text are looked at, and so many pieces: at most half a millisecond."""
LONG_QUESTION = 1200
MANY_PIECES = 4
HARD = 2
"""So many signs make a question hard: one alone is in every other question."""
TRACES = (
    "Traceback (most recent call last)",
    "\n    at ",
    "\n\tat ",
    "\nCaused by: ",
    " panicked at ",
    " [running]:\n",
)
"""In the stack traces of Python, JavaScript, Java (twice), Rust and Go. Plain words: an expression takes eight times as
long where there are none."""


def is_hard(question: str, pieces: Sequence[str] = ()) -> bool:
    """Whether two signs or more are there: a long question, code in it, a stack trace, many pieces of context."""
    signs = (
        len(question) > LONG_QUESTION,
        "```" in question[:LOOKED_AT],
        any(has_trace(text[:LOOKED_AT]) for text in (question, *pieces[:LOOKED_INTO])),
        len(pieces) >= MANY_PIECES,
    )
    return sum(signs) >= HARD


def has_trace(text: str) -> bool:
    """Whether a program's last words are in it."""
    return any(trace in text for trace in TRACES)
