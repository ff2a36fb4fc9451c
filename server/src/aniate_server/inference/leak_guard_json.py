"""The leak guard for answers in JSON: read as they stand, and as what they say once the escapes are undone."""

from __future__ import annotations

from aniate_server.inference.leak_guard import Watch
from aniate_server.inference.prompt_runs import PromptRuns

SHORT = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
UNREADABLE = "\ufffd"


class Unescaper:
    """Undoes the escapes, character by character."""

    def __init__(self) -> None:
        self._begun = ""
        """An escape that is not complete."""
        self._high = ""
        """The first half of a surrogate pair."""

    def __call__(self, character: str) -> str:
        """What is known with this character: mostly itself, nothing within an escape."""
        if not self._begun and character != "\\":
            return self._joined(character)
        self._begun += character
        begun = self._begun
        if len(begun) < 2 or (begun[1] == "u" and len(begun) < 6):
            return ""
        self._begun = ""
        if begun[1] != "u":
            return self._joined(SHORT.get(begun[1], begun[1]))
        try:
            return self._joined(chr(int(begun[2:], 16)))
        except ValueError:
            return self._joined(UNREADABLE) + begun[2:]

    def _joined(self, character: str) -> str:
        """Halves of a pair as one character; those that stay alone are unreadable."""
        high, self._high = self._high, ""
        if high and "\udc00" <= character <= "\udfff":
            return (high + character).encode("utf-16-le", "surrogatepass").decode("utf-16-le")
        alone = UNREADABLE if high else ""
        if "\ud800" <= character <= "\udbff":
            self._high = character
            return alone
        return alone + (UNREADABLE if "\udc00" <= character <= "\udfff" else character)


class JsonWatch:
    """As `Watch`; what may leave is what both readings let go."""

    def __init__(self, runs: PromptRuns) -> None:
        self._readings = (Watch(runs), Watch(runs, Unescaper()))
        self._let_go = [0, 0]
        self._left = 0
        self._held = ""

    @property
    def found(self) -> bool:
        """Whether one of them has met a run."""
        return any(reading.found for reading in self._readings)

    def feed(self, text: str) -> str:
        """What may leave now, of this and of what was held. After a run was found, nothing."""
        return "" if self.found else self._release(text, [reading.feed(text) for reading in self._readings])

    def end(self) -> str:
        """What may leave when nothing follows."""
        released = self._release("", [reading.end() for reading in self._readings])
        return "" if self.found else released

    def _release(self, text: str, let_go: list[str]) -> str:
        self._held += text
        self._let_go = [before + len(more) for before, more in zip(self._let_go, let_go, strict=True)]
        cut = min(self._let_go) - self._left
        released, self._held, self._left = self._held[:cut], self._held[cut:], self._left + cut
        return released
