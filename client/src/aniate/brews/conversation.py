"""What every brew that answers does: who is asking, what goes along, and the answer as it comes."""

import sys

from aniate import context, engine, files, jsontext, places, terminal
from aniate.brews.asking import Caller, Question, ask
from aniate.errors import StorageFailed
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from aniate.markdown.writer import MarkdownWriter
    from aniate.options import Call

    class Ending(Protocol):
        """What a brew shows behind its answers."""

        def show(self, answer: engine.Answer) -> None:
            """Write it for people, below the answer."""

        def data(self, answer: engine.Answer) -> dict[str, object]:
            """The same for programs, beside the answer's own fields."""
            ...


_MOST_KEPT = 1024 * 1024
"""Letters of an answer; it has fewer, unless something is wrong with it."""


def hold(
    call: "Call",
    brew: str,
    question: str,
    paths: "Sequence[str]" = (),
    assistant: str = "",
    grounds: "Sequence[tuple[str, str]]" = (),
    keep: bool = False,
) -> int:
    """Ask `question` with what is at `paths` and what is piped in, and show the answer. AntError if it fails.

    `grounds` are names and texts that this machine's commands gave, and go along, too. With `keep` both are kept on
    this machine, and `--continue` goes on with what was said before.
    """
    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    pieces = gather(call, paths, grounds)
    if not question and not pieces:
        from aniate.errors import UsageError

        raise UsageError("Standard input is empty, so there is nothing to ask about.")
    asked = Question(brew, question or "What is this?", pieces, assistant)
    if keep:
        from aniate.brews.kept import show_and_keep

        return show_and_keep(caller, asked)
    return show_answer(caller, asked)


def gather(
    call: "Call", paths: "Sequence[str]" = (), grounds: "Sequence[tuple[str, str]]" = ()
) -> "list[context.Piece]":
    """What goes along: the files and folders at `paths`, and what is piped in. What was left out is said."""
    piped = not call.flag("no-stdin") and context.stdin_is_piped()
    found = context.collect(paths, piped, _say_what_is_waited_for, not call.flag("no-redact"))
    for name, text in grounds:
        found.add("command", name, text)
    for note in found.notes:
        terminal.say(note)
    return found.pieces


def show_answer(caller: Caller, question: Question, ending: "Ending | None" = None) -> int:
    """Ask, and show the answer as it comes, or with `--json` as one line at its end."""
    say_what_is_not_kept(shown(caller, question, ending))
    return 0


def shown(caller: Caller, question: Question, ending: "Ending | None" = None) -> engine.Answer:
    """As `show_answer`; the answer."""
    if caller.call.flag("json"):
        answer = ask(caller, question, lambda _: None, None)
        keep_for_copy(answer)
        data = _as_data(answer) | (ending.data(answer) if ending is not None else {})
        jsontext.tell(data)
        return answer
    answer = stream(caller, question)
    remark(answer)
    if ending is not None:
        ending.show(answer)
    return answer


def _say_what_is_waited_for() -> None:
    terminal.say("Waiting for standard input; --no-stdin would leave it alone.", terminal.DIM)


def stream(caller: Caller, question: Question, came: "list[str] | None" = None) -> engine.Answer:
    """Ask, and show the answer as it comes. AntError if it has no good end.

    In a talk, `came` is given what came of it, and Ctrl-C ends the answer alone.
    """
    writer: terminal.AnswerWriter | MarkdownWriter = terminal.AnswerWriter(sys.stdout)

    def on_sent() -> None:
        """What paints is loaded while the model thinks."""
        nonlocal writer
        writer = terminal.answer_writer(sys.stdout, caller.settings.values["theme"])

    def on_start(answer: engine.Answer) -> None:
        if answer.notice not in ("", caller.noticed) and terminal.is_terminal(sys.stderr):
            terminal.say(answer.notice, terminal.DIM)
        caller.noticed = answer.notice

    def on_delta(text: str) -> None:
        if came is not None:
            came.append(text)
        writer.write(text)

    try:
        answer = ask(caller, question, on_start, on_delta, on_sent)
    except (KeyboardInterrupt, BrokenPipeError) as error:
        if came is not None and isinstance(error, KeyboardInterrupt):
            writer.close()
        raise  # nothing more may be written: the reader may be gone, or busy
    except BaseException:
        writer.close()
        raise
    writer.close()
    keep_for_copy(answer)
    return answer


def keep_for_copy(answer: engine.Answer) -> None:
    """Keep the text of the answer for `ant copy`. Where that can't be, the answer knows why."""
    text = "".join(answer.pieces)
    if not text.strip():
        return
    try:
        answer.not_kept = files.keep(places.last_answer_path(), text[:_MOST_KEPT])
    except StorageFailed as error:
        answer.not_kept = error.message


def say_what_is_not_kept(answer: engine.Answer) -> None:
    """That `ant copy` does not have the answer, if somebody looks on."""
    if answer.not_kept and terminal.is_terminal(sys.stderr):
        reason = answer.not_kept[:1].lower() + answer.not_kept[1:].rstrip(".")
        terminal.say(f"This answer is not kept for `ant copy`: {reason}.")


def remark(answer: engine.Answer) -> None:
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
