"""An answer taken apart: its sentences, and the numbers of pages behind them."""

from __future__ import annotations

import re
from typing import NamedTuple

CITATION = re.compile(r"\[(\d{1,3}(?:\s*[,;–-]\s*\d{1,3})*)\](?:\([^()\s]*\))?|【(\d{1,3})[^【】]{0,60}】")
"""[1], [1, 2], [1-3], [1](address), and what some models were taught: 【1†L3】."""
END = re.compile(rf"(?:(?<![.!?…])[.!?…]+[\"”’')*_]*(?:\s*(?:{CITATION.pattern}))*(?=\s|$))|[。！？]+")
FENCED = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.MULTILINE | re.DOTALL)
INLINE_CODE = re.compile(r"`[^`\n]*`")
MARKER = re.compile(r"^\s*(?:[-*+•>]|\d{1,3}[.)])\s+")
HEADING = re.compile(r"^\s*#{1,6}\s|^[\s|:=_*-]+$")
NEAR = 6
"""Sentences within which a citation is near."""
ABBREVIATIONS = ("e.g.", "i.e.", "etc.", "vs.", "cf.", "approx.", "no.", "dr.", "mr.", "mrs.", "ms.", "st.", "fig.")


class Sentence(NamedTuple):
    """One sentence as it stands in the answer. `cited` are the pages behind it."""

    text: str
    cited: frozenset[int]
    near: frozenset[int]
    """The pages that the nearest cited sentence of the same paragraph names, for one that names none."""


def sentences(answer: str) -> list[Sentence]:
    """All sentences but headings and code."""
    found: list[Sentence] = []
    for line in FENCED.sub("", answer).splitlines():
        if not HEADING.match(line):
            texts = split(MARKER.sub("", line))
            cited = [cited_in(text) for text in texts]
            found += [Sentence(text, cited[at], nearest(cited, at)) for at, text in enumerate(texts)]
    return found


def split(line: str) -> list[str]:
    """A paragraph's sentences, each with the citations behind it."""
    found, start = [], 0
    hidden = INLINE_CODE.sub(lambda code: "x" * len(code[0]), line)
    for end in END.finditer(hidden):
        if not hidden[max(end.end() - 8, 0) : end.end()].lower().endswith(ABBREVIATIONS):
            found.append(line[start : end.end()].strip())
            start = end.end()
    return [text for text in [*found, line[start:].strip()] if text]


def nearest(cited: list[frozenset[int]], at: int) -> frozenset[int]:
    """What the next sentence that cites names; if none does soon, what one shortly before does."""
    after, before = cited[at : at + NEAR], cited[max(at - NEAR, 0) : at]
    return next(filter(None, [*after, *reversed(before)]), frozenset())


def cited_in(text: str) -> frozenset[int]:
    """The numbers of pages that are named in it; what looks like one in code is none."""
    found: set[int] = set()
    for several, one in CITATION.findall(INLINE_CODE.sub("", FENCED.sub("", text))):
        for part in re.split(r"\s*[,;]\s*", several or one):
            first, *last = map(int, re.split(r"\s*[–-]\s*", part))
            found.update(range(first, min(last[-1], first + 20) + 1) if last else [first])
    return frozenset(found)


def bare(text: str) -> str:
    """A sentence without its citations."""
    return CITATION.sub(" ", text)
