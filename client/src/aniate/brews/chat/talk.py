"""One talk: who answers, what goes along, what was said; and one turn of it."""

import sys
import time

from aniate import auth, config, names, terminal
from aniate.brews.asking import Question
from aniate.brews.conversation import remark, stream
from aniate.brews.kept import fitting
from aniate.context import collect
from aniate.history.conversation import Turn
from aniate.history.keeper import begin
from aniate.history.synced import Background

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.brews.asking import Caller
    from aniate.context import Piece
    from aniate.history.conversation import Conversation
    from aniate.history.keeper import Keeper

WITHOUT_ASSISTANT = "ask"
"""The brew that answers where no assistant does."""


class Talk:
    """What the loop and its /commands share."""

    def __init__(self, caller: "Caller", keeper: "Keeper", assistant: str) -> None:
        self.caller = caller
        self.keeper = keeper
        self.assistant = assistant
        self.background = Background(caller.settings)
        self.pieces: dict[str, Piece] = {}
        """What goes along with each question, by name."""

    @property
    def conversation(self) -> "Conversation":
        """What was said so far."""
        return self.keeper.conversation

    def anew(self) -> None:
        """Begin another conversation; what was said is kept as it is."""
        self.keeper.close()
        self.keeper = begin(self.caller.settings, self.assistant)
        self.pieces.clear()

    def attach(self, paths: "Sequence[str]") -> "list[Piece]":
        """Read these files and folders. InputRefused if one can't go along."""
        found = collect(paths, False, lambda: None, not self.caller.call.flag("no-redact"))
        for note in found.notes:
            terminal.say(note)
        return found.pieces

    def ask(self, text: str, paths: "Sequence[str]", again: bool = False) -> bool:
        """One turn. False if nothing came of it, so that the question is still to be asked. AntError if it fails."""
        pieces = {**self.pieces, **{piece.name: piece for piece in self.attach(paths)}}
        if self.caller.credential is not None:
            self.caller.credential = auth.credential(self.caller.settings)  # it may have been renewed meanwhile
        question = self._question(text, list(pieces.values()), again)
        came: list[str] = []
        model, interrupted = "", False
        try:
            answer = stream(self.caller, question, came)
            model = answer.model
            remark(answer)
        except KeyboardInterrupt:
            interrupted = True
            terminal.say("(interrupted)", terminal.DIM)
        said = "".join(came)
        if interrupted and not said.strip():
            return False
        self.pieces = pieces
        self.keeper.add(Turn(question.text, said, int(time.time()), model, list(pieces), interrupted, again))
        self.share()
        return True

    def _question(self, text: str, pieces: "Sequence[Piece]", again: bool) -> Question:
        """The question with all that was said before, as much as one request holds."""
        earlier = self.conversation.earlier()
        if again and self.conversation.turns[-1].answer.strip():
            earlier = earlier[:-2]
        brew = names.BREW if self.assistant else WITHOUT_ASSISTANT
        question = Question(brew, text, pieces, self.assistant, anew=again)
        question.earlier = fitting(earlier, question)
        return question

    def share(self) -> None:
        """Let the account have what is new, if the user wants that."""
        if self.caller.credential is not None and self.conversation.turns:
            self.background.turn(self.conversation.identity, self.caller.credential.token)

    def leave(self) -> None:
        """The end of the talk."""
        self.keeper.close()
        self.background.finish()

    def choose_model(self, alias: str) -> None:
        """Ask this model from now on. UsageError if that can be none's name."""
        config.check("model", alias, "/model")
        self.caller.settings.model = alias


def say_hint(text: str) -> None:
    """A remark beside the talk."""
    if terminal.is_terminal(sys.stderr):
        terminal.say(text, terminal.DIM)
