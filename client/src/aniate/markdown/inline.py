"""What stands within a line of markdown: emphasis, code, links.

Text is read as it comes. `parse` tells how far it can no longer change, whatever follows: a construct that is open
must be closed within `SPAN` letters, or it is none. So the open part is bounded, and the result is the same however
the text was cut.
"""

import re

from aniate.markdown.links import misleads, target
from aniate.markdown.runs import BOLD, CODE, COMMENT, ITALIC, LINK, STRIKE, Run

SPAN = 600
_DEPTH = 8
_TOKEN = re.compile(
    r"(?P<hard>(?:(?<! ) {2,}|\\)\n|<br ?/?>)|\\(?P<escaped>[!-/:-@\[-`{-~])|(?P<ticks>`+)|(?P<mark>\*+|_+|~~+)"
    r"|(?P<link>!?\[)|<(?P<address>https?://[^\s<>]{1,290})>|(?P<bare>(?<!\w)https?://(?=\w)[^\s<>|`]{1,601})"
    r"|&(?P<entity>amp|lt|gt|quot|nbsp|#39);|(?P<soft> ?\n)"
)
_PLAIN = re.compile(r"[^\\`*_~\[!<&\nh ]*(?: [^\\`*_~\[!<&\nh ]+)*\Z")
_TARGET = re.compile(r"\]\(\s*<?((?:[^\s()<>]|\([^\s()<>]*\))*)>?(?:\s+(?:\"[^\"]*\"|'[^']*'|\([^)]*\)))?\s*\)")
_TARGET_BEGUN = re.compile(
    r"\](?:\((?:\s*<?(?:[^\s()<>]|\([^\s()<>]*\))*(?:\([^\s()<>]*)?>?"
    r"(?:\s+(?:(?:\"[^\"]*\"?|'[^']*'?|\([^)]*\)?)\s*)?)?)?)?\Z"
)
_BRACKET = re.compile(r"\\.|[\[\]]", re.DOTALL)
_OPENS = "\\`*_~![ \n"
"""What may begin something, as far as the letter behind it is not known."""
_BEGUN = re.compile(
    r"(?:<[^\s<>]{0,298}|<br ?/?|&[a-z#0-9]{0,5}|(?<!\w)(?:h|ht|htt|https?|https?:|https?:/|https?://))\Z"
)
_ADDRESS_BEGUN = re.compile(r"(?<!\w)https?://\Z")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "nbsp": "\u00a0", "#39": "'"}


def parse(source: str, whole: bool, before: str = "", style: int = 0) -> "tuple[list[Run], int, list[Run]]":
    """Runs that are settled, how much of `source` they are, and how the rest looks for now.

    `before` is the letter before `source`; `whole` says that nothing follows.
    """
    if not source or _PLAIN.match(source):
        return ([(source, style, "")] if source else []), len(source), []
    text = before + source
    end = len(text) if whole else _decided(text, len(before))
    scan = _Scan(text[:end], len(before), whole, style, "", 0)
    scan.run()
    return scan.settled(), scan.open_at - len(before), scan.pending()


def _decided(text: str, start: int) -> int:
    """Where the end begins that waits for what follows."""
    kept = _before_openings(text, start, len(text))
    begun = _BEGUN.search(text, max(start, kept - 300), kept)
    while begun:
        kept = _before_openings(text, start, begun.start())
        # What has begun before that did not go on, but for an address whose first letter is held back, too.
        goes_on = kept < len(text) and text[kept] in "_h"
        begun = _ADDRESS_BEGUN.search(text, max(start, kept - 9), kept) if goes_on else None
    return kept


def _before_openings(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1] in _OPENS:
        end -= 1
    return end


class _Scan:
    """One pass over a text that has `at` letters before its beginning."""

    def __init__(self, text: str, at: int, whole: bool, style: int, address: str, depth: int) -> None:
        self._text = text
        self._at = at
        self._whole = whole
        self._style = style
        self._address = address
        self._depth = depth
        self._runs: list[Run] = []
        self._mark = -1
        self._pairs: dict[int, int] | None = None
        self.open_at = len(text)

    def settled(self) -> list[Run]:
        return self._runs if self._mark < 0 else self._runs[: self._mark]

    def pending(self) -> list[Run]:
        return [] if self._mark < 0 else self._runs[self._mark :]

    def run(self) -> "list[Run]":
        while True:
            found = _TOKEN.search(self._text, self._at)
            if not found:
                self._put(self._text[self._at :])
                return self._runs
            self._put(self._text[self._at : found.start()])
            start, self._at = found.start(), found.end()
            kind = found.lastgroup or ""
            if kind in _TAKE:
                if not _TAKE[kind](self, start, found[kind]):
                    return self._runs
            else:
                self._put(_literal(kind, found[kind]))

    def _put(self, text: str, style: int = 0, address: str = "") -> None:
        if text:
            self._runs.append((text, self._style | style, address or self._address))

    def _is_open(self, start: int) -> bool:
        """Whether what began at `start` may still be closed; if so, nothing from there on is settled."""
        if self._whole or len(self._text) - self._at >= SPAN:
            return False
        if self._mark < 0:
            self._mark, self.open_at = len(self._runs), start
        return True

    def _limit(self) -> int:
        return min(len(self._text), self._at + SPAN)

    def _inner(self, text: str, whole: bool, style: int, address: str = "") -> "list[Run]":
        """What stands within a construct."""
        scan = _Scan(text, 0, whole, self._style | style, address or self._address, self._depth + 1)
        return scan.run()

    def _ticks(self, start: int, ticks: str) -> bool:
        closing = re.compile(f"(?<!`){ticks}(?!`)").search(self._text, self._at, self._limit())
        if closing:
            code = self._text[self._at : closing.start()].replace("\n", " ")
            if len(code) > 2 and code[0] == code[-1] == " " and code.strip():
                code = code[1:-1]
            self._put(code, CODE)
            self._at = closing.end()
        elif self._is_open(start):
            self._put(self._text[self._at :].replace("\n", " "), CODE)
            return False
        else:
            self._put(ticks)
        return True

    def _mark_at(self, start: int, mark: str) -> bool:
        if not self._opens(start, mark):
            self._put(mark)
            return True
        style = STRIKE if mark[0] == "~" else (0, ITALIC, BOLD, BOLD | ITALIC)[len(mark)]
        end = self._closing(mark)
        if end >= 0:
            self._runs += self._inner(self._text[self._at : end], True, style)
            self._at = end + len(mark)
        elif self._is_open(start):
            self._runs += self._inner(self._text[self._at :], False, style)
            return False
        else:
            self._put(mark)
        return True

    def _opens(self, start: int, mark: str) -> bool:
        following, before = self._text[self._at : self._at + 1], self._text[start - 1 : start] if start else ""
        if len(mark) > (2 if mark[0] == "~" else 3) or not following or following.isspace() or self._depth >= _DEPTH:
            return False
        if not before.isalnum():
            return True
        # Within a word as in CommonMark, but for a lone *: that is more often a product, as in 2*3*4.
        return mark[0] != "_" and mark != "*" and (following.isalnum() or following in "`[*_(\"'")

    def _closing(self, mark: str) -> int:
        """Where the nearest run of the same marks stands that ends something; -1 if there is none."""
        text, at, limit = self._text, self._at, self._limit()
        while True:
            at = text.find(mark, at, limit)
            if at < 0:
                return -1
            behind = text[at + len(mark) : at + len(mark) + 1]
            alone = behind != mark[0] and text[at - 1] != mark[0]
            ends = alone and not text[at - 1].isspace() and not (mark[0] == "_" and behind.isalnum())
            if ends and text.count("`", self._at, at) % 2 == 0:
                return at
            at += 1

    def _link(self, start: int, bracket: str) -> bool:
        end = self._closing_bracket()
        found = _TARGET.match(self._text, end, self._limit()) if end >= 0 else None
        if found and self._depth < _DEPTH:
            self._put_link(self._text[self._at : end], found[1])
            self._at = found.end()
            return True
        may_be = end < 0 or _TARGET_BEGUN.match(self._text, end, self._limit())
        if may_be and self._is_open(start) and end >= 0 and self._text[end + 1 : end + 2] == "(":
            self._runs += self._inner(self._text[self._at : end], True, LINK)
            return False
        self._put(bracket)
        return True

    def _closing_bracket(self) -> int:
        if self._pairs is None:
            self._pairs = _pairs(self._text)
        end = self._pairs.get(self._at, -1)
        return end if end < self._limit() else -1

    def _put_link(self, label: str, named: str) -> None:
        address = target(named)
        runs = self._inner(label, True, LINK if address else 0, address)
        self._runs += runs
        text = "".join(run[0] for run in runs)
        if not address or not text or misleads(text, address):
            self._put((" " if text else "") + f"({address or named})", COMMENT)

    def _bare(self, start: int, text: str) -> bool:
        if len(text) > SPAN:
            self._put(text[:8])
            self._at = start + 8
            return True
        if self._at == len(self._text) and self._is_open(start):
            self._put(text, LINK)
            return True
        address = text.rstrip(".,;:!?'\"*_~]")
        while address.endswith(")") and address.count(")") > address.count("("):
            address = address[:-1].rstrip(".,;:!?'\"*_~]")
        self._at = start + len(address)
        return self._address_at(start, address)

    def _address_at(self, _start: int, text: str) -> bool:
        address = target(text) if not self._address else ""
        self._put(text, LINK if address else 0, address)
        return True


_TAKE = {
    "ticks": _Scan._ticks,
    "mark": _Scan._mark_at,
    "link": _Scan._link,
    "address": _Scan._address_at,
    "bare": _Scan._bare,
}
"""What is more than letters: each tells whether the scan goes on."""


def _pairs(text: str) -> "dict[int, int]":
    """By the place behind each bracket that is closed: where that is. One pass, however they are nested."""
    pairs: dict[int, int] = {}
    opened: list[int] = []
    for found in _BRACKET.finditer(text):
        if found[0] == "[":
            opened.append(found.end())
        elif found[0] == "]" and opened:
            pairs[opened.pop()] = found.start()
    return pairs


def _literal(kind: str, text: str) -> str:
    if kind in ("hard", "soft"):
        return "\n" if kind == "hard" else " "
    return _ENTITIES[text] if kind == "entity" else text
