"""`ant fix`: mend what failed; by a rule of ours if one knows it, else by the model."""

import os
import sys

from aniate import places, terminal
from aniate.errors import UsageError
from aniate.failed_command import Failed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def run(call: "Call") -> int:
    """Find out what failed, and mend it. UsageError if nothing did."""
    _check(call)
    failed = _failed(call)
    from_record = bool(failed.command) and failed.argv is None
    if failed.code == 0:
        return _nothing_to_mend(call)
    if failed.code == 130:
        return 130  # the user ended it
    from aniate.fix_rules.matching import proposals

    found = [] if failed.paths else proposals(failed)
    if not found and from_record and _heard_again(failed):
        if failed.code == 0:
            return 0  # this time it did not fail
        found = proposals(failed)
    if found:
        from aniate.fix_rules.offering import offer

        return offer(call, failed, found)
    if call.flag("local"):
        raise _no_rule()
    from aniate.mending.session import mend

    return mend(call, failed)


def _check(call: "Call") -> None:
    rounds = call.value("rounds")
    if rounds is not None and not (rounds.isascii() and rounds.isdigit() and 0 < int(rounds) <= 20):
        raise UsageError("--rounds takes a number from 1 to 20.")


def _failed(call: "Call") -> Failed:
    """What failed, from where the user says: behind a `--`, in files, on standard input, or else in this shell."""
    words, folder = list(call.words), places.here()
    if "--" in words:
        at = words.index("--")
        if not words[at + 1 :]:
            raise UsageError("Behind -- a command must follow.", "As in: ant fix -- make test")
        return _by_running(words[at + 1 :], words[:at], folder)
    piped = _piped(call)
    if words or piped is not None:
        if not words and not (piped or "").strip():
            raise UsageError("Standard input is empty, so there is nothing to mend.")
        _check_files(words)
        return Failed("", None, 1, piped or "", folder, words)
    from aniate.recording import last

    failed = last()
    if failed is None:
        raise _nothing_recorded()
    return failed


def _check_files(words: "list[str]") -> None:
    """UsageError if they are no files but a command."""
    from aniate.fix_rules.command_line import joined
    from aniate.fix_rules.near import installed

    if words and not os.path.lexists(words[0]) and installed(words[0]):
        raise UsageError(f"There is no file {words[0]}.", f"To run it, and mend what fails: ant fix -- {joined(words)}")


def _by_running(argv: "list[str]", paths: "list[str]", folder: str) -> Failed:
    from aniate.fix_rules.command_line import joined
    from aniate.running import run as run_it

    failed = Failed(joined(argv), argv, 0, "", folder, paths)
    failed.code, failed.output = run_it(failed)
    return failed


def _heard_again(failed: Failed) -> bool:
    """Run it once more to hear what it says, if that is not known and the user wants it; whether it was run."""
    from aniate import dialogue, recording
    from aniate.danger import reasons

    if recording.heard() or not dialogue.possible() or reasons(failed.command, failed.folder):
        return False
    from aniate.running import run as run_it

    terminal.say(f"What this said was not recorded: {failed.command}")
    if dialogue.choose("Run it again to hear it?", {"y": "yes", "n": "no"}, "n") == "n":
        return False
    failed.code, failed.output = run_it(failed)
    return True


def _piped(call: "Call") -> "str | None":
    """What is piped in, or None."""
    from aniate import context

    if call.flag("no-stdin") or not context.stdin_is_piped():
        return None
    found = context.collect((), True, _say_what_is_waited_for, not call.flag("no-redact"))
    for note in found.notes:
        terminal.say(note)
    return "".join(piece.text for piece in found.pieces)


def _say_what_is_waited_for() -> None:
    terminal.say("Waiting for standard input; --no-stdin would leave it alone.", terminal.DIM)


def _nothing_to_mend(call: "Call") -> int:
    if call.flag("json"):
        sys.stdout.write('{"command":null,"exit_code":0,"proposals":[]}\n')
    return 0


def _nothing_recorded() -> Exception:
    from aniate.recording import is_on

    if is_on():
        return UsageError(
            "No failed command of this shell is recorded.",
            'Shells that are started with `eval "$(ant init)"` record; or let ant run it: ant fix -- COMMAND',
        )
    return UsageError(
        "What failed is not known, since nothing is recorded.",
        "Let ant run it: ant fix -- COMMAND. Or record what fails: ant config set record on (see `ant help init`).",
    )


def _no_rule() -> Exception:
    from aniate.errors import AntError

    return AntError("No local rule knows what to do here.", "Without --local the model is asked.", "no_rule")
