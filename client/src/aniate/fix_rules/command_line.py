"""A line as it was typed, split into its simple commands. Where each word stands is kept, so that one can be changed
and the rest stays as it is.

This is no shell: it reads what people type well enough to propose a change, which is shown before it is run.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")
_BEFORE_A_PROGRAM = frozenset(("sudo", "doas", "env", "time", "nohup", "command", "nice", "exec", "!"))
_BLANK = " \t\r"
_ENDS = ";|&\n()"


class Word:
    """One word: its text without quotes, and where it stands in the line."""

    __slots__ = ("end", "start", "text")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end


_WITH_VALUE = {"sudo": "CDghpRrTtUu", "doas": "Cu", "env": "Cu", "nice": "n", "exec": "a", "time": "fo"}
"""The letters of their options behind which a value stands."""


class Simple:
    """One simple command of a line. `at` is the place of its program among `words`; before it stand sudo and the like.

    `targets` are the files that are redirected to or from.
    """

    __slots__ = ("at", "targets", "words")

    def __init__(self) -> None:
        self.words: list[Word] = []
        self.targets: list[Word] = []
        self.at = 0

    @property
    def program(self) -> str:
        """The program's name, without its folder."""
        return self.words[self.at].text.rpartition("/")[2] if self.words else ""

    @property
    def arguments(self) -> "list[Word]":
        """The words behind the program."""
        return self.words[self.at + 1 :]

    @property
    def is_assignment(self) -> bool:
        """Whether it only gives a variable its value."""
        name, sign, _ = self.words[-1].text.partition("=")
        return bool(sign) and self.at == len(self.words) - 1 and name.isidentifier()

    @property
    def start(self) -> int:
        return self.words[0].start

    @property
    def end(self) -> int:
        return self.words[-1].end


def quoted(text: str) -> str:
    """`text` as one word of any shell."""
    if text and _PLAIN.issuperset(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def joined(words: "Iterable[str]") -> str:
    """Words as a line that a shell splits into just these."""
    return " ".join(quoted(word) for word in words)


def split(line: str) -> "list[Simple]":
    """The simple commands of a line, from left to right; those that are empty are left out."""
    found, at = [Simple()], 0
    redirected = False
    while at < len(line):
        letter = line[at]
        if letter in _BLANK:
            at += 1
        elif letter in "<>" or (letter.isdigit() and line[at + 1 : at + 2] in ("<", ">")) or line[at : at + 2] == "&>":
            at, redirected = _redirection(line, at)
        elif letter in _ENDS:
            found.append(Simple())
            redirected = False
            at += 1
        elif letter == "#":
            at = (line + "\n").index("\n", at)
        else:
            word = _word(line, at)
            (found[-1].targets if redirected else found[-1].words).append(word)
            redirected = False
            at = word.end
    for simple in found:
        simple.at = _place_of_program(simple.words)
    return [simple for simple in found if simple.words]


def _redirection(line: str, at: int) -> "tuple[int, bool]":
    """Where the sign of a redirection ends, and whether a file follows it."""
    while at < len(line) and line[at] in "0123456789<>&|":
        if line[at - 1] == "&" and line[at].isdigit():  # 2>&1
            return at + 1, False
        at += 1
    return at, True


def _word(line: str, start: int) -> Word:
    text, at, quote = [], start, ""
    while at < len(line):
        letter = line[at]
        if quote:
            if letter == quote:
                quote = ""
            elif letter == "\\" and quote == '"' and line[at + 1 : at + 2] in ('"', "\\", "$", "`"):
                at += 1
                text.append(line[at])
            else:
                text.append(letter)
        elif letter in "'\"":
            quote = letter
        elif letter == "\\":
            at += 1
            text.append(line[at : at + 1])
        elif letter in _BLANK or letter in _ENDS or letter in "<>":
            break
        else:
            text.append(letter)
        at += 1
    return Word("".join(text), start, min(at, len(line)))


def _place_of_program(words: "list[Word]") -> int:
    """Behind variables, and behind `sudo` and its like with their options and the values of those."""
    at, letters = 0, ""
    while at < len(words) - 1:
        text = words[at].text
        is_variable = "=" in text and text.partition("=")[0].isidentifier()
        if not (is_variable or text in _BEFORE_A_PROGRAM or (at and text.startswith("-"))):
            break
        letters = _WITH_VALUE.get(text, letters)
        has_value = len(text) == len("-u") and text[0] == "-" and text[1] in letters
        at += 2 if has_value and at + 2 < len(words) else 1
    return at
