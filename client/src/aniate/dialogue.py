"""Questions to whoever sits at the terminal: one key, one word, one line, or a text in the editor.

Questions stand on stderr, since stdout is for data. Nobody is asked where stdin or stderr is no terminal.
"""

import os
import sys

from aniate import terminal
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


def possible() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin is not None and terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stderr)


def reach() -> bool:
    """Whether there is somebody to ask. The terminal takes the place of a pipe on stdin, which is read by then."""
    if possible():
        return True
    from aniate.context import stdin_is_piped

    if not (terminal.is_terminal(sys.stderr) and stdin_is_piped()):
        return False
    try:
        fd = os.open("/dev/tty", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    os.dup2(fd, 0)
    os.close(fd)
    sys.stdin = open(0, encoding="utf-8", errors="replace", closefd=False)  # noqa: SIM115  # lives as long as we
    return True


def choose(question: str, keys: "Mapping[str, str]", default: str) -> str:
    """The one key of `keys` that is pressed; `default` for Enter, Escape and the end of input.

    `keys` maps each key to its word, as {"r": "run"}; other keys ring the bell. Ctrl-C is KeyboardInterrupt.
    A key that was pressed before the question stands there is no answer; one that is pressed once it does, is.
    """
    import tty

    from aniate import modes, terminal

    words = "  ".join(_with_key(word, key) for key, word in keys.items())
    fits = len(question) + len(words) + 2 <= terminal.columns(sys.stderr)
    between = "" if not question else " " if fits else "\n"  # no key is broken at the edge
    with modes.kept():
        tty.setcbreak(0)  # this drops what was typed until now
        sys.stderr.write(f"{question}{between}{words} ")
        sys.stderr.flush()
        return _pressed(keys, default)


def _pressed(keys: "Mapping[str, str]", default: str) -> str:
    while True:
        key = _key().lower()
        if key in ("", "\r", "\n", "\x1b", "\x04"):
            key = default
        if key in keys:
            sys.stderr.write(f"{keys[key]}\n")
            sys.stderr.flush()
            return key
        sys.stderr.write("\a")
        sys.stderr.flush()


def _with_key(word: str, key: str) -> str:
    """`[r]un`, or `[y] run` where the word has not the key."""
    before, found, after = word.partition(key)
    return f"{before}[{found}]{after}" if found else f"[{key}] {word}"


def _key() -> str:
    """The next key; the empty string at the end of input. An escape sequence is one key, which is sent at once.

    So is what is pasted: it is no key that anybody is asked for.
    """
    text = os.read(0, 4096).decode("utf-8", "replace")
    return "\x1b" if text.startswith("\x1b") else text.rstrip("\r\n") or text[:1]


def typed(question: str, word: str) -> bool:
    """Whether the user types just `word`, and Enter."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == word


def line(question: str, text: str = "") -> str:
    """A line of the user's, beginning with `text`, edited in place; without newlines. EOFError for Ctrl-D."""
    import readline

    from aniate import modes

    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        with modes.kept():
            return _on_stderr(question)
    finally:
        readline.set_startup_hook(None)


def _on_stderr(question: str) -> str:
    """`input`, which writes its question to stdout, with stderr in stdout's place."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        return input(clean_line(question) + " ")
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def draft_path(ending: str, folder: str, name: str) -> str:
    """Where this process keeps what is being edited; another at the same time has a file of its own."""
    return os.path.join(folder, f"{name}.{os.getpid()}.draft{ending}")


def edited(text: str, ending: str, folder: str, name: str = "ant") -> str:
    """`text` as it comes back from $VISUAL or $EDITOR. StorageFailed if there is none, or it fails.

    The draft is a private file below `folder`; what was typed stays there if the editor fails.
    """
    from shlex import split
    from subprocess import call

    from aniate import files
    from aniate.errors import StorageFailed

    editor = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    path = draft_path(ending, folder, name)
    files.write_private(path, text)
    try:
        code = call([*split(editor), path])  # noqa: S603  # the user's own editor
    except (OSError, ValueError) as error:
        os.unlink(path)
        raise StorageFailed(f"The editor {clean_line(editor)} can't be started.", "Set $EDITOR.") from error
    with open(path, encoding="utf-8", errors="replace") as file:
        changed = file.read()
    if code and changed != text:
        raise StorageFailed(f"The editor ended with {code}, so nothing was changed.", f"Your text is kept in {path}")
    os.unlink(path)
    if code:
        raise StorageFailed(f"The editor ended with {code}, so nothing was changed.")
    return changed
