"""What the shell makes of backslashes in `$'…'`."""

_LETTERS = {"n": "\n", "t": "\t", "\\": "\\", "'": "'", '"': '"', "?": "?"}
_DIGITS = {"x": (16, 2), "u": (16, 4), "U": (16, 8)}
_UNREADABLE = "\x00"
"""As `words.UNKNOWN`: other control characters have no place in a command."""


def ansi_c(text: str) -> str:
    """The text between the quotes of `$'…'`, as the shell reads it."""
    made, at = [], 0
    while at < len(text):
        if text[at] != "\\" or at + 1 == len(text):
            made.append(text[at])
            at += 1
            continue
        piece, at = _one(text, at + 1)
        made.append(piece)
    return "".join(made)


def _one(text: str, at: int) -> "tuple[str, int]":
    """The letter whose escape begins at `at`, and where it ends."""
    letter = text[at]
    if letter in _LETTERS:
        return _LETTERS[letter], at + 1
    base, most = _DIGITS.get(letter, (8, 3))
    start = at + 1 if letter in _DIGITS else at
    end = start
    while end < len(text) and end - start < most and _is_digit(text[end], base):
        end += 1
    if end == start:
        return _UNREADABLE, at + 1
    code = int(text[start:end], base)
    return (chr(code) if 0x20 <= code < 0x110000 else _UNREADABLE), end


def _is_digit(letter: str, base: int) -> bool:
    return letter in "0123456789abcdefABCDEF"[: 22 if base == 16 else base]
