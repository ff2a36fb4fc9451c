"""What every brew that answers does: who is asking, what goes along, and the answer as it comes."""

import sys

from aniate import context, engine, jsontext, terminal
from aniate.brews.asking import Caller, Question, ask
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from aniate.options import Call

    class Ending(Protocol):
        """What a brew shows behind its answers."""

        def show(self, answer: engine.Answer) -> None:
            """Write it for people, below the answer."""

        def data(self, answer: engine.Answer) -> dict[str, object]:
            """The same for programs, beside the answer's own fields."""
            ...


def hold(call: "Call", brew: str, question: str, paths: "Sequence[str]" = (), assistant: str = "") -> int:
    """Ask `question` with what is at `paths` and what is piped in, and show the answer. AntError if it fails."""
    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    pieces = gather(call, paths)
    if not question and not pieces:
        from aniate.errors import UsageError

        raise UsageError("Standard input is empty, so there is nothing to ask about.")
    return show_answer(caller, Question(brew, question or "What is this?", pieces, assistant))


def gather(call: "Call", paths: "Sequence[str]" = ()) -> "list[context.Piece]":
    """What goes along: the files and folders at `paths`, and what is piped in. What was left out is said."""
    found = context.collect(paths, not call.flag("no-stdin") and context.stdin_is_piped(), _say_what_is_waited_for)
    for note in found.notes:
        terminal.say(note)
    return found.pieces


def show_answer(caller: Caller, question: Question, ending: "Ending | None" = None) -> int:
    """Ask, and show the answer as it comes, or with `--json` as one line at its end."""
    if caller.call.flag("json"):
        answer = ask(caller, question, lambda _: None, lambda _: None)
        data = _as_data(answer)
        if ending is not None:
            data.update(ending.data(answer))
        sys.stdout.write(jsontext.dumps(data) + "\n")
        return 0
    answer = _stream(caller, question)
    _remark(answer)
    if ending is not None:
        ending.show(answer)
    return 0


def _say_what_is_waited_for() -> None:
    terminal.say("Waiting for standard input; --no-stdin would leave it alone.", terminal.DIM)


def _stream(caller: Caller, question: Question) -> engine.Answer:
    writer = terminal.AnswerWriter(sys.stdout)

    def on_start(answer: engine.Answer) -> None:
        if answer.notice and terminal.is_terminal(sys.stderr):
            terminal.say(answer.notice, terminal.DIM)

    try:
        answer = ask(caller, question, on_start, writer.write)
    except (KeyboardInterrupt, BrokenPipeError):
        raise  # nothing more may be written: the reader may be gone, or busy
    except BaseException:
        writer.close()
        raise
    writer.close()
    return answer


def _remark(answer: engine.Answer) -> None:
    """Say what the answer itself does not show."""
    if not "".join(answer.pieces).strip():
        terminal.say("The answer is empty.")
    elif answer.finish_reason == "length":
        terminal.say("The answer stops here because it reached the model's limit of length.")


def _as_data(answer: engine.Answer) -> dict[str, object]:
    return {
        "request_id": answer.request_id,
        "model": answer.model,
        "text": clean("".join(answer.pieces)),
        "finish_reason": clean_line(answer.finish_reason),
        "usage": answer.usage,
    }
