"""`ant fix -- CMD…`, `ant fix FILE…`, `… | ant fix`: mend what failed."""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Run the command and have its failure mended. UsageError if there is nothing to mend."""
    from aniate import terminal
    from aniate.failed_command import Failed
    from aniate.mending.running import run as run_command
    from aniate.mending.session import mend

    words = list(call.words)
    paths = words[: _first_that_is_no_file(words)]
    argv = words[len(paths) :]
    failed = Failed("", argv or None, 0, "" if argv else _piped(call), os.getcwd(), paths)
    if argv:
        failed.code, failed.output = run_command(failed, not call.flag("json"))
        if failed.code == 0:
            terminal.say("It passes: there is nothing to mend.")
            return 0
    elif not paths and not failed.output:
        from aniate.errors import UsageError

        raise UsageError("There is nothing to mend.", "Name the command that fails: ant fix -- make")
    return mend(call, failed)


def _first_that_is_no_file(words: "list[str]") -> int:
    for at, word in enumerate(words):
        if not os.path.exists(word):
            return at
    return len(words)


def _piped(call: "Call") -> str:
    from aniate import context

    if call.flag("no-stdin") or not context.stdin_is_piped():
        return ""
    found = context.Found()
    context.add_stdin(found)
    return found.pieces[0].text if found.pieces else ""
