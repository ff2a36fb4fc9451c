"""`ant chat [NAME]`, or `ant` alone: who talks with whom, and where they go on."""

import sys

from aniate import names, terminal
from aniate.brews.asking import Caller
from aniate.errors import UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.brews.chat.talk import Talk
    from aniate.history.conversation import Conversation
    from aniate.options import Call

_ASKED = 200
"""How many earlier questions can be called back."""


def run(call: "Call") -> int:
    """Talk. UsageError where there is no terminal to talk on."""
    if len(call.words) > 1:
        raise UsageError("`ant chat` takes at most an assistant's name.", "A single question: ant ask WORDS…")
    name = call.words[0].removeprefix("@") if call.words else ""
    if name and not names.valid(name):
        raise UsageError(f"{clean_line(name, 40)} is no assistant's name.", "`ant list` shows yours.")
    if sys.stdin is None or not terminal.is_terminal(sys.stdin) or not terminal.is_terminal(sys.stdout):
        raise UsageError("`ant chat` needs a terminal to talk on.", "For a single question: ant ask WORDS…")
    caller = Caller(call)
    from aniate.brews.chat.interrupt import leave_terminal_as_it_is
    from aniate.brews.chat.line import typist
    from aniate.brews.chat.loop import hold

    talk = _begun(caller, name)
    settings = caller.settings
    line = typist(_asked_before(), names.known(settings.profile, settings.address.origin)[0])
    _greet(talk)
    leave_terminal_as_it_is()
    try:
        return hold(talk, line)
    finally:
        talk.leave()


def _begun(caller: Caller, name: str) -> "Talk":
    """The talk, with what was said before if it goes on."""
    from aniate.brews.chat.talk import Talk
    from aniate.history.keeper import begin

    identity = caller.call.value("id")
    if identity is None and not caller.call.flag("continue"):
        return Talk(caller, begin(caller.settings, name), name)
    from aniate.brews.kept import gone_on

    keeper = gone_on(caller, name or None, identity)
    return Talk(caller, keeper, keeper.conversation.assistant)


def _greet(talk: "Talk") -> None:
    from aniate.brews.chat.talk import say_hint

    if talk.conversation.turns:
        count = len(talk.conversation.turns)
        turns = "1 turn" if count == 1 else f"{count} turns"
        say_hint(f'Going on with "{talk.conversation.name}" ({turns}); /history shows it.')
    say_hint("Alt-Enter begins a new line, @PATH sends a file, /help shows more, Ctrl-D leaves.")


def _asked_before() -> "list[str]":
    """Earlier questions of this machine, the newest last."""
    from aniate.errors import StorageFailed
    from aniate.history import store

    found: list[str] = []
    try:
        for each in store.every():
            found += _questions(each)
            if len(found) >= _ASKED:
                break
    except StorageFailed as error:
        terminal.say(error.message)
    return found[_ASKED - 1 :: -1] if len(found) > _ASKED else found[::-1]


def _questions(conversation: "Conversation") -> "list[str]":
    return [turn.question for turn in reversed(conversation.turns)]
