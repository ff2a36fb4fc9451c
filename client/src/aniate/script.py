"""Brewed scripts: shown, agreed to once on each machine, and run by `sh` with their arguments as variables.

A value is never part of the script's text: it is in the environment, and a positional parameter, so whatever it holds
is only ever a value.
"""

import os
import sys

from aniate import agreed, dialogue, places, terminal
from aniate.brewed import Brewed
from aniate.brewed_rules import promises
from aniate.errors import AntError, InputRefused, StorageFailed
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings

_SHELL = "/bin/sh"
_GREEN = "32"


class NotAgreed(AntError):
    """The user has not said yes to this script on this machine, and can't be asked."""

    code = "not_agreed"


def demand_agreement(settings: "Settings", command: Brewed) -> bool:
    """Whether the user has agreed to this very script on this machine, or does so now. NotAgreed off a terminal."""
    digest, before = agreed.hash_of(command), agreed.agreed_hash(settings, command.name)
    if digest == before:
        return True
    if not dialogue.possible():
        what = "was changed since you agreed to it" if before else "is new"
        raise NotAgreed(
            f"The script {command.name} {what} on this machine, so it is not run unseen.",
            f"Run it once on a terminal, or read `ant show {command.name}` and agree:"
            f" ant agree {command.name} --hash {digest[:16]}",
        )
    return ask_to_agree(settings, command, "Run it?")


def ask_to_agree(settings: "Settings", command: Brewed, question: str) -> bool:
    """Show the script, or what has changed in it, and ask; a yes is remembered."""
    before = agreed.agreed_text(agreed.agreed_hash(settings, command.name))
    if before:
        terminal.say(f"{command.name} was changed since you agreed to it on this machine:")
        show_changes(before, command)
    else:
        terminal.say(f"{command.name} is new on this machine: {command.description.rstrip('.')}.")
        show(command)
    terminal.say(f"It may {promises(command)}: so it is declared, and nothing holds it to that.")
    say_dangers(command)
    if dialogue.choose(question, {"y": "yes", "n": "no"}, "n") != "y":
        return False
    remember(settings, command)
    return True


def remember(settings: "Settings", command: Brewed) -> None:
    """Keep the yes; where that can't be done, it was said for this once."""
    try:
        agreed.agree(settings, command)
    except StorageFailed as error:
        terminal.say(f"The yes is not remembered: {error.message}")


def show(command: Brewed) -> None:
    """The script's text, on stderr."""
    sys.stderr.write("\n" + "".join(f"    {line}\n" for line in clean(command.body).split("\n")) + "\n")
    sys.stderr.flush()


def say_dangers(command: Brewed) -> None:
    """What is dangerous about the script, as far as it can be read."""
    from aniate import danger

    found = danger.reasons(command.body, places.here(), "sh")
    if found:
        terminal.say(f"Dangerous: {'; '.join(found)}.", terminal.RED)


def show_changes(before: str, command: Brewed) -> None:
    """How the command's file differs from what it was, on stderr."""
    from difflib import unified_diff

    from aniate.brewed_file import as_file

    now = as_file(command)
    colours = {"+": _GREEN, "-": terminal.RED}
    for line in [*unified_diff(before.splitlines(), now.splitlines(), "agreed", "now", lineterm="")][2:]:
        sys.stderr.write(terminal.paint(clean(line), colours.get(line[:1], terminal.DIM), sys.stderr) + "\n")
    sys.stderr.flush()


def environment(command: Brewed, values: "dict[str, str]") -> "dict[str, str]":
    """The user's environment with the command's arguments in it, and no other variable of their names."""
    names = {each.name for each in command.arguments}
    return {name: value for name, value in os.environ.items() if name not in names} | values


def argv(command: Brewed, values: "dict[str, str]") -> "list[str]":
    """What is run: the script as it is, and the values behind it."""
    placed = [values[each.name] for each in command.arguments if each.type != "flag" and each.name in values]
    return ["sh", "-c", "--", command.body, command.name, *placed]


def become(command: Brewed, values: "dict[str, str]") -> int:
    """Go on as the script: its exit code is ours, Ctrl-C, standard input and the terminal are its own."""
    import _signal  # type: ignore[import-not-found]  # `signal` without its enums; it has no stub

    sys.stdout.flush()
    sys.stderr.flush()
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ):  # Python ignores them, and a program would inherit that
        _signal.signal(number, _signal.SIG_DFL)
    try:
        os.execve(_SHELL, argv(command, values), environment(command, values))  # noqa: S606  # after the user's yes
    except OSError as error:
        _signal.signal(_signal.SIGPIPE, _signal.SIG_IGN)
        raise InputRefused(f"The script can't be run: {(error.strerror or 'failed').lower()}.") from error


def try_out(command: Brewed, values: "dict[str, str]") -> int:
    """Run the script and come back; the exit code as a shell counts it."""
    import _signal
    from subprocess import call

    before = _signal.getsignal(_signal.SIGINT)
    _signal.signal(_signal.SIGINT, lambda *_: None)  # Ctrl-C is for the script; ignored, it would be so there too
    try:
        code = call(argv(command, values), executable=_SHELL, env=environment(command, values))  # noqa: S603
    except OSError as error:
        raise InputRefused(f"The script can't be run: {(error.strerror or 'failed').lower()}.") from error
    finally:
        _signal.signal(_signal.SIGINT, before)
    return code if code >= 0 else 128 - code
