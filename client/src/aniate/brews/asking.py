"""A question as it leaves this machine, and the two ways to have its answer: as it comes, or as a form to act on."""

import sys

from aniate import auth, config, engine, jsontext, terminal
from aniate.context import Found
from aniate.errors import BrokenAnswer, NothingSent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from aniate.context import Piece
    from aniate.options import Call
    from aniate.waiting import CalmLine


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
    caller: Caller,
    question: Question,
    on_start: "Callable[[engine.Answer], None]",
    on_delta: "Callable[[str], None] | None",
    on_sent: "Callable[[], None]" = lambda: None,
    calm: bool = True,
) -> engine.Answer:
    """Send the question and follow the answer to its end. AntError if it has no good end.

    On a terminal a calm line says what is waited for: up to the first piece of the answer, or to its end if nobody
    takes the pieces; never with `calm` off, for who shows a bar already. `on_sent` is called when the question is under
    way.

    With `--dry-run` nothing is sent: what would be sent is shown, and NothingSent is raised.
    """
    settings = caller.settings
    _redact(question, Found(not caller.call.flag("no-redact")))

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
    heard = _Heard(on_start, on_delta, on_sent, calm)
    try:
        return engine.converse(settings, caller.credential, body, heard.start, heard.delta, anew, heard.wait)
    finally:
        heard.end()


class _Heard:
    """What comes, given on to who asked; before it, the calm line on a terminal is taken away."""

    __slots__ = ("_delta", "_line", "_sent", "_start")

    def __init__(
        self,
        on_start: "Callable[[engine.Answer], None]",
        on_delta: "Callable[[str], None] | None",
        on_sent: "Callable[[], None]",
        calm: bool,
    ) -> None:
        self._start = on_start
        self._delta = on_delta
        self._sent = on_sent
        self._line = _calm_line() if calm and terminal.can_paint(sys.stderr) else None

    def start(self, answer: engine.Answer) -> None:
        """The answer begins; a notice of it stands above the line."""
        if self._line:
            self._line.aside(lambda: self._start(answer))
        else:
            self._start(answer)

    def delta(self, text: str) -> None:
        """The next piece."""
        if self._delta:
            self.end()
            self._delta(text)

    def wait(self, status: "Mapping[str, object]") -> None:
        """The question is under way, or the server says what is waited for."""
        if not status:
            self._sent()
        elif self._line:
            self._line.say_status(status)

    def end(self) -> None:
        """Nothing is waited for any more."""
        if self._line:
            self._line.gone()
            self._line = None


def _calm_line() -> "CalmLine | None":
    """The line; none in a thread, where no signal can bring it."""
    from aniate.waiting import CalmLine

    try:
        return CalmLine()
    except ValueError:
        return None


def _redact(question: Question, found: Found) -> None:
    """Take secrets out of the words, for good: what is kept of them has none, either."""
    question.text = found.harmless(question.text, "the question")
    for note in found.notes:
        terminal.say(note)
    question.earlier = [(role, found.harmless(text, "what was said")) for role, text in question.earlier]


def tell_notice(answer: engine.Answer) -> None:
    """Show what the server has to say of the answer, if somebody looks on."""
    if answer.notice and terminal.is_terminal(sys.stderr):
        terminal.say(answer.notice, terminal.DIM)


def ask_for_form(
    caller: Caller,
    question: Question,
    on_start: "Callable[[engine.Answer], None]" = tell_notice,
    calm: bool = True,
) -> "dict[str, object]":
    """The answer of a brew that answers in JSON. BrokenAnswer if it is none; else as `ask`."""
    return form_of(ask(caller, question, on_start, None, calm=calm))


def form_of(answer: engine.Answer) -> "dict[str, object]":
    """A whole answer as the form that it is. BrokenAnswer if it is none."""
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
