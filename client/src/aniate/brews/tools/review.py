"""`ant review [RANGE] [FILE…]`: what is wrong with these changes?"""

import sys

from aniate import terminal
from aniate.brews.asking import Caller

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call
    from aniate.reviewing.changes import Changes
    from aniate.reviewing.reading import Review

_SEVERITIES = ("high", "medium", "low")


def run(call: "Call") -> int:
    """Review what the command line names, else the working tree. 1 if there is what `--fail-on` names."""
    gate = call.value("fail-on")
    _check(call, gate)
    sys.stdout.write("")  # where it is closed, that is told before anything is sent
    caller = Caller(call)
    from aniate.errors import AntError
    from aniate.reviewing import changes
    from aniate.reviewing.reading import Review, fails

    found, review = changes.find(call, _say_what_is_waited_for), Review()
    try:
        review.run(caller, found)
    except KeyboardInterrupt:
        _let_a_second_ctrl_c_end_it()
        _show(call, review, found.what)
        raise
    except AntError:
        if review.answers:
            _show(call, review, found.what)
        raise
    review.notices += _left_out(found)
    _show(call, review, found.what)
    return 1 if gate is not None and fails(review, gate) else 0


def _check(call: "Call", gate: "str | None") -> None:
    """UsageError for options that make no sense."""
    from aniate.errors import UsageError

    if gate is not None and gate not in _SEVERITIES:
        raise UsageError("--fail-on takes high, medium or low.", "As in: ant review --staged --fail-on high")
    if call.flag("json") and call.flag("sarif"):
        raise UsageError("--json is one form and --sarif is another.", "Name one of them.")


def _show(call: "Call", review: "Review", what: str) -> None:
    """The findings on stdout, the rest on stderr."""
    from aniate import jsontext
    from aniate.reviewing import report

    if call.flag("sarif"):
        from aniate.reviewing.sarif import as_sarif

        jsontext.tell(as_sarif(review))
    elif call.flag("json"):
        jsontext.tell(report.as_data(review))
    elif not review.total:
        terminal.say(f"There is nothing to review: {what} has no changes in it.")
        if what == "the working tree":
            terminal.say("All of this branch: ant review --branch")
    else:
        report.show(review)
    sys.stdout.flush()
    for sentence in report.remarks(review):
        terminal.say(sentence)


def _left_out(found: "Changes") -> "list[str]":
    """Sentences on files that git does not know."""
    from aniate.reviewing.report import some

    said = []
    if found.left_out:
        said.append(f"Left out, since git does not know it: {some(found.left_out)}. With --untracked it goes along.")
    if found.secret:
        said.append(f"Left out, since it may hold keys: {some(found.secret)}. To review it, name it.")
    return said


def _let_a_second_ctrl_c_end_it() -> None:
    """What was found is still to be shown, and whoever reads it may be busy."""
    import _signal  # type: ignore[import-not-found]  # `signal` without its enums; it has no stub

    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)


def _say_what_is_waited_for() -> None:
    terminal.say("Waiting for a patch on standard input; --no-stdin would leave it alone.", terminal.DIM)
