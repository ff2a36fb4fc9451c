"""A conversation to be read: on the terminal, as markdown, as JSON."""

import os
import sys
import time

from aniate import files, terminal
from aniate.errors import InputRefused, UsageError
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.history.conversation import Conversation, Turn


def show(conversation: "Conversation", theme: str = "auto") -> None:
    """All turns on standard output: questions behind a `>`, answers as they were shown."""
    if not conversation.turns:
        terminal.say("Nothing was said yet.")
    for turn in conversation.turns:
        for line in clean(turn.question).split("\n"):
            sys.stdout.write(terminal.paint(f"> {line}", "1", sys.stdout) + "\n")
        sys.stdout.write("\n")
        writer = terminal.answer_writer(sys.stdout, theme)
        writer.write(turn.answer)
        writer.close()
        if turn.interrupted:
            sys.stdout.write("(interrupted)\n")
        sys.stdout.write("\n")
    sys.stdout.flush()


def as_markdown(conversation: "Conversation") -> str:
    """The conversation as a document."""
    who = conversation.assistant or "ant"
    parts = [f"# {conversation.name}", f"{minute(conversation.at)}, {clean_line(conversation.folder)}"]
    for turn in conversation.turns:
        parts += [f"## You, {minute(turn.at)}", clean(turn.question).strip("\n")]
        if turn.files:
            parts.append("Files: " + ", ".join(f"`{clean_line(name)}`" for name in turn.files))
        parts += [f"## {clean_line(who)}", clean(turn.answer).strip("\n")]
        if turn.interrupted:
            parts.append("*(interrupted)*")
    return "\n\n".join(parts) + "\n"


def as_data(conversation: "Conversation") -> "dict[str, object]":
    """The conversation for programs; times in UTC."""
    return {**summary(conversation), "turns": [_turn(turn) for turn in conversation.turns]}


def summary(conversation: "Conversation") -> "dict[str, object]":
    """What a list says of it."""
    return {
        "id": conversation.identity,
        "title": conversation.name,
        "folder": clean_line(os.path.expanduser(conversation.folder), 4096),
        "assistant": clean_line(conversation.assistant),
        "host": clean_line(conversation.origin),
        "profile": clean_line(conversation.profile),
        "created_at": _utc(conversation.at),
        "updated_at": _utc(conversation.last_at),
        "length": len(conversation.turns),
    }


def _turn(turn: "Turn") -> "dict[str, object]":
    return {
        "question": clean(turn.question),
        "answer": clean(turn.answer),
        "at": _utc(turn.at),
        "model": clean_line(turn.model),
        "files": [clean_line(name) for name in turn.files],
        "interrupted": turn.interrupted,
    }


def _utc(at: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def minute(at: int) -> str:
    """A time as the user's clock has it, to the minute."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(at))


def write_new(path: str, text: str, hint: str, force: bool = False) -> None:
    """Write a file that only the user may read; over one that exists only by `force`. AntError, with `hint`, if not."""
    shown = clean_line(path)
    if os.path.lexists(path) and not force:
        raise UsageError(f"{shown} exists.", hint)
    try:
        files.write_for_user(path, text, force, 0o600)
    except OSError as error:
        raise InputRefused(f"{shown} can't be written: {(error.strerror or 'failed').lower()}.") from error
