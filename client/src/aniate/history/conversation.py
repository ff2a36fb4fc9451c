"""One conversation: who answers, where it was begun, its turns; and the lines that it is kept in.

The first line of a file says what the conversation is, each later one is a turn or a new title. Lines are only ever
appended, so that of a file that was torn at its end all but the last line is good.
"""

from aniate import jsontext
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_TITLE = 72
_HEX = frozenset("0123456789abcdef")
ID_LENGTH = 32


class Turn:
    """A question and what was answered, as far as it came; `at` in seconds since 1970.

    `files` are the names of what went along; their text is not kept. With `again` it stands for the turn before it.
    """

    __slots__ = ("again", "answer", "at", "files", "interrupted", "model", "question")

    def __init__(
        self,
        question: str,
        answer: str,
        at: int,
        model: str = "",
        files: "Sequence[str]" = (),
        interrupted: bool = False,
        again: bool = False,
    ) -> None:
        self.question = question
        self.answer = answer
        self.at = at
        self.model = model
        self.files = files
        self.interrupted = interrupted
        self.again = again


class Conversation:
    """A conversation so far. `origin` and `profile` say with which server and login it is held."""

    __slots__ = ("assistant", "at", "folder", "identity", "origin", "profile", "title", "turns")

    def __init__(self, identity: str, at: int, folder: str, profile: str, origin: str, assistant: str = "") -> None:
        self.identity = identity
        self.at = at
        self.folder = folder
        self.profile = profile
        self.origin = origin
        self.assistant = assistant
        self.title = ""
        self.turns: list[Turn] = []

    @property
    def name(self) -> str:
        """Its title, or the beginning of its first question; one line that is safe to show."""
        first = self.turns[0].question if self.turns else ""
        return clean_line(self.title or first, _TITLE) or "(no words)"

    @property
    def last_at(self) -> int:
        """When it was held last."""
        return self.turns[-1].at if self.turns else self.at

    def add(self, turn: Turn) -> None:
        """The next turn, or the last one anew."""
        if turn.again and self.turns:
            self.turns.pop()
        self.turns.append(turn)

    def earlier(self) -> "list[tuple[str, str]]":
        """The turns as (role, text), for the next question to stand behind."""
        said: list[tuple[str, str]] = []
        for turn in self.turns:
            if turn.answer.strip():
                said += (("user", turn.question), ("assistant", turn.answer))
        return said


def head_line(conversation: Conversation) -> str:
    """The first line of a file."""
    return _line(
        {
            "conversation": conversation.identity,
            "at": conversation.at,
            "folder": conversation.folder,
            "profile": conversation.profile,
            "origin": conversation.origin,
            "assistant": conversation.assistant,
        }
    )


def turn_line(turn: Turn) -> str:
    """The line of a turn; what is false or empty is left out."""
    rest = {
        "model": turn.model,
        "files": list(turn.files),
        "interrupted": turn.interrupted,
        "again": turn.again,
    }
    kept = {key: value for key, value in rest.items() if value}
    return _line({"question": turn.question, "answer": turn.answer, "at": turn.at, **kept})


def title_line(title: str) -> str:
    """The line of a new title."""
    return _line({"title": title})


def _line(fields: "dict[str, object]") -> str:
    return jsontext.dumps(fields) + "\n"  # in ASCII, so that no half of a letter can be torn off


def portable(lines: "Sequence[str]") -> "list[str]":
    """A file's good lines as other machines have them: without what is true of this one alone. Empty if it has none."""
    return _with_head(lines, {})


def at_home(lines: "Sequence[str]", profile: str, origin: str) -> "list[str]":
    """What `portable` made, as it is kept on this machine."""
    return _with_head(lines, {"profile": profile, "origin": origin})


def _with_head(lines: "Sequence[str]", more: "dict[str, object]") -> "list[str]":
    good: list[str] = []
    for line in lines:
        try:
            fields = jsontext.load_object(line)
        except ValueError:
            continue
        if not good:
            if _head(fields) is None:
                continue
            kept = {key: value for key, value in fields.items() if key not in ("profile", "origin")}
            line = jsontext.dumps({**kept, **more})
        good.append(line.strip())
    return good


def of_lines(lines: "Iterable[str]") -> "Conversation | None":
    """The conversation in a file's lines; None if they hold none. A line that makes no sense is passed over."""
    found: Conversation | None = None
    for line in lines:
        try:
            fields = jsontext.load_object(line)
        except ValueError:
            continue
        if found is None:
            found = _head(fields)
        elif isinstance(fields.get("title"), str):
            found.title = str(fields["title"])
        elif isinstance(fields.get("question"), str):
            found.add(_turn(fields))
    return found


def _head(fields: "dict[str, object]") -> "Conversation | None":
    identity = fields.get("conversation")
    if not isinstance(identity, str) or not is_id(identity):
        return None
    texts = (_text(fields, name) for name in ("folder", "profile", "origin", "assistant"))
    return Conversation(identity, _moment(fields), *texts)


def _turn(fields: "dict[str, object]") -> Turn:
    files = fields.get("files")
    names = [name for name in files if isinstance(name, str)] if isinstance(files, list) else []
    return Turn(
        _text(fields, "question"),
        _text(fields, "answer"),
        _moment(fields),
        _text(fields, "model"),
        names,
        fields.get("interrupted") is True,
        fields.get("again") is True,
    )


def _text(fields: "dict[str, object]", name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _moment(fields: "dict[str, object]") -> int:
    value = fields.get("at")
    return value if isinstance(value, int) and 0 <= value < 1 << 36 else 0


def is_id(text: str) -> bool:
    """Whether a conversation can be called so."""
    return len(text) == ID_LENGTH and _HEX.issuperset(text)
