"""Code in colours, as it comes: nothing that was written once changes its colour.

The words of a language are few and known, so a word waits until it ends; strings and comments don't wait.
"""

import re

from aniate.markdown.languages import LANGUAGES, NONE
from aniate.markdown.runs import ADDED, COMMENT, KEYWORD, NUMBER, REMOVED, STRING, Run

_LONGEST_WORD = 40
_GOES_ON = ('"""', "'''", "`", "*/", "-->")
"""What ends a string or comment that may be of several lines."""
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"[\w.]+")


class Highlighter:
    """Fed with the pieces of code, gives runs back. Newlines are told by `end_line`."""

    def __init__(self, language: str) -> None:
        self._name = language.lower()
        self._language = LANGUAGES.get(self._name, NONE)
        self._before = "\n"
        self._held = ""
        self._until = ""
        self._style = 0
        self._mark = -1

    def feed(self, text: str) -> list[Run]:
        """The runs that are settled by `text`."""
        if self._name == "diff":
            return self._change(text)
        if self._language is NONE:
            return [(text, 0, "")] if text else []
        self._held += text
        return self._take(False)

    def end_line(self) -> list[Run]:
        """What was held back; the line ends here."""
        runs = self._take(True)
        self._before, self._mark = "\n", -1
        if self._until not in _GOES_ON:
            self._until = ""
        return runs

    def _change(self, text: str) -> list[Run]:
        if self._mark < 0 and text:
            self._mark = {"+": ADDED, "-": REMOVED, "@": KEYWORD}.get(text[0], 0)
        return [(text, self._mark, "")] if text else []

    def _take(self, ended: bool) -> list[Run]:
        runs: list[Run] = []
        text, at = self._before + self._held, 1
        while at < len(text):
            end, style = self._inside(text, at, ended) if self._until else self._outside(text, at, ended)
            if end == at:
                break
            runs.append((text[at:end], style, ""))
            at = end
        self._before, self._held = text[at - 1], text[at:]
        return runs

    def _inside(self, text: str, at: int, ended: bool) -> "tuple[int, int]":
        """Where the string, comment or long word that is open ends, as far as it is known, and its style."""
        until, style = self._until, self._style
        if until == "\n":
            return len(text), style
        if until in ("word", "number"):
            found = (_WORD if until == "word" else _NUMBER).match(text, at)
            if not found or found.end() < len(text):
                self._until = ""
            return (found.end(), style) if found else self._outside(text, at, ended)
        end = text.find(until, at)
        escape = text.find("\\", at) if style == STRING else -1
        if escape >= 0 and (end < 0 or escape < end):  # whatever follows it does not end the string
            whole = escape + 2 <= len(text)
            return (escape + 2 if whole else len(text) if ended else escape), style
        if end >= 0:
            self._until = ""
            return end + len(until), style
        cut = 0 if ended else next((n for n in (2, 1) if n < len(until) and text.endswith(until[:n], at)), 0)
        return len(text) - cut, style

    def _outside(self, text: str, at: int, ended: bool) -> "tuple[int, int]":
        """The end of the next thing that has a colour, and its style; or of what comes before it."""
        found = self._language.token.search(text, at)
        if not found or found.start() > at:
            return (found.start() if found else len(text)), 0
        kind, end = found.lastgroup or "", found.end()
        if not ended and kind != "comment":
            short = kind == "string" and len(text) - at < 3
            if short or (end == len(text) and kind != "string" and end - at < _LONGEST_WORD):
                return at, 0  # it may go on
        return end, self._begin(kind, found[0], end == len(text))

    def _begin(self, kind: str, token: str, at_end: bool) -> int:
        """Remember what is open now; its style."""
        if kind in ("other", "tag"):
            return KEYWORD if kind == "tag" else 0
        if kind in ("word", "number"):
            style = NUMBER if kind == "number" else KEYWORD if token in self._language.keywords else 0
            if at_end:
                self._until, self._style = kind, style
            return style
        self._style = STRING if kind == "string" else COMMENT
        self._until = {"comment": "\n", "block": self._language.block_end}.get(kind, token)
        return self._style
