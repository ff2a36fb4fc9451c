"""A failure that no rule knows: the model explains it and proposes a change, which is shown."""

import sys

from aniate import context, jsontext, terminal
from aniate.brews.asking import Caller, Question, ask_for_form
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.failed_command import Failed
    from aniate.options import Call


def mend(call: "Call", failed: "Failed") -> int:
    """Ask the brew `fix`, and show its explanation and its diff. AntError if there is no answer."""
    caller = Caller(call)
    found = context.collect(failed.paths, False, lambda: None)
    if failed.output.strip():
        found.add("stdin", "output", failed.output)
    for note in found.notes:
        terminal.say(note)
    question = f"`{failed.command}` ended with {failed.code}." if failed.command else "What is wrong here?"
    form = ask_for_form(caller, Question("fix", question, found.pieces))
    explanation, diff = (str(form.get(key) or "") for key in ("explanation", "diff"))
    if call.flag("json"):
        answer = {"command": failed.command, "code": failed.code, "proposals": [], "explanation": clean(explanation)}
        sys.stdout.write(jsontext.dumps({**answer, "diff": clean(diff)}) + "\n")
        return 0
    terminal.say(explanation)
    if diff.strip():
        terminal.tell(diff.rstrip("\n"))
    return 0
