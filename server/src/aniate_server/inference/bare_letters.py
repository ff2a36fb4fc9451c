"""What of a character counts when wordings are compared: neither case, nor dress, nor what cannot be seen."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, normalize

SEPARATOR = " "
"""Stands for everything between words, numbers among it: else numbered words would be no run."""
BLANK_LETTERS = "\u115f\u1160\u3164\uffa0"
"""Hangul's fillers: letters to Unicode, nothing to the eye."""
LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁвкмнт" + "αορικτυχεβημ" + "ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀᴛᴜᴠᴡʏᴢ" + "ıɑɡ",
    "aeopcyxijshdbkmht" + "aopiktuxebhm" + "abcdefghijklmnoprtuvwyz" + "iag",
)
"""Cyrillic, Greek and small capitals that compatibility forms leave alone, as people dress up English with them."""


@lru_cache(8192)
def bare(character: str) -> str:
    """Its letters, nothing if it cannot be seen, or `SEPARATOR`. Needs no neighbour, so any cut is right."""
    if character.isascii():
        return character.lower() if character.isalpha() else SEPARATOR
    plain = normalize("NFKD", normalize("NFKD", character).casefold())
    letters = "".join(each for each in plain if counts(each))
    if letters:
        return letters.translate(LOOKALIKES)
    return "" if all(unseen(each) for each in plain) else SEPARATOR


def counts(character: str) -> bool:
    """Whether it is a letter; those that only modify (Lm) are mostly apostrophes."""
    kind = category(character)
    return kind[0] == "L" and kind != "Lm" and character not in BLANK_LETTERS


def unseen(character: str) -> bool:
    """Whether it is a part of its neighbour, as an accent, or nothing at all."""
    return category(character)[0] == "M" or category(character) == "Cf" or character in BLANK_LETTERS
