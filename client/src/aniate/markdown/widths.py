"""How many cells of a terminal a text takes."""


def width(text: str) -> int:
    """Cells of `text`. Terminals disagree on joined emoji: the largest answer is taken, so that no line is too long."""
    if text.isascii():
        return len(text)
    return sum(map(letter_width, text))


def letter_width(letter: str) -> int:
    """0, 1 or 2."""
    code = ord(letter)
    if code < 0x300:
        return 1
    return _WIDTHS[code]


def cut(text: str, cells: int) -> str:
    """As much of `text` as that many cells hold."""
    for at, letter in enumerate(text):
        cells -= letter_width(letter)
        if cells < 0:
            return text[:at]
    return text


class _Widths(dict[int, int]):
    """Computed for the letters that are met."""

    def __missing__(self, code: int) -> int:
        import unicodedata

        letter = chr(code)
        if code == 0xFE0F:  # asks for the emoji, which is wide, in place of the sign
            cells = 1
        elif unicodedata.category(letter) in ("Mn", "Me", "Cf"):
            cells = 0
        else:
            cells = 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        self[code] = cells
        return cells


_WIDTHS = _Widths()
