"""The review itself: part after part is shown to the model, and what it finds is held against the part."""

from aniate.brews.asking import Question, ask_for_form
from aniate.context import Found
from aniate.errors import BrokenAnswer, NothingSent, ServerRefused
from aniate.progress import Progress
from aniate.reviewing.findings import Findings
from aniate.reviewing.parts import MOST_BYTES, Part, Passed, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.brews.asking import Caller
    from aniate.engine import Answer
    from aniate.errors import AntError
    from aniate.reviewing.changes import Changes

_TRIES = 3
"""After so many requests in a row without an answer, it is not what was asked."""
_LEAST = 512
"""Bytes of a part that is not halved any more."""


class _TooLong(Exception):
    """The model does not read all of the part."""


class Review:
    """What is known so far; whatever ends it early leaves it true."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.passed = Passed()
        self.unreviewed: list[str] = []
        self.cut: list[str] = []
        """Files of which the model did not read all."""
        self.notices: list[str] = []
        self.done = 0
        self.total = 0
        self.complete = False
        self._room = MOST_BYTES
        self.answers = 0
        """How many requests had one: at least as many as parts that are done."""
        self._failed = 0
        self._error: AntError | None = None
        self._shown: NothingSent | None = None

    @property
    def whole(self) -> bool:
        """Whether each line was looked at."""
        return self.complete and not self.unreviewed and not self.cut

    def run(self, caller: "Caller", changes: "Changes") -> None:
        """Review all parts. AntError, or KeyboardInterrupt, if that ends before its end.

        With `--dry-run` each part's request is shown, and NothingSent raised.
        """
        self.total = sum(1 for _ in pack(changes.files(), Passed()))
        with Progress(self.total, "Reviewing") as progress:
            for part in pack(changes.files(), self.passed):
                try:
                    self.done += self._review(caller, part)
                except NothingSent as ending:
                    self._shown = ending
                progress.step()
        if self._shown is not None:
            raise self._shown
        if self._error is not None and not self.answers:
            raise self._error
        self.complete = True

    def _review(self, caller: "Caller", whole: Part) -> bool:
        """Review one part, in pieces as small as the model needs them; whether all of them had an answer."""
        waiting, good = [whole], True
        while waiting:
            part = waiting.pop(0)
            halves = part.halves() if part.size > max(self._room, _LEAST) else []
            if halves:
                waiting[:0] = halves
                continue
            try:
                self._ask(caller, part)
            except _TooLong:
                self._room = part.size * 2 // 3  # half of it, and some more: halves are never quite equal
                waiting.insert(0, part)
            except (BrokenAnswer, ServerRefused) as error:
                good = False
                self._count_failure(part, error)
            else:
                self.answers += 1
                self._failed = 0
        return good

    def _count_failure(self, part: Part, error: "AntError") -> None:
        """Note what has no answer; raise if it seems that nothing will have one."""
        self.unreviewed += [name for name in part.files if name not in self.unreviewed]
        self._failed += 1
        self._error = error
        if self._failed == _TRIES:
            raise error

    def _ask(self, caller: "Caller", part: Part) -> None:
        """One request. _TooLong if the server says that the model can't read all of it, and there is less to ask."""
        found = Found(not caller.call.flag("no-redact"))
        for name, text in part.texts.items():
            found.add("diff", name, text)

        can_be_less = part.size > _LEAST and bool(part.halves())

        def on_start(answer: "Answer") -> None:
            if was_cut(answer.notice):
                if can_be_less:
                    raise _TooLong
                self.cut += [name for name in part.files if name not in self.cut]
            elif answer.notice:
                self._note(answer.notice)

        question = Question("review", "Review these changes.", found.pieces)
        try:
            form = ask_for_form(caller, question, on_start, calm=self.total <= 1)
        except ServerRefused as error:
            if error.code == "too_large" and can_be_less:
                raise _TooLong from error
            raise
        try:
            self.findings.take(form, part)
        except ValueError as error:
            raise BrokenAnswer("The model's answer has not the form that was asked for.") from error
        for note in found.notes:
            self._note(note)

    def _note(self, note: str) -> None:
        if note not in self.notices:
            self.notices.append(note)


def was_cut(notice: str) -> bool:
    """Whether the server says that the model did not read all that was sent. A test holds both halves to the words."""
    return " left out" in notice


def fails(review: Review, at: str) -> bool:
    """Whether the gate is to stay shut: a finding of that severity or a graver one, or something unproven."""
    from aniate.reviewing.findings import SEVERITIES

    grave = SEVERITIES[: SEVERITIES.index(at) + 1]
    return not review.whole or any(each.severity in grave for each in review.findings.sorted())
