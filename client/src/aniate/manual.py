"""What this machine's own manual says of a command: its man page, cut to what is asked about.

No program is ever run to ask it for its help, but by the user's yes: what a program does with `--help` is up to it.
"""

import os

from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LETTERS = 12_000
WAIT_S = 5
_HEAD_LETTERS = 3_000
_MAX_READ = 4 * 1024 * 1024
_BUILTINS = frozenset(
    ("alias", "bg", "cd", "eval", "exec", "export", "fg", "jobs", "read", "set", "source", "trap", "ulimit")
)


def is_command(words: "Sequence[str]") -> bool:
    """Whether `words` read as a command line of this machine: a program alone, with options, or with a subcommand."""
    if not words or not (words[0] in _BUILTINS or program(words[0])):
        return False
    return (
        len(words) == 1 or any(word.startswith("-") and len(word) > 1 for word in words[1:]) or bool(_pages(words)[1:])
    )


def program(name: str) -> str:
    """Where the program is, empty if there is none on the PATH; what lies in the current folder is none."""
    if not name or "/" in name or not name.isprintable() or name.startswith("-"):
        return ""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, name)
        if os.path.isabs(folder) and os.path.isfile(path) and os.access(path, os.X_OK):
            return path
    return ""


def page(words: "Sequence[str]") -> "tuple[str, str]":
    """The manual page's name and what it says of these words; two empty texts if there is none."""
    for name in reversed(_pages(words)):
        text = _man(name)
        if text:
            return f"man {name}", excerpt(text, words[1:])
    return "", ""


def help_text(words: "Sequence[str]") -> str:
    """What `PROGRAM --help` prints, empty if that is nothing. Runs the program: ask before."""
    path = program(words[0])
    text = _output([path, "--help"]) if path else ""
    return excerpt(text, words[1:]) if text.strip() else ""


def _pages(words: "Sequence[str]") -> "list[str]":
    """The page of the program, and behind it that of its subcommand, as git-rebase, if there is such a page."""
    pages = [words[0]]
    if len(words) > 1 and words[1].replace("-", "").isalnum() and words[1][0] != "-":
        name = f"{words[0]}-{words[1]}"
        if _output(["man", "-w", name]).strip():
            pages.append(name)
    return pages


def _man(name: str) -> str:
    return _output(["man", name])


def _output(argv: "list[str]") -> str:
    """What a program prints, made safe; empty if it fails, is not there, or takes too long."""
    import subprocess

    environ = {**os.environ, "MANPAGER": "cat", "PAGER": "cat", "MANWIDTH": "100", "TERM": "dumb", "LC_ALL": "C.UTF-8"}
    for name in ("MANOPT", "MAN_KEEP_FORMATTING", "LESSOPEN", "LESS"):
        environ.pop(name, None)
    try:
        done = subprocess.run(  # noqa: S603  # argv; the manual's reader, or what the user said yes to
            argv, capture_output=True, stdin=subprocess.DEVNULL, env=environ, timeout=WAIT_S, check=False
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return ""
    text = (done.stdout or done.stderr if argv[-1] == "--help" else done.stdout)[:_MAX_READ]
    return clean(_without_overstrikes(text.decode("utf-8", "replace")))


def _without_overstrikes(text: str) -> str:
    """`text` without letters that a backspace takes back, as some readers print bold."""
    if "\b" not in text:
        return text
    out: list[str] = []
    for letter in text:
        if letter == "\b":
            if out:
                out.pop()
        else:
            out.append(letter)
    return "".join(out)


def excerpt(text: str, words: "Sequence[str]") -> str:
    """The head of the page, and the entries of the options among `words`; all of it where that is not long."""
    if len(text) <= MAX_LETTERS:
        return text
    wanted = _options(words)
    lines = text.split("\n")
    parts, at = [text[:_HEAD_LETTERS].rpartition("\n")[0]], 0
    while wanted and at < len(lines):
        if lines[at].lstrip().startswith("-") and wanted & _named(lines[at]):
            end = _end_of_entry(lines, at)
            parts.append("\n".join(lines[at:end]).rstrip())
            at = end
        else:
            at += 1
    return "\n[...]\n".join(parts)[:MAX_LETTERS]


def _options(words: "Sequence[str]") -> "set[str]":
    """The options among the words: `-xzf` is itself and -x, -z and -f; `--a=b` is --a."""
    found: set[str] = set()
    for word in words:
        if word.startswith("--") and len(word) > 2:
            found.add(word.partition("=")[0])
        elif word.startswith("-") and len(word) > 1:
            found |= {word, *("-" + letter for letter in word[1:] if letter.isalnum())}
    return found


def _named(line: str) -> "set[str]":
    """The options that an entry of the manual begins with."""
    marks = str.maketrans(dict.fromkeys(",=[]<>|", " "))
    return {word for word in line.translate(marks).split() if word.startswith("-")}


def _end_of_entry(lines: "Sequence[str]", at: int) -> int:
    """The line behind an entry: the next one that stands no deeper than its first."""
    depth = len(lines[at]) - len(lines[at].lstrip())
    end = at + 1
    while end < len(lines) and end < at + 40 and (not lines[end].strip() or _depth(lines[end]) > depth):
        end += 1
    return end


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())
