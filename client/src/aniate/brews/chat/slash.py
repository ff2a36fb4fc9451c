"""The /commands of a talk: one row each, from which dispatch, help and completion come."""

import os
import sys

from aniate import names, terminal
from aniate.brews.chat import mentions
from aniate.brews.chat.talk import Talk, say_hint
from aniate.errors import UsageError
from aniate.safe_text import clean_line
from aniate.suggest import closest, did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Step = Callable[[Talk, str], "str | None"]

LEAVE = "leave"
"""What a command returns to end the talk; another text is asked as a question."""


def is_command(line: str) -> bool:
    """Whether a line is a /command, and no path or text that begins with a slash."""
    word = line.partition(" ")[0]
    return line.startswith("/") and "\n" not in line and "/" not in word[1:] and word[1:2].isalpha()


def run(talk: Talk, line: str) -> "str | None":
    """Do what the line says. None goes on, LEAVE ends the talk. UsageError if there is no such command."""
    word, _, rest = line[1:].partition(" ")
    if word not in COMMANDS:
        hint = did_you_mean([f"/{name}" for name in closest(word, COMMANDS)])
        raise UsageError(
            f"There is no /{clean_line(word, 40)}.",
            hint or "/help lists what there is; a blank before it makes it text.",
        )
    return COMMANDS[word][2](talk, rest.strip())


def _help(_talk: Talk, _: str) -> None:
    width = terminal.columns(sys.stderr)
    for name, (takes, meaning, _step) in COMMANDS.items():
        if meaning:
            _row(f"/{name} {takes}".rstrip(), meaning, width)
    for keys, meaning in _KEYS:
        _row(keys, meaning, width)


def _row(left: str, right: str, width: int) -> None:
    if width < 50:
        sys.stderr.write(f"{left}\n{terminal.wrap(right, width, '  ', '  ')}\n")
    else:
        sys.stderr.write(terminal.wrap(right, width, left.ljust(20), " " * 20) + "\n")


def _leave(_talk: Talk, _: str) -> str:
    return LEAVE


def _new(talk: Talk, _: str) -> None:
    talk.anew()
    say_hint("A new conversation; the last one is kept in `ant history`.")


def _model(talk: Talk, alias: str) -> None:
    if alias:
        talk.choose_model(alias)
    say_hint(f"The model is {talk.caller.settings.model}.")


def _assistant(talk: Talk, name: str) -> None:
    if name == "-":
        talk.assistant = ""
    elif name:
        name = name.removeprefix("@")
        if not names.valid(name):
            raise UsageError(f"{clean_line(name, 40)} is no assistant's name.", "`ant list` shows yours; - is none.")
        talk.assistant = name
    talk.conversation.assistant = talk.assistant if not talk.conversation.turns else talk.conversation.assistant
    say_hint(f"{talk.assistant or 'No assistant'} answers.")


def _file(talk: Talk, path: str) -> None:
    if not path:
        _files(talk, "")
        return
    paths = mentions.paths_in(f'@"{path}"' if os.path.exists(os.path.expanduser(path)) else f"@{path}")
    for piece in talk.attach(paths or [path]):
        talk.pieces[piece.name] = piece
        say_hint(f"{piece.name} goes along from now on.")


def _files(talk: Talk, _: str) -> None:
    if not talk.pieces:
        say_hint("Nothing goes along; @PATH in a question, or /file PATH, adds a file.")
    for name, piece in talk.pieces.items():
        say_hint(f"{name} ({len(piece.text)} characters)")


def _drop(talk: Talk, name: str) -> None:
    if name and name not in talk.pieces:
        raise UsageError(f"{clean_line(name, 80)} does not go along.", "/files lists what does.")
    for each in [name] if name else list(talk.pieces):
        del talk.pieces[each]
    _files(talk, "")


def _retry(talk: Talk, _: str) -> None:
    if not talk.conversation.turns:
        raise UsageError("Nothing was asked yet.")
    talk.ask(talk.conversation.turns[-1].question, (), again=True)


def _history(talk: Talk, _: str) -> None:
    from aniate.history.transcript import show

    show(talk.conversation, talk.caller.settings.values["theme"])


def _rename(talk: Talk, title: str) -> None:
    if not clean_line(title):
        raise UsageError("The title is missing.", "As in: /rename undoing commits")
    talk.keeper.rename(clean_line(title, 200))
    talk.share()
    say_hint(f"This is now called {talk.conversation.name}.")


def _save(talk: Talk, path: str) -> None:
    from aniate.history.transcript import as_markdown, write_new

    if not path:
        raise UsageError("The file's name is missing.", "As in: /save talk.md")
    write_new(os.path.expanduser(path), as_markdown(talk.conversation), "Choose another name.")
    say_hint(f"Saved as {path}.")


COMMANDS: "dict[str, tuple[str, str, Step]]" = {
    "help": ("", "this list", _help),
    "new": ("", "begin another conversation", _new),
    "retry": ("", "ask the last question again", _retry),
    "model": ("[ALIAS]", "ask this model from now on", _model),
    "assistant": ("[NAME]", "let this assistant answer; - for none", _assistant),
    "file": ("PATH", "let a file or folder go along with each question; so does @PATH in one", _file),
    "files": ("", "what goes along", _files),
    "drop": ("[NAME]", "let it not go along any more, or nothing", _drop),
    "history": ("", "show what was said so far", _history),
    "rename": ("TITLE", "give this conversation a title", _rename),
    "save": ("FILE", "write it to a file, as markdown", _save),
    "exit": ("", "leave; Ctrl-D does too", _leave),
    "clear": ("", "", _new),
    "quit": ("", "", _leave),
}
"""What each takes, what it means (nothing: another name of one above), and what it does."""

_KEYS = (
    ("Alt-Enter, or \\", "a new line; pasted text keeps its lines"),
    ("Ctrl-C", "stop the answer; on an empty line, twice, leave"),
    ("Ctrl-X Ctrl-E", "write in $EDITOR"),
)
