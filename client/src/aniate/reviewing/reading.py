"""The review itself: part after part is shown to the model, and what it finds is held against the part."""

from aniate.brews.asking import Question, ask_for_form
from aniate.context import Found
from aniate.errors import BrokenAnswer, ServerRefused
from aniate.progress import Progress
from aniate.reviewing.findings import Findings
from aniate.reviewing.parts import Part, Passed, pack

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.brews.asking import Caller
    from aniate.reviewing.changes import Changes

_TRIES = 3
"""After so many parts in a row without an answer, it is not the parts."""


class Review:
    """What is known so far; whatever ends it early leaves it true."""

    def __init__(self) -> None:
        self.findings = Findings()
        self.passed = Passed()
        self.unreviewed: list[str] = []
        self.notices: list[str] = []
        self.done = 0
        self.total = 0
        self.complete = False

    def run(self, caller: "Caller", changes: "Changes") -> None:
        """Review all parts. AntError, or KeyboardInterrupt, if that ends before its end."""
        self.total = sum(1 for _ in pack(changes.files(), Passed()))
        failed = 0
        with Progress(self.total, "Reviewing") as progress:
            for part in pack(changes.files(), self.passed):
                try:
                    self._ask(caller, part)
                    failed = 0
                except (BrokenAnswer, ServerRefused) as error:
                    failed += 1
                    self.unreviewed += [name for name in part.files if name not in self.unreviewed]
                    if failed == min(_TRIES, self.total):
                        raise error
                progress.step()
        self.complete = True

    def _ask(self, caller: "Caller", part: Part) -> None:
        found = Found()
        for name, text in part.texts.items():
            found.add("diff", name, text)
        form = ask_for_form(caller, Question("review", "Review these changes.", found.pieces))
        try:
            self.findings.take(form, part)
        except ValueError as error:
            raise BrokenAnswer("The model's answer has not the form that was asked for.") from error
        self.done += 1
        self.notices += [note for note in found.notes if note not in self.notices]


def fails(review: Review, at: str) -> bool:
    """Whether the gate is to stay shut: a finding of that severity or a graver one, or something unproven."""
    from aniate.reviewing.findings import SEVERITIES

    grave = SEVERITIES[: SEVERITIES.index(at) + 1]
    return bool(review.unreviewed) or any(each.severity in grave for each in review.findings.sorted())
