"""Whether a page holds what is claimed of it, as far as words and numbers tell.

A sentence is supported if, in some passage (a few sentences in a row) of each page that it cites, enough of its words
stand: all its numbers, and of its other words a share of at least `ENOUGH` in the passages of its pages together, and
of `A_PART` in those of each. One that denies something needs a passage that does. This knows no meaning: it finds what
is made up, put under the wrong page or changed in its numbers, not what is only turned around.
docs/decisions/0016-search-and-citations.md has the figures.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from aniate_server.search.sentences import Sentence, bare, cited_in, sentences, split
from aniate_server.search.words import negates, numbers, words

__all__ = ["Verdict", "cited_in", "judged"]

ENOUGH = 0.6
A_PART = 0.3
PASSAGE = 3
"""Sentences of a passage."""
LEAST_WORDS = 3
"""What has fewer, and no number, claims nothing."""
MAX_SENTENCES = 2000
"""More than any model writes in one answer."""
UNKNOWING = (
    (
        re.compile(r"\b(?:no|none|not|neither|nothing|don.?t|doesn.?t|cannot|can.?t)\b", re.IGNORECASE),
        re.compile(r"\b(?:pages?|sources?|results?)\b", re.IGNORECASE),
    ),
    (
        re.compile(r"\b(?:pages?|sources?|results?)\b", re.IGNORECASE),
        re.compile(r"\b(?:no|not|nothing|don.?t|doesn.?t)\b", re.IGNORECASE),
    ),
    (
        re.compile(r"\bI (?:am not|do not|don.?t|cannot|can.?t|could not|couldn.?t)\b|\bI.m not\b", re.IGNORECASE),
        re.compile(""),
    ),
)
"""One behind the other: that it does not know is what an answer may say without a page."""


class Verdict(NamedTuple):
    """A sentence that claims something. `reason` is empty if it is supported.

    Else it is `no_source` (it names no page), `unknown_source` (it names one that there is not), or `not_found`;
    `told_by` is then the first page that holds it all the same, or 0.
    """

    text: str
    reason: str = ""
    told_by: int = 0


class Match(NamedTuple):
    """What of a claim stands in one passage."""

    words: frozenset[str]
    numbers: frozenset[str]
    denied: bool

    @property
    def all(self) -> frozenset[str]:
        """Words and numbers: no word is spelled as a number."""
        return self.words | self.numbers


class Source:
    """A page, taken apart once for all sentences that cite it."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def passages(self) -> list[tuple[frozenset[str], frozenset[str], bool]]:
        """Words, numbers, and whether something is denied, of each run of sentences."""
        said = [each for line in self._text.splitlines() for each in split(line)]
        each = [(set(words(one)), numbers(one), negates(one)) for one in said]
        runs = [each[at : at + PASSAGE] for at in range(max(1, len(each) - PASSAGE + 1))]
        return [
            (
                frozenset().union(*(one[0] for one in run)),
                frozenset().union(*(one[1] for one in run)),
                any(one[2] for one in run),
            )
            for run in runs
        ]

    @cached_property
    def where(self) -> dict[str, list[int]]:
        """In which passages each word and each number stands."""
        found: dict[str, list[int]] = {}
        for at, (has, figures, _) in enumerate(self.passages):
            for each in has | figures:
                found.setdefault(each, []).append(at)
        return found

    def best(self, claim: Match) -> Match:
        """The passage that holds most of it; a number weighs as much as two words."""
        score: Counter[int] = Counter()
        for each in claim.all:
            for at in self.where.get(each, ()):
                score[at] += 2 if each in claim.numbers else 1
        if not score:
            return Match(frozenset(), frozenset(), denied=False)
        best = max(score, key=lambda at: (score[at] + (claim.denied and self.passages[at][2]), -at))
        has, figures, denied = self.passages[best]
        return Match(claim.words & has, claim.numbers & figures, denied)


def judged(answer: str, pages: Mapping[int, str]) -> list[Verdict]:
    """Each sentence of the answer that claims something, with what there is against it."""
    sources = {n: Source(text) for n, text in pages.items()}
    return [verdict(sentence, sources) for sentence in sentences(answer)[:MAX_SENTENCES] if claims(sentence)]


def verdict(sentence: Sentence, sources: Mapping[int, Source]) -> Verdict:
    """What is to be said of one sentence."""
    against = reason(sentence, sources)
    if not against:
        return Verdict(sentence.text)
    told_by = next((n for n, source in sources.items() if holds(sentence, [source])), 0)
    return Verdict(sentence.text, against, told_by)


def claims(sentence: Sentence) -> bool:
    """Whether it says something that a page should hold."""
    said = bare(sentence.text).strip().rstrip("*_ ")
    if not sentence.cited and (said.endswith(("?", ":", "？")) or is_unknowing(said)):
        return False
    least = 1 if sentence.cited else LEAST_WORDS
    return bool(numbers(said)) or len(set(words(said))) >= least


def is_unknowing(said: str) -> bool:
    """Whether it says that something is not known. In two steps, since one pattern would look for the second anew
    behind each place of the first."""
    found = ((first.search(said), second) for first, second in UNKNOWING)
    return any(first is not None and second.search(said, first.end()) for first, second in found)


def reason(sentence: Sentence, sources: Mapping[int, Source]) -> str:
    """What is against it; see `Verdict`."""
    if not sentence.cited:
        near = sentence.near & sources.keys()
        return "" if near and holds(sentence, [sources[n] for n in near]) else "no_source"
    if not sentence.cited <= sources.keys():
        return "unknown_source"
    return "" if holds(sentence, [sources[n] for n in sentence.cited]) else "not_found"


def holds(sentence: Sentence, cited: list[Source]) -> bool:
    """Whether these pages, each for its part, hold it."""
    said = bare(sentence.text)
    claim = Match(frozenset(words(said)), frozenset(numbers(said)), negates(said))
    found = [source.best(claim) for source in cited]
    if claim.denied and not any(each.denied for each in found):
        return False
    if claim.numbers - frozenset().union(*(each.numbers for each in found)):
        return False
    together = frozenset().union(*(each.all for each in found))
    many = len(claim.all)
    return len(together) >= ENOUGH * many and all(len(each.all) >= A_PART * many for each in found)
