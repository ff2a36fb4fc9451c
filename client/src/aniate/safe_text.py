"""Foreign text made safe for a terminal: what a model, a server or a file name says may be hostile.

Control characters drive the terminal (set its title, write the clipboard, move the cursor), bidi
controls make text read differently from what it is, tag characters hide text altogether.
"""

_DROPPED = (
    (0x00, 0x09),
    (0x0B, 0x1B),
    (0x1C, 0x20),
    (0x7F, 0xA0),  # DEL and C1: some terminals take U+009B for CSI
    (0x061C, 0x061D),  # bidi marks, embeddings, overrides, isolates
    (0x200E, 0x2010),
    (0x115F, 0x1161),  # letters of Hangul, and a vowel separator, that show nothing
    (0x180E, 0x180F),
    (0x3164, 0x3165),
    (0x202A, 0x202F),
    (0x2066, 0x2070),
    (0x200B, 0x200C),  # invisible: zero width space, joiners of words, byte order mark, annotations
    (0x2060, 0x2066),
    (0xFEFF, 0xFF00),
    (0xFFF9, 0xFFFC),
    (0xD800, 0xE000),  # lone surrogates: no encoding has them
    (0xE0000, 0xE0080),  # tags
)
_SHOWN = {0x1B: "\u241b", 0x2028: "\n", 0x2029: "\n"}


class _Table(dict[int, "str | None"]):
    """For str.translate: computed for the characters that are met, since a full table takes 0.3 ms to make."""

    def __missing__(self, code: int) -> "str | None":
        dropped = any(first <= code < end for first, end in _DROPPED)
        self[code] = None if dropped else _SHOWN.get(code, chr(code))
        return self[code]


_TABLE = _Table()


def clean(text: str) -> str:
    """`text` without anything that a terminal would obey; newlines and tabs stay. Works letter by letter."""
    # Every character in question is unprintable, but for three.
    blank = not text.isascii() and ("\u115f" in text or "\u1160" in text or "\u3164" in text)
    if not blank and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return text.translate(_TABLE)


def clean_field(value: object) -> str:
    """A foreign value as part of one line, empty if it is no text: what is nested deeply has no `str`."""
    return clean_line(value) if isinstance(value, str) else ""


def clean_line(text: str, limit: int = 300) -> str:
    """`text` as part of one line, cut after `limit` characters."""
    line = " ".join(clean(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"
