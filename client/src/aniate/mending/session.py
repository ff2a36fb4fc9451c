"""One `ant fix` of code: a change is proposed, shown, made, tried; then proven, or taken back."""

import sys

from aniate import dialogue, jsontext, terminal
from aniate.asked_to_end import in_order
from aniate.brews.asking import Caller, Question, ask_for_form
from aniate.errors import BrokenAnswer, ChangeRefused, UsageError
from aniate.mending import evidence
from aniate.mending.applying import Undo, apply, undoable
from aniate.mending.inside import Inside
from aniate.mending.proposal import Proposal, propose
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.failed_command import Failed
    from aniate.mending.writing import Change
    from aniate.options import Call

ROUNDS = 3
MAX_ROUNDS = 20


def mend(call: "Call", failed: "Failed") -> int:
    """Have the failure mended. The exit code: 0 if a change was proposed, or made and proven where it can be."""
    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    rounds = _rounds(call)
    caller = Caller(call)
    inside = Inside(failed.folder)
    try:
        with in_order():
            return _mended(call, caller, failed, inside, rounds)
    finally:
        inside.close()


def _mended(call: "Call", caller: Caller, failed: "Failed", inside: Inside, rounds: int) -> int:
    _tell_of_half_a_fix(inside)
    session = _Session(caller, failed, inside)
    code = session.run(rounds)
    if call.flag("json"):
        jsontext.tell(session.told())
    return code


def _rounds(call: "Call") -> int:
    """UsageError if `--rounds` is no number of rounds."""
    given = call.value("rounds")
    if given is None:
        return ROUNDS
    if not (given.isascii() and given.isdigit() and 1 <= int(given) <= MAX_ROUNDS):
        raise UsageError(f"--rounds {clean_line(given, 40)} is no number from 1 to {MAX_ROUNDS}.")
    return int(given)


def _tell_of_half_a_fix(inside: Inside) -> None:
    if any(not undo.whole for undo in undoable(inside.path)):
        terminal.say("An earlier fix of this folder was cut off; `ant undo` takes it back.")


class _Session:
    """What happens in one `ant fix`."""

    def __init__(self, caller: Caller, failed: "Failed", inside: Inside) -> None:
        from time import time_ns

        self._caller = caller
        self._failed = failed
        self._inside = inside
        self._name = str(time_ns())
        self._json = caller.call.flag("json")
        self._yes = caller.call.flag("yes")
        self._asks = not self._yes and not self._json and terminal.is_terminal(sys.stdout) and dialogue.reach()
        self._command = failed.command or _quoted(failed.argv or [])
        self._output, self._code = failed.output, failed.code
        self._earlier: list[tuple[str, str]] = []
        self._question = "What is wrong, and how is it mended?"
        if self._command:
            self._question = f"This fails with exit code {self._code}."
        self._explanation = ""
        self._diff = ""
        self._changes: list[Change] = []
        self._tried = 0
        self._proven: bool | None = None
        self._rolled_back = False
        self._seen: evidence.Evidence | None = None

    def run(self, rounds: int) -> int:
        """Go through the rounds; the exit code."""
        try:
            while self._tried < rounds:
                self._tried += 1
                code = self._round(self._tried == rounds)
                if code is not None:
                    return code
        except BaseException:
            self._leave_tidy()
            raise
        return self._not_proven()

    def _round(self, is_last: bool) -> "int | None":
        """One proposal; the exit code if the session ends with it."""
        proposal = self._proposal(is_last)
        if proposal is None:
            return None
        if not proposal.changes:
            self._say("No change is certain enough to be proposed.")
            return self._not_proven() if self._changes else 1
        self._diff = proposal.diff
        changes = self._agreed(proposal)
        if changes is None:
            return 0
        if not changes:
            return self._not_proven()
        apply(self._inside, changes, self._name, self._command)
        self._changes += changes
        return self._try_it()

    def _proposal(self, is_last: bool) -> "Proposal | None":
        """What the model proposes, None if that can't be made here and may be asked about again."""
        self._seen = evidence.collect(self._failed, self._output, self._inside, not self._caller.call.flag("no-redact"))
        for note in self._seen.found.notes:
            self._say(note)
        asked = Question("fix", self._question, self._seen.found.pieces, earlier=self._earlier)
        form = ask_for_form(self._caller, asked)
        self._explanation, diff = _text(form, "explanation"), _text(form, "diff")
        said = jsontext.dumps({"explanation": self._explanation, "diff": diff}, ascii_only=False)
        self._earlier += [("user", self._question), ("assistant", said)]
        if self._explanation.strip():
            self._say(self._explanation)
        try:
            return propose(diff, self._inside, self._seen.seen, self._seen.sent)
        except ChangeRefused as error:
            if is_last and not self._changes:
                raise
            self._say(error.message)
            self._question = error.message
            return None

    def _agreed(self, proposal: Proposal) -> "Sequence[Change] | None":
        """The changes to be made; None if nobody was asked and nothing is to be made."""
        from aniate.mending import showing

        if self._yes:
            if not self._json:
                showing.pass_on(proposal.diff)
            return proposal.changes
        if not self._asks or self._seen is None:
            if not self._json:
                showing.pass_on(proposal.diff)
            return None
        from aniate.mending.choosing import choose

        again = f", and run `{clean_line(self._command, 60)}` again" if self._command else ""
        return choose(proposal, f"Apply this{again}?", self._inside, self._seen.seen)

    def _try_it(self) -> "int | None":
        """Run what failed again; the exit code if the session ends with it."""
        if not self._command:
            self._say("The change is made; `ant undo` takes it back.")
            return 0
        from aniate.running import run

        self._say(f"Running again: {self._command}")
        self._code, self._output = run(self._failed, not self._json)
        self._proven = self._code == 0
        if self._proven:
            self._say(f"Proven: `{clean_line(self._command, 60)}` passes now. `ant undo` takes the change back.")
            return 0
        self._question = f"It still fails, with exit code {self._code}."
        self._say(self._question)
        return None

    def _not_proven(self) -> int:
        """After the last round: what was made goes, unless the user wants to keep it."""
        if not self._changes:
            self._say("Nothing was changed.")
            return 1
        if self._asks:
            keys = {"r": "roll back", "k": "keep"}
            if dialogue.choose("The failure is not mended. Roll the changes back?", keys, "r") == "k":
                self._say("The changes stay; `ant undo` takes them back.")
                return 1
        self._roll_back()
        return 1

    def _leave_tidy(self) -> None:
        """On the way out of what went wrong: nothing that nobody agreed to stays."""
        if self._yes:
            self._roll_back()
        elif self._changes:
            self._say("The change stays; `ant undo` takes it back.")

    def _roll_back(self) -> None:
        """Take back what this session made. ChangeRefused if a file was changed since."""
        from aniate.mending import journal

        entries = [entry for entry in journal.entries() if entry.session == self._name]
        if not entries:
            return
        undo = Undo(entries)
        undo.do(self._inside, undo.plan(self._inside, force=False))
        self._rolled_back = True
        self._say("Rolled back: all files are as they were.")

    def _say(self, text: str) -> None:
        if not self._json:
            terminal.say(text)

    def told(self) -> "dict[str, object]":
        """The session as data."""
        return {
            "command": clean(self._command),
            "exit_code": self._code if self._command else None,
            "explanation": clean(self._explanation),
            "diff": clean(self._diff),
            "files": list(dict.fromkeys(clean(change.path) for change in self._changes)),
            "applied": bool(self._changes) and not self._rolled_back,
            "proven": self._proven,
            "rolled_back": self._rolled_back,
            "rounds": self._tried,
        }


def _quoted(argv: "list[str]") -> str:
    from shlex import join

    return join(argv)


def _text(form: "dict[str, object]", name: str) -> str:
    value = form.get(name)
    if not isinstance(value, str):
        raise BrokenAnswer("The model's answer has not the form that was asked for.", "Ask again.")
    return value
