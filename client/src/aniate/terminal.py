"""What the user sees: sentences on stderr, the answer on stdout, in whatever width there is."""

import os
import sys

from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

    from aniate.markdown.writer import MarkdownWriter

RED, DIM = "31", "2"


def is_terminal(stream: "TextIO") -> bool:
    """Whether a person looks at `stream`."""
    try:
        return stream.isatty()
    except (OSError, ValueError):
        return False


def columns(stream: "TextIO") -> int:
    """How wide `stream` is: its terminal's width, else 80."""
    try:
        return max(8, os.get_terminal_size(stream.fileno()).columns or 80)
    except (OSError, ValueError):
        return 80


def wrap(text: str, width: int, first: str = "", rest: str = "") -> str:
    """`text` broken between words into lines of at most `width`; a longer word has a line of its own."""
    lines, line, indent = [], first, len(first)
    for word in text.split(" "):
        if len(line) > indent and len(line) + 1 + len(word) > width:
            lines.append(line)
            line, indent = rest, len(rest)
        line += (" " if len(line) > indent else "") + word
    return "\n".join([*lines, line])


def paint(text: str, colour: str, stream: "TextIO") -> str:
    """`text` in colour, if the user's terminal and `NO_COLOR` allow it."""
    environ = os.environ
    if environ.get("NO_COLOR") or environ.get("TERM", "dumb") == "dumb" or not is_terminal(stream):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def say(text: str, colour: str = "") -> None:
    """One sentence for the user, on stderr, made safe and wrapped on a terminal."""
    line = clean_line(text, 2000)
    if is_terminal(sys.stderr):
        line = wrap(line, columns(sys.stderr))
    sys.stderr.write((paint(line, colour, sys.stderr) if colour else line) + "\n")
    sys.stderr.flush()


def tell(text: str) -> None:
    """Data for the user or the next program, on stdout, made safe."""
    sys.stdout.write(clean(text) + "\n")


def agreed(question: str, option: str) -> bool:
    """Whether the user says yes. UsageError where nobody can be asked."""
    if sys.stdin is None or not sys.stdin.isatty():
        from aniate.errors import UsageError

        raise UsageError("There is no terminal to ask on.", f"{option} goes on without asking.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def can_paint(stream: "TextIO") -> bool:
    """Whether `stream` is a terminal that does what it is told."""
    return os.environ.get("TERM", "dumb") != "dumb" and is_terminal(stream)


def answer_writer(stream: "TextIO", theme: str = "auto") -> "AnswerWriter | MarkdownWriter":
    """What shows an answer on `stream`: markdown, painted, on a terminal; else the text as it is."""
    if not can_paint(stream):
        return AnswerWriter(stream)
    from aniate.markdown.writer import MarkdownWriter

    return MarkdownWriter(stream, theme)


class AnswerWriter:
    """Writes an answer as it comes, made safe, and ends it in exactly one newline."""

    def __init__(self, stream: "TextIO") -> None:
        self._stream = stream
        self._held = 0
        self.wrote = False

    def write(self, text: str) -> None:
        """The next piece. Newlines at its end wait for what follows, since they may be the answer's last."""
        text = clean(text)
        if not self.wrote:
            text = text.lstrip("\n")
        body = text.rstrip("\n")
        if body:
            self._stream.write("\n" * self._held + body)
            self._stream.flush()
            self._held, self.wrote = 0, True
        self._held += len(text) - len(body)

    def close(self) -> None:
        """The end of the answer, whole or not."""
        if self.wrote:
            self._stream.write("\n")
            self._stream.flush()
