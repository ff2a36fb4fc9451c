"""`ant shell WORDS…`: a command that does what the words say. Off a terminal it is printed, and never run."""

import sys

from aniate import jsontext, own_shell, places, terminal
from aniate.brews.asking import Caller, Question, ask, form_of, tell_notice
from aniate.brews.conversation import gather

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.brews.proposal import Proposal
    from aniate.context import Piece
    from aniate.options import Call


def run(call: "Call") -> int:
    """Propose a command, and run it if the user says so. UsageError if there is no wish, or nobody to say so."""
    from aniate import context, dialogue
    from aniate.errors import UsageError

    wish = " ".join(call.words).strip()
    if not wish and (call.flag("no-stdin") or not context.stdin_is_piped()):
        raise UsageError("There is no wish.", "Say what the command should do: ant shell largest files here")
    seen = dialogue.possible() and terminal.is_terminal(sys.stdout) and not call.flag("json")
    if call.flag("yes") and not seen and not call.flag("dry-run"):
        raise UsageError("Nothing is run off a terminal, where nobody sees it.", "Without --yes it is printed.")
    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    pieces = [*gather(call), *_surroundings()]
    asker = Asker(caller, pieces)
    proposal = asker.propose(wish or "Do what is asked on standard input.")
    if seen:
        from aniate.command_dialogue import decide

        return decide(proposal, asker, run_at_once=call.flag("yes"))
    return _print(proposal, call.flag("json"))


class Asker:
    """Asks for commands, and remembers what was asked before."""

    def __init__(self, caller: Caller, pieces: "Sequence[Piece]") -> None:
        self._caller = caller
        self._pieces = pieces
        self._earlier: list[tuple[str, str]] = []

    def propose(self, wish: str) -> "Proposal":
        """A command for the wish, or for a change of the last one. NoCommand if the model has none."""
        from aniate.brews.proposal import read

        answer = ask(self._caller, Question("shell", wish, self._pieces, "", self._earlier), tell_notice, None)
        proposal = read(form_of(answer), answer, places.here(), own_shell.name())
        self._earlier += [("user", wish), ("assistant", proposal.as_form())]
        return proposal

    def explain(self, command: str) -> None:
        """Have the command explained, on stdout."""
        from aniate.brews.conversation import show_answer
        from aniate.context import Found

        found = Found(not self._caller.call.flag("no-redact"))
        found.add("command", "command", command)
        show_answer(self._caller, Question("what", "What does this command do, part by part?", found.pieces))


def _surroundings() -> "list[Piece]":
    from aniate import surroundings
    from aniate.context import Found

    found = Found()
    found.add("command", "this machine", surroundings.described())
    return found.pieces


def _print(proposal: "Proposal", as_json: bool) -> int:
    """The command, and nothing else, on stdout. What is dangerous about it goes to stderr."""
    if as_json:
        jsontext.tell(proposal.as_data())
        return 0
    from aniate.danger import visible

    sys.stdout.write(visible(proposal.command) + "\n")
    if proposal.danger:
        terminal.say(f"Dangerous: {'; '.join(proposal.danger)}.")
    return 0
