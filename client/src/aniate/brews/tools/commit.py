"""`ant commit [WORDS…]`: the message for what is staged, and the commit if the user says so."""

import sys

from aniate import terminal
from aniate.brews.asking import Caller, Question, ask_for_form
from aniate.errors import AntError, BrokenAnswer, InputRefused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.commit_message import Message
    from aniate.context import Piece
    from aniate.options import Call
    from aniate.reviewing.changes import Changes

_KEYS = {"c": "commit", "e": "edit", "a": "again", "q": "cancel"}


def run(call: "Call") -> int:
    """Write the message, and commit with it by yes. 1 if the user does not want to."""
    from aniate import dialogue
    from aniate.reviewing import staged

    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    found = staged.gather(_changes(call.flag("all")), not call.flag("no-redact"))
    draft = Draft(caller, found.pieces, " ".join(call.words).strip())
    for note in found.notes:
        terminal.say(note)
    message = draft.first()
    if call.flag("yes"):
        return _committed(call, message)
    if call.flag("json") or not dialogue.possible() or not terminal.is_terminal(sys.stdout):
        _print(call, message, committed=False)
        return 0
    return _converse(call, draft, message)


def _changes(everything: bool) -> "Changes":
    """What would be committed. InputRefused, with what to do, if that is nothing."""
    from aniate.reviewing import changes

    found = changes.of_commit(everything)
    if found.empty:
        if everything:
            raise InputRefused("There is nothing to commit: no file that git knows has changed.")
        raise InputRefused(
            "Nothing is staged, so there is nothing to commit.", "Stage it: git add FILE, or ant commit --all"
        )
    return found


class Draft:
    """The message as it comes to be: asked for once, and again with what is to be different."""

    def __init__(self, caller: Caller, pieces: "list[Piece]", words: str) -> None:
        self._caller = caller
        self._pieces = pieces
        self._turns: list[tuple[str, str]] = []
        self._words = words or "Write the message."

    def first(self) -> "Message":
        """The first proposal. BrokenAnswer if it is none."""
        return self._ask(self._words)

    def again(self, words: str, message: "Message") -> "Message":
        """Another one, in which that is different."""
        self._turns += [("user", self._words), ("assistant", str(message))]
        self._words = words
        return self._ask(words)

    def _ask(self, words: str) -> "Message":
        from aniate import commit_message

        form = ask_for_form(self._caller, Question("commit", words, self._pieces, earlier=self._turns))
        try:
            return commit_message.read(form)
        except ValueError as error:
            raise BrokenAnswer(
                "The model wrote no message that can be used.", "Ask again, or try --model smart."
            ) from error


def _converse(call: "Call", draft: Draft, message: "Message") -> int:
    """Show the message, and do with it what the user's keys say."""
    from aniate import commit_message, dialogue, places

    while True:
        sys.stdout.write(f"\n{message}\n")
        sys.stdout.flush()
        key = dialogue.choose("", _KEYS, "q")
        if key == "c":
            _commit(call, message)
            return 0
        if key == "e":
            text = dialogue.edited(str(message), ".txt", places.state_folder())
            subject, _, body = text.strip().partition("\n")
            message = commit_message.Message(subject.strip(), body.strip("\n"))
        if key == "a":
            message = _revised(draft, message)
        if key == "q" or not message.subject:
            terminal.say("Nothing was committed.")
            return 1


def _revised(draft: Draft, message: "Message") -> "Message":
    """Another message by the user's words; the same one without words, or if that fails."""
    from aniate import dialogue

    try:
        words = dialogue.line("What should be different?").strip()
        return draft.again(words, message) if words else message
    except EOFError:
        return message
    except BrokenAnswer as error:
        terminal.say(error.message, terminal.RED)
        return message


def _committed(call: "Call", message: "Message") -> int:
    """Commit unasked. The message is printed before, so that it is not lost if git refuses; as JSON, behind."""
    if call.flag("json"):
        _commit(call, message)
        _print(call, message, committed=True)
    else:
        _print(call, message, committed=False)
        _commit(call, message)
    return 0


def _commit(call: "Call", message: "Message") -> None:
    """`git commit`, as if the user had typed it, with hooks, signature and all. AntError if git refuses."""
    from subprocess import run as run_program

    words = ["git", "commit", *(["--all"] if call.flag("all") else []), "--file=-"]
    sys.stdout.flush()
    done = run_program(words, input=str(message).encode(), stdout=2, check=False)  # noqa: S603  # the user said so
    if done.returncode:
        raise AntError(f"git commit ended with {done.returncode}: nothing is committed.")


def _print(call: "Call", message: "Message", committed: bool) -> None:
    if call.flag("json"):
        from aniate import jsontext

        data = {"subject": message.subject, "body": message.body, "message": str(message), "committed": committed}
        jsontext.tell(data)
    else:
        sys.stdout.write(str(message))
