"""A question as it leaves this machine, and the two ways to have its answer: as it comes, or as a form to act on."""

import sys

from aniate import auth, config, engine, jsontext, terminal
from aniate.errors import BrokenAnswer, NothingSent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.context import Piece
    from aniate.options import Call


class Question:
    """What is asked: the brew that answers, the words, what goes along, and the turns before it.

    `earlier` holds (role, text) with the roles `user` and `assistant`.
    """

    __slots__ = ("assistant", "brew", "earlier", "pieces", "text")

    def __init__(
        self,
        brew: str,
        text: str,
        pieces: "Sequence[Piece]" = (),
        assistant: str = "",
        earlier: "Sequence[tuple[str, str]]" = (),
    ) -> None:
        self.brew = brew
        self.text = text
        self.pieces = pieces
        self.assistant = assistant
        self.earlier = earlier


class Caller:
    """Who asks, and where; made before anything is read, so that who is not logged in hears of it first."""

    __slots__ = ("call", "credential", "settings")

    def __init__(self, call: "Call") -> None:
        """NeedsLogin if nobody is logged in; with `--dry-run` nobody has to be."""
        self.call = call
        self.settings = config.load(call)
        self.credential = None if call.flag("dry-run") else auth.credential(self.settings)


def ask(
    caller: Caller, question: Question, on_start: "Callable[[engine.Answer], None]", on_delta: "Callable[[str], None]"
) -> engine.Answer:
    """Send the question and follow the answer to its end. AntError if it has no good end.

    With `--dry-run` nothing is sent: what would be sent is shown, and NothingSent is raised.
    """
    settings = caller.settings

    def body() -> bytes:
        return engine.request_body(
            question.text, question.brew, settings.model, question.pieces, question.assistant, question.earlier
        )

    if caller.credential is None:
        _show(settings, body())
        raise NothingSent
    anew = caller.call.flag("no-cache")
    return engine.converse(settings, caller.credential, body, on_start, on_delta, anew)


def ask_for_form(caller: Caller, question: Question) -> "dict[str, object]":
    """The answer of a brew that answers in JSON. BrokenAnswer if it is none; else as `ask`."""
    return form_of(ask(caller, question, tell_notice, lambda _: None))


def form_of(answer: engine.Answer) -> "dict[str, object]":
    """A whole answer as the form that it is. BrokenAnswer if it is none."""
    try:
        return jsontext.load_object("".join(answer.pieces))
    except ValueError as error:
        raise BrokenAnswer(
            "The model's answer has not the form that was asked for.", "Ask again, or try --model smart."
        ) from error


def tell_notice(answer: engine.Answer) -> None:
    """Say who answers and why, where the server tells."""
    if answer.notice and terminal.is_terminal(sys.stderr):
        terminal.say(answer.notice, terminal.DIM)


def _show(settings: "config.Settings", body: bytes) -> None:
    """The request that would be made, as JSON that is pleasant to read; the login is left out."""
    import json

    shown = {"method": "POST", "url": f"{settings.address.origin}/v1/chat", "body": json.loads(body)}
    sys.stdout.write(json.dumps(shown, indent=2, ensure_ascii=True) + "\n")
