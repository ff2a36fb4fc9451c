"""What of a long page the question is about: its passages with the rarest words of the question, in their order."""

from __future__ import annotations

import math
from collections import Counter

from aniate_server.search.words import numbers, words

GAP = "[…]"
MAX_LINE = 600
"""Bytes of a passage, about; a longer line is several."""
OPENING = 0.15
"""How much of the room the page's beginning gets, whatever it says: it tells what the page is."""


def extract(text: str, question: str, room_bytes: int) -> str:
    """The whole text if it has room, else its opening and its best passages, with a mark where something is missing."""
    if len(text.encode()) <= room_bytes:
        return text
    lines = [part for line in text.splitlines() if line.strip() for part in parts(line.strip())]
    chosen = choose(lines, scores(lines, question), room_bytes)
    shown: list[str] = []
    for at, line in enumerate(lines):
        if at in chosen:
            shown.append(line)
        elif not shown or shown[-1] != GAP:
            shown.append(GAP)
    return shortened("\n".join(shown), room_bytes)


def parts(line: str) -> list[str]:
    """A line, in pieces of at most `MAX_LINE` bytes or so, cut between words where there are any."""
    found: list[str] = []
    while len(line.encode()) > MAX_LINE:
        most = shortened(line, MAX_LINE)
        at = most.rfind(" ")
        at = at if at > len(most) // 2 else len(most)
        found.append(line[:at].strip())
        line = line[at:].strip()
    return [*found, line] if line else found


def scores(lines: list[str], question: str) -> list[float]:
    """By line: the question's words in it, each worth the more the fewer lines have it; its neighbours get some."""
    asked = {*words(question), *numbers(question)}
    found = [asked.intersection([*words(line), *numbers(line)]) for line in lines]
    lines_with = Counter(word for each in found for word in each)
    own = [sum(math.log(1 + len(lines) / lines_with[word]) for word in each) for each in found]
    padded = [0.0, *own, 0.0]
    return [each + 0.4 * (padded[at] + padded[at + 2]) for at, each in enumerate(own)]


def choose(lines: list[str], score: list[float], room_bytes: int) -> set[int]:
    """Which lines are shown."""
    sizes = [len(line.encode()) + len(GAP.encode()) + 2 for line in lines]  # each may have a gap behind it
    chosen: set[int] = set()
    left = room_bytes - len(GAP.encode()) - 1
    opening = int(room_bytes * OPENING)
    for at, size in enumerate(sizes):
        if size > opening:
            break
        chosen.add(at)
        opening, left = opening - size, left - size
    for at in sorted(range(len(lines)), key=lambda each: (-score[each], each)):
        if at not in chosen and sizes[at] <= left:
            chosen.add(at)
            left -= sizes[at]
    return chosen


def shortened(text: str, room_bytes: int) -> str:
    """The first so many bytes, without half a character."""
    return text.encode()[:room_bytes].decode(errors="ignore")
