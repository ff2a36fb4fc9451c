"""The bounded end of what a program says, and that end as plain text."""

KEPT_BYTES = 64 * 1024


class Tail:
    """The last KEPT_BYTES of what is added."""

    def __init__(self) -> None:
        self._kept = bytearray()

    def add(self, data: bytes) -> None:
        self._kept += data[-KEPT_BYTES:]
        if len(self._kept) > 2 * KEPT_BYTES:
            del self._kept[:-KEPT_BYTES]

    def clear(self) -> None:
        self._kept.clear()

    def end(self) -> bytes:
        """What is kept; it begins at a line, if something was dropped."""
        kept = bytes(self._kept[-KEPT_BYTES:])
        if len(self._kept) > KEPT_BYTES:
            kept = kept[kept.find(b"\n") + 1 :]
        return kept


def plain(data: bytes) -> str:
    """What a terminal would have shown in the end, roughly: no colours, no progress bars that were written over."""
    text = data.decode("utf-8", "replace")
    if "\x1b" in text:
        text = _without_sequences(text)
    lines = text.replace("\r\n", "\n").split("\n")
    return "\n".join(_written_over(line) if "\r" in line or "\b" in line else line for line in lines)


def _without_sequences(text: str) -> str:
    first, *others = text.split("\x1b")
    parts, elsewhere = [first], False
    for part in others:
        if part.startswith(("[?1049h", "[?47h")):  # a program that takes the whole screen
            elsewhere = True
        elif part.startswith(("[?1049l", "[?47l")):
            elsewhere = False
        if not elsewhere:
            parts.append(part[_sequence_length(part) :])
    return "".join(parts)


def _sequence_length(part: str) -> int:
    """How many letters behind an ESC belong to its sequence."""
    kind = part[:1]
    if kind == "[":
        return next((at + 1 for at, letter in enumerate(part) if at and "@" <= letter <= "~"), len(part))
    if kind in ("]", "P", "_", "^"):
        end = part.find("\x07")
        return end + 1 if end >= 0 else len(part)  # else it ends in ESC \, where the next part begins
    return 2 if kind in ("(", ")", "#", "%") else 1


def _written_over(line: str) -> str:
    shown: list[str] = []
    at = 0
    for letter in line:
        if letter == "\r":
            at = 0
        elif letter == "\b":
            at = max(0, at - 1)
        else:
            shown[at : at + 1] = [letter]
            at += 1
    return "".join(shown).rstrip()  # zsh blanks out a line before its prompt
