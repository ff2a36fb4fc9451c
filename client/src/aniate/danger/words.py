"""Words of a shell command as the shell would hand them on: quotes off, variables in, braces spread, fields split.

A word is read into alternatives, since a variable may have held one of several values. In a field, marks stand for
what has no plain text: see below. Control characters are no part of a command that is read here, so none is mistaken.
"""

import os

from aniate.danger.escapes import ansi_c

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tree_sitter import Node

UNKNOWN = "\x00"
"""A piece that is only known when the command runs."""
PIPED = UNKNOWN + "<"
"""A file that another command fills, as `<(…)` names it."""
_SPLIT, _QUOTED = "\x01", "\x08"
_UNQUOTED = {"*": "\x02", "?": "\x03", "[": "\x04", "{": "\x05", ",": "\x06", "}": "\x07"}
_BACK = {ord(mark): letter for letter, mark in _UNQUOTED.items()} | {ord(_QUOTED): None}
GLOBS, BRACES = "\x02\x03\x04", "\x05\x06\x07"
_MOST = 16
_MOST_LETTERS = 65536
"""Of a word: variables that are made of each other twice would grow for ever."""
_FROM_HERE = ("HOME", "USER", "LOGNAME", "SHELL", "TMPDIR")
_NUMBERS = ("?", "$", "#", "!", "UID", "EUID", "RANDOM", "SECONDS", "LINENO", "PPID")


class Scope:
    """What is known of the shell's variables: every value that each is given anywhere in the command."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._values: dict[str, list[str]] = {}
        self.settling = False
        """Once set, a value that is new is unknown: a variable that is made of itself would grow for ever."""

    def assign(self, name: str, values: "Iterable[str]") -> None:
        """Remember that the variable may hold these."""
        kept = self._values.setdefault(name, [])
        new = [value for value in dict.fromkeys(values) if value not in kept]
        kept += new if not self.settling else [UNKNOWN] if new and UNKNOWN not in kept else []
        if len(kept) > _MOST:
            kept[:] = [UNKNOWN]

    def values(self, name: str) -> "list[str]":
        """What the variable may hold."""
        if name in self._values:
            return self._values[name]
        if name == "PWD":
            return [self.folder]
        if name in _NUMBERS:
            return ["1"]
        return [os.environ.get(name) or UNKNOWN] if name in _FROM_HERE else [UNKNOWN]

    def separators(self) -> str:
        """What parts fields beside blanks, where the command has set that."""
        return "".join("".join(self._values.get("IFS", ())).split())

    def state(self) -> str:
        """Something that differs when more is known."""
        return repr(self._values)


def plain(field: str) -> str:
    """The field as a program sees it, where nothing matches its globs."""
    return field.translate(_BACK)


def is_known(field: str) -> bool:
    """Whether the field's text is known, up to what its globs match."""
    return UNKNOWN not in field


def has_glob(field: str) -> bool:
    """Whether the shell puts matching names in the field's place."""
    return any(mark in field for mark in GLOBS)


class Words:
    """Reads words; `output` says what a command substitution prints, as far as that is known."""

    def __init__(self, scope: Scope, output: "Callable[[Node], str]") -> None:
        self._scope = scope
        self._output = output

    def lines(self, groups: "Sequence[Sequence[Node]]") -> "list[list[str]]":
        """The alternative lists of fields of a command whose words are `groups` of adjacent nodes."""
        ways: list[list[str]] = [[]]
        for group in groups:
            words = _joined([self.alternatives(node) for node in group])
            spread = [_fields(word) for word in words]
            if len(ways) * len(spread) > _MOST:
                spread = [[UNKNOWN]]
            ways = [way + fields for way in ways for fields in spread]
        return ways

    def texts(self, node: "Node") -> "list[str]":
        """What the word may be where nothing is split: in an assignment, or after a redirection."""
        return [word.replace(_SPLIT, " ").replace(_QUOTED, "") for word in self.alternatives(node)]

    def alternatives(self, node: "Node", quoted: bool = False) -> "list[str]":
        """What the word may be, with all marks."""
        text = _text(node)
        kind = node.type
        if kind in ("word", "number", "variable_name", "regex", "extglob_pattern", "heredoc_content"):
            return [text if quoted else _unescaped(text)] if not node.named_children else [UNKNOWN]
        if kind == "raw_string":
            return [_QUOTED + text[1:-1]]
        if kind == "ansi_c_string":
            return [_QUOTED + ansi_c(text[2:-1])]
        if kind in ("string", "translated_string"):
            return [_QUOTED + word for word in self.within_quotes(node)]
        if kind == "concatenation":
            return _joined([self.alternatives(child) for child in node.children])
        return self._expanded(node, text, quoted)

    def _expanded(self, node: "Node", text: str, quoted: bool) -> "list[str]":
        if node.type in ("simple_expansion", "expansion"):
            name = text.lstrip("$").removeprefix("{").removesuffix("}")
            values = self._scope.values(name) if name.isidentifier() or name in _NUMBERS else [UNKNOWN]
        elif node.type == "command_substitution":
            values = [self._output(node).rstrip("\n")]
        elif node.type == "arithmetic_expansion":
            values = ["1"]
        elif node.type == "process_substitution" and text.startswith(">"):  # what is written there is read apart
            values = ["/dev/fd/63"]
        elif node.type == "process_substitution":
            values = [PIPED]
        else:
            values = [UNKNOWN] if node.is_named else [text if quoted else _unescaped(text)]
        if quoted:
            return values
        marks = self._scope.separators()
        parted = [UNKNOWN] if marks and any(mark in value for value in values for mark in marks) else []
        return [_split(value) for value in values] + parted

    def within_quotes(self, node: "Node", start: int = -1, end: int = -1) -> "list[str]":
        """What a string or the body of a here-document may be: its children's values, and the text between them."""
        whole, first = node.text or b"", node.start_byte
        at = (start if start >= 0 else whole.index(b'"') + 1 + first) - first
        stop = (end if end >= 0 else node.end_byte - 1) - first
        parts: list[list[str]] = []
        for child in node.named_children:
            if child.type in ("string_content", "heredoc_content") or child.start_byte - first < at:
                continue
            parts += [[_in_quotes(whole[at : child.start_byte - first])], self.alternatives(child, quoted=True)]
            at = child.end_byte - first
        return _joined([*parts, [_in_quotes(whole[at:stop])]])


def _text(node: "Node") -> str:
    return (node.text or b"").decode("utf-8", "replace")


def _joined(parts: "Sequence[list[str]]") -> "list[str]":
    words = [""]
    for part in parts:
        words = [word + piece for word in words for piece in part] if len(words) * len(part) <= _MOST else [UNKNOWN]
        words = [word if len(word) <= _MOST_LETTERS else UNKNOWN for word in words]
    return words


def _split(value: str) -> str:
    """A value that stands without quotes: its blanks part fields, its globs match."""
    blank = _SPLIT if value[:1].isspace() else ""
    marked = blank + _SPLIT.join(value.split()) + (_SPLIT if value[-1:].isspace() else "")
    for letter in "*?[":
        marked = marked.replace(letter, _UNQUOTED[letter])
    return marked


def _unescaped(text: str) -> str:
    """A bare word: backslashes off, what the shell would act on marked, the home folder in."""
    made, at = [], 0
    while at < len(text):
        letter = text[at]
        if letter == "\\" and at + 1 < len(text):
            made.append("" if text[at + 1] == "\n" else _QUOTED + text[at + 1])
            at += 2
            continue
        made.append(_UNQUOTED.get(letter, letter))
        at += 1
    word = "".join(made)
    if text == "~" or text.startswith("~/"):
        return (os.environ.get("HOME") or UNKNOWN) + word[1:]
    return word


def _in_quotes(data: bytes) -> str:
    """Text between double quotes, where a backslash counts before five letters only."""
    text, made, at = data.decode("utf-8", "replace"), [], 0
    while at < len(text):
        if text[at] == "\\" and text[at + 1 : at + 2] in tuple('$`"\\\n'):
            made.append(text[at + 1].replace("\n", ""))
            at += 2
            continue
        made.append(text[at])
        at += 1
    return "".join(made)


def _fields(word: str) -> "list[str]":
    pieces = [piece for part in word.split(_SPLIT) for piece in _spread(part)]
    return [piece.replace(_QUOTED, "") for piece in pieces if piece]


def _spread(word: str) -> "list[str]":
    """The words that braces stand for: `a{b,c}` is `ab ac`."""
    left, comma, right = (_UNQUOTED[letter] for letter in "{,}")
    end = word.find(right)
    start = word.rfind(left, 0, end)
    if end < 0 or start < 0 or comma not in word[start:end]:
        return [word]
    middle = word[start + 1 : end].split(comma)
    if len(middle) > _MOST or word.count(left) > _MOST // 4:
        return [UNKNOWN]
    return [spread for each in middle for spread in _spread(word[:start] + each + word[end + 1 :])]
