"""The words of a text that carry its meaning, in a form in which two texts can be held against each other."""

from __future__ import annotations

import re

UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\u0e00-\u0e7f"
"""Scripts that put no blanks between words, or hang endings on them: their pairs of letters are compared."""
TOKEN = re.compile(rf"\d+(?:[.,]\d+)*|[{UNSPACED}]+|[^\W_{UNSPACED}]+")
"""A number, even one with its unit behind it (48ms), or a word, even one with a number in it (utf8)."""
ENDINGS = ("ing", "ed", "es", "ly", "s", "e")
LEAST_STEM, MOST_STEM = 4, 7
NEGATIONS = frozenset(
    re.findall(r"\w+", "no not never none neither nor without cannot cant dont doesnt isnt wont nicht kein keine")
)
STOPWORDS = NEGATIONS | frozenset(
    re.findall(
        r"\w+",
        "a about after all also am an and any are as at be because been before being between both but by can could did"
        " do does doing each else few for from further had has have having he her here hers him his how however i if in"
        " into is it its just let may me might more most much must my of off on once one only or other our out over own"
        " per same she should since so some such than that the their them then there these they this those through thus"
        " to too under until up upon very via was we were what when where whether which while who whom why will with"
        " within would you your according page pages source sources says said der die das und ist ein eine mit von zu"
        " st nd rd th",
    )
)


def numbers(text: str) -> set[str]:
    """The numbers in it, each spelled in one way: 1,000 is 1000, and 07 is 7."""
    return {number(each) for each in TOKEN.findall(text) if each[0].isdigit() and number(each)}


def number(token: str) -> str:
    """A number's one spelling; empty if the token is none."""
    if not all(part.isdecimal() for part in re.split("[.,]", token)):
        return ""
    whole = re.sub(r",(?=\d{3}(?:\D|$))", "", token)
    return re.sub(r"(?<![\d.])0+(?=\d)", "", whole)


def words(text: str) -> list[str]:
    """The words that carry meaning, in their order, stems of small letters; no numbers."""
    found = []
    for token in TOKEN.findall(text.lower().replace("’", "").replace("'", "")):
        if re.match(f"[{UNSPACED}]", token):
            found += [token[at : at + 2] for at in range(max(len(token) - 1, 1))]
        elif not number(token) and token not in STOPWORDS:
            found.append(stem(token))
    return found


def stem(word: str) -> str:
    """Its beginning, so that `planned` and `plan`, `contributed` and `contributors` are one; crude, but alike."""
    for ending in ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= LEAST_STEM:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and ending in ("ing", "ed"):
                word = word[:-1]
            break
    return word[:MOST_STEM]


def negates(text: str) -> bool:
    """Whether it says no to something."""
    return not NEGATIONS.isdisjoint(TOKEN.findall(text.lower().replace("’", "").replace("'", "")))
