"""A question as it leaves this machine, and the two ways to have its answer: as it comes, or as a form to act on."""

import sys

from aniate import auth, config, engine, jsontext, terminal
from aniate.context import hidden
from aniate.errors import BrokenAnswer, NothingSent
from aniate.redaction import redact

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.context import Piece
    from aniate.options import Call


class Question:
    """What is asked: the brew that answers, the words, what goes along, and the turns before it.

    `earlier` holds (role, text) with the roles `user` and `assistant`. With `anew` the server doesn't give an answer
    that it gave before.
    """

    __slots__ = ("anew", "assistant", "brew", "earlier", "pieces", "text")

    def __init__(
        self,
        brew: str,
        text: str,
        pieces: "Sequence[Piece]" = (),
        assistant: str = "",
        earlier: "Sequence[tuple[str, str]]" = (),
        anew: bool = False,
    ) -> None:
        self.brew = brew
        self.text = text
        self.pieces = pieces
        self.assistant = assistant
        self.earlier = earlier
        self.anew = anew


class Caller:
    """Who asks, and where; made before anything is read, so that who is not logged in hears of it first."""

    __slots__ = ("call", "credential", "noticed", "settings")

    def __init__(self, call: "Call") -> None:
        """NeedsLogin if nobody is logged in; with `--dry-run` nobody has to be."""
        self.call = call
        self.settings = config.load(call)
        self.credential = None if call.flag("dry-run") else auth.credential(self.settings)
        self.noticed = ""


def ask(
    caller: Caller, question: Question, on_start: "Callable[[engine.Answer], None]", on_delta: "Callable[[str], None]"
) -> engine.Answer:
    """Send the question and follow the answer to its end. AntError if it has no good end.

    With `--dry-run` nothing is sent: what would be sent is shown, and NothingSent is raised.
    """
    settings = caller.settings
    if not caller.call.flag("no-redact"):
        _redact(question)

    def body() -> bytes:
        return engine.request_body(
            question.text,
            question.brew,
            settings.model,
            question.pieces,
            question.assistant,
            question.earlier,
            caller.call.flag("short"),
        )

    if caller.credential is None:
        _show(settings, body())
        raise NothingSent
    anew = question.anew or caller.call.flag("no-cache")
    return engine.converse(settings, caller.credential, body, on_start, on_delta, anew)


def _redact(question: Question) -> None:
    """Take secrets out of the words, for good: what is kept of them has none, either."""
    question.text, count = redact(question.text)
    question.earlier = [(role, redact(text)[0]) for role, text in question.earlier]
    if count:
        terminal.say(hidden(count, "the question"))


def tell_notice(answer: engine.Answer) -> None:
    """Show what the server has to say of the answer, if somebody looks on."""
    if answer.notice and terminal.is_terminal(sys.stderr):
        terminal.say(answer.notice, terminal.DIM)


def ask_for_form(
    caller: Caller, question: Question, on_start: "Callable[[engine.Answer], None]" = tell_notice
) -> "dict[str, object]":
    """The answer of a brew that answers in JSON. BrokenAnswer if it is none; else as `ask`."""
    answer = ask(caller, question, on_start, lambda _: None)
    try:
        return jsontext.load_object("".join(answer.pieces))
    except ValueError as error:
        raise BrokenAnswer(
            "The model's answer has not the form that was asked for.", "Ask again, or try --model smart."
        ) from error


def _show(settings: "config.Settings", body: bytes) -> None:
    """The request that would be made, as JSON that is pleasant to read; the login is left out."""
    import json

    shown = {"method": "POST", "url": f"{settings.address.origin}/v1/chat", "body": json.loads(body)}
    sys.stdout.write(json.dumps(shown, indent=2, ensure_ascii=True) + "\n")
