"""Whether a page holds what is claimed of it, as far as words and numbers tell.

A sentence is supported if, in some passage (a few sentences in a row) of each page that it cites, enough of its words
stand: all its numbers, and of its other words a share of at least `ENOUGH` in the passages of its pages together, and
of `A_PART` in those of each. One that denies something needs a passage that does. This knows no meaning: it finds what
is made up, put under the wrong page or changed in its numbers, not what is only turned around.
docs/decisions/0016-search-and-citations.md has the figures.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from aniate_server.search.dates import SAYS_WHEN, spelled
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


NONE_DATED: Mapping[int, str] = {}


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

    def __init__(self, text: str, dated: str = "") -> None:
        self._text = text
        self._dated = dated

    @cached_property
    def dated(self) -> Source:
        """The same with its title and date at its beginning, if it declares one."""
        return Source(self._dated) if self._dated else self

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
    def where(self) -> dict[str, int]:
        """In which passages each word and each number stands: a bit for each passage, the first one lowest."""
        found: dict[str, list[int]] = {}
        for at, (has, figures, _) in enumerate(self.passages):
            for each in has | figures:
                found.setdefault(each, []).append(at)
        return {each: bits(places) for each, places in found.items()}

    @cached_property
    def denying(self) -> int:
        """In which passages something is denied, as `where` has it."""
        return bits([at for at, (_, _, denied) in enumerate(self.passages) if denied])

    def best(self, claim: Match) -> Match:
        """The first passage that holds most of it; a number weighs as much as two words, and that both deny as one."""
        held = [(self.where[each], each in claim.numbers) for each in claim.all if each in self.where]
        if not held:
            return Match(frozenset(), frozenset(), denied=False)
        score = Score()
        for places, is_number in held:
            score.add(places, 1 if is_number else 0)
        if claim.denied:
            score.add(self.denying & score.some, 0)
        has, figures, denied = self.passages[score.best()]
        return Match(claim.words & has, claim.numbers & figures, denied)


class Score:
    """Points of each passage, counted for all at once: pages of thousands of passages much alike are common enough.

    The points are written in binary, a row of bits for each power of two, and a bit in it for each passage.
    """

    def __init__(self) -> None:
        self.some = 0
        """Which have a point."""
        self._rows: list[int] = []

    def add(self, passages: int, power: int) -> None:
        """Give each of these passages so many points as two to that power."""
        self.some |= passages
        while passages:
            self._rows += [0] * (power + 1 - len(self._rows))
            self._rows[power], passages = self._rows[power] ^ passages, self._rows[power] & passages
            power += 1

    def best(self) -> int:
        """The first of those with the most points."""
        best = self.some
        for row in reversed(self._rows):
            best = best & row or best
        return (best & -best).bit_length() - 1


def bits(places: list[int]) -> int:
    """Those bits, in one number."""
    row = bytearray(max(places, default=-1) // 8 + 1)
    for at in places:
        row[at // 8] |= 1 << at % 8
    return int.from_bytes(row, "little")


def judged(answer: str, pages: Mapping[int, str], dated: Mapping[int, str] = NONE_DATED) -> list[Verdict]:
    """Each sentence of the answer that claims something, with what there is against it.

    `dated` are the same pages with their dates, see `dates.headed`: what says when one was written may rest on them.
    """
    sources = {n: Source(text, dated.get(n, "")) for n, text in pages.items()}
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
    """Whether these pages, each for its part, hold it; if it says when one was written, with the dates they declare."""
    said = bare(sentence.text)
    if all_hold(said, cited):
        return True
    return SAYS_WHEN.search(said) is not None and all_hold(spelled(said), [source.dated for source in cited])


def all_hold(said: str, cited: list[Source]) -> bool:
    """Whether enough of these words and all numbers stand in passages of these pages."""
    claim = Match(frozenset(words(said)), frozenset(numbers(said)), negates(said))
    found = [source.best(claim) for source in cited]
    if claim.denied and not any(each.denied for each in found):
        return False
    if claim.numbers - frozenset().union(*(each.numbers for each in found)):
        return False
    together = frozenset().union(*(each.all for each in found))
    many = len(claim.all)
    return len(together) >= ENOUGH * many and all(len(each.all) >= A_PART * many for each in found)
