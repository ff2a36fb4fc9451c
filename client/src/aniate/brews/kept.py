"""Questions whose answers are kept on this machine, so that a later one can stand behind them."""

import sys
import time

from aniate import terminal
from aniate.brews.conversation import say_what_is_not_kept, shown
from aniate.errors import AntError, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from aniate.brews.asking import Caller, Question
    from aniate.history.conversation import Conversation
    from aniate.history.keeper import Keeper

MAX_EARLIER = 198
"""Messages before the question; the server takes 200 in all."""
_MAX_EARLIER_BYTES = 4 * 1024 * 1024 - 64 * 1024


def show_and_keep(caller: "Caller", question: "Question") -> int:
    """Ask, show the answer, and keep both; with `--continue` as a further turn of the last conversation."""
    keeper = gone_on(caller, question.assistant) if caller.call.flag("continue") else None
    if keeper:
        question.earlier = fitting(keeper.conversation.earlier(), question)
    answer = shown(caller, question)
    if caller.settings.values["history"] == "off":
        say_what_is_not_kept(answer)
        return 0
    from aniate.history.conversation import Turn
    from aniate.history.keeper import begin

    keeper = keeper or begin(caller.settings, question.assistant)
    files = [piece.name for piece in question.pieces]
    keeper.add(Turn(question.text, "".join(answer.pieces), int(time.time()), answer.model, files), sync=False)
    if keeper.keeps:  # else that is told, and once is enough
        say_what_is_not_kept(answer)
    if caller.settings.values["sync"] == "on" and caller.credential is not None:
        from aniate.history import synced

        synced.after(caller.settings, keeper.conversation.identity, caller.credential.token)
    return 0


def gone_on(caller: "Caller", assistant: "str | None", identity: "str | None" = None) -> "Keeper":
    """The conversation of that id, or the one that `--continue` means. AntError if there is none."""
    from aniate.history import store, synced
    from aniate.history.keeper import go_on

    if caller.credential is not None:
        synced.before(caller.settings)
    found = store.last(caller.settings, assistant) if identity is None else _of_id(caller, identity)
    if found is None:
        by = f" with {assistant}" if assistant else ""
        raise AntError(
            f"There is no conversation{by} in this folder to go on with.",
            "`ant history` lists all that are kept.",
            "not_found",
        )
    keeper = go_on(caller.settings, found)
    _say_what_is_gone(keeper.conversation)
    return keeper


def _of_id(caller: "Caller", identity: str) -> "Conversation":
    """The conversation of that id. UsageError if it was held with another server or login, which must not see it."""
    from aniate.history.choice import picked

    found = picked(identity)
    if (found.profile, found.origin) != (caller.settings.profile, caller.settings.address.origin):
        raise UsageError(
            f"That conversation was held at {clean_line(found.origin)} (profile {clean_line(found.profile)}).",
            f"Go on there: ant --profile {clean_line(found.profile)} chat --id {clean_line(identity)}",
        )
    return found


def _say_what_is_gone(conversation: "Conversation") -> None:
    """The text of files is not kept, so that the model can't see it again."""
    names = list(dict.fromkeys(name for turn in conversation.turns for name in turn.files))
    if names and terminal.is_terminal(sys.stderr):
        which = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        terminal.say(f"What went along before ({which}) is not kept, and not sent again.", terminal.DIM)


def fitting(earlier: "Sequence[tuple[str, str]]", question: "Question") -> "Sequence[tuple[str, str]]":
    """Of the turns before, the latest that one request can hold; what is left out is said."""
    from aniate.jsontext import dumps

    texts = (question.text, *(piece.text for piece in question.pieces))
    room = _MAX_EARLIER_BYTES - sum(len(dumps(text, ascii_only=False).encode("utf-8", "replace")) for text in texts)
    first = len(earlier)
    while first >= 2 and len(earlier) - first < MAX_EARLIER:
        turn = earlier[first - 2 : first]
        room -= sum(len(dumps(text, ascii_only=False).encode("utf-8", "replace")) + 64 for _, text in turn)
        if room < 0:
            break
        first -= 2
    if first:
        terminal.say(f"The first {first // 2} turns of this conversation are more than one request holds: left out.")
    return earlier[first:]
