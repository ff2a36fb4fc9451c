"""`ant history`: the conversations that are kept on this machine."""

import os
import sys

from aniate import listing, terminal
from aniate.commands.account import print_json
from aniate.errors import AntError, UsageError
from aniate.history import store, transcript
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.history.conversation import Conversation
    from aniate.options import Call

_NEWEST = 30
_TITLES = ("ID", "WHEN", "FOLDER", "TITLE")
_CUT = (2, 3)
_LAST = "last"


def run(call: "Call") -> int:
    """Do what the first word says. UsageError if that makes no sense."""
    action, *rest = call.words or ("list",)
    if action not in _ACTIONS:
        from aniate.suggest import closest, did_you_mean

        names = ", ".join(_ACTIONS)
        raise UsageError(
            f"`ant history {clean_line(action, 40)}` is not known; there are {names}.",
            did_you_mean(closest(action, _ACTIONS)),
        )
    least, most, takes, function = _ACTIONS[action]
    if not least <= len(rest) <= most and not (action == "delete" and call.flag("all")):
        raise UsageError(f"Type: ant history {action} {takes}".rstrip() + ".", "See: ant help history")
    return function(call, rest)


def _list(call: "Call", _: "Sequence[str]") -> int:
    found = _here(call)
    shown = found if call.flag("all") or call.flag("json") else found[:_NEWEST]
    if call.flag("json"):
        print_json({"conversations": [transcript.summary(each) for each in shown]})
        return 0
    if not found:
        terminal.say("No conversation is kept here." if call.flag("here") else "No conversation is kept.")
        return 0
    _table(shown, [each.name for each in shown])
    if len(shown) < len(found):
        terminal.say(f"{len(found) - len(shown)} older ones; --all lists them too.", terminal.DIM)
    return 0


def _search(call: "Call", words: "Sequence[str]") -> int:
    wanted = " ".join(words).casefold().split()
    hits = [(each, _hit(each, wanted)) for each in _here(call)]
    found = [(each, line) for each, line in hits if line]
    if call.flag("json"):
        rows = [{**transcript.summary(each), "line": clean_line(line)} for each, line in found]
        print_json({"conversations": rows})
        return 0
    if not found:
        terminal.say("No conversation holds that.")
        return 1
    _table([each for each, _ in found], [line for _, line in found])
    return 0


def _hit(conversation: "Conversation", wanted: "Sequence[str]") -> str:
    """The first line with the first of the words, if all of them occur in the conversation; else nothing."""
    texts = [conversation.name]
    for turn in conversation.turns:
        texts += [turn.question, turn.answer]
    whole = "\n".join(texts)
    folded = whole.casefold()
    if not all(word in folded for word in wanted):
        return ""
    return next((line for line in whole.split("\n") if wanted[0] in line.casefold()), conversation.name)


def _show(call: "Call", words: "Sequence[str]") -> int:
    conversation = _picked(words[0])
    if call.flag("json"):
        print_json(transcript.as_data(conversation))
    else:
        transcript.show(conversation)
    return 0


def _rename(call: "Call", words: "Sequence[str]") -> int:
    conversation, title = _picked(words[0]), clean_line(" ".join(words[1:]), 200)
    if not title:
        raise UsageError("The title is empty.")
    from aniate.history.keeper import rename

    rename(conversation.identity, title)
    conversation.title = title
    if call.flag("json"):
        print_json(transcript.summary(conversation))
    else:
        terminal.say(f"It is now called {conversation.name}.")
    return 0


def _export(call: "Call", words: "Sequence[str]") -> int:
    conversation = _picked(words[0])
    if call.flag("json"):
        from aniate.jsontext import dumps

        text = dumps(transcript.as_data(conversation)) + "\n"
    else:
        text = transcript.as_markdown(conversation)
    if len(words) == 1 or words[1] == "-":
        sys.stdout.write(text)
        return 0
    transcript.write_new(words[1], text, "--force writes over it.", call.flag("force"))
    terminal.say(f"Written to {words[1]}.")
    return 0


def _delete(call: "Call", words: "Sequence[str]") -> int:
    if call.flag("all") and words:
        raise UsageError("Either ids, or --all.", "See: ant help history")
    if call.flag("all"):
        chosen = [identity for identity, _ in store.newest_first()]
        question = f"Delete all {len(chosen)} conversations that are kept on this machine?"
    else:
        picked = list({each.identity: each for each in map(_picked, words)}.values())
        chosen = [each.identity for each in picked]
        what = f'"{picked[0].name}"' if len(picked) == 1 else f"{len(picked)} conversations"
        question = f"Delete {what}?"
    if chosen and not call.flag("yes") and not terminal.agreed(question, "--yes"):
        terminal.say("Nothing was deleted.")
        return 1
    deleted = sum(store.delete(identity) for identity in chosen)
    if call.flag("json"):
        print_json({"deleted": deleted})
    else:
        terminal.say(f"Deleted {deleted} {'conversation' if deleted == 1 else 'conversations'}.")
    return 0


def _here(call: "Call") -> "list[Conversation]":
    """All conversations, or with --here those that were begun in this folder; newest first."""
    here = os.path.realpath(".")
    return [each for each in store.every() if not call.flag("here") or each.folder == here]


def _picked(word: str) -> "Conversation":
    """The conversation whose id begins so, or the newest for `last`. AntError if there is none."""
    identities = [identity for identity, _ in store.newest_first()]
    if word == _LAST:
        found = next(store.every(), None)
    else:
        rows: list[dict[str, object]] = [{"id": identity} for identity in identities]
        found = store.read(str(listing.pick(rows, word, "conversation", "ant history")["id"]))
    if found is None:
        raise AntError("There is no such conversation.", "`ant history` lists them.", "not_found")
    return found


def _table(conversations: "Sequence[Conversation]", lines: "Sequence[str]") -> None:
    rows: list[dict[str, object]] = [{"id": each.identity} for each in conversations]
    home = os.path.expanduser("~")
    cells = [
        (short, transcript.minute(each.last_at), _tilde(each.folder, home), clean_line(clean(line), 200))
        for short, each, line in zip(listing.short_ids(rows), conversations, lines, strict=True)
    ]
    listing.show(_TITLES, cells, _CUT)


def _tilde(folder: str, home: str) -> str:
    """A folder, ~ for the home in it; safe to show."""
    inside = folder == home or folder.startswith(home.rstrip("/") + "/")
    return clean_line("~" + folder[len(home) :] if inside else folder)


_ACTIONS: "dict[str, tuple[int, int, str, Callable[[Call, Sequence[str]], int]]]" = {
    "list": (0, 0, "", _list),
    "search": (1, 999, "WORDS…", _search),
    "show": (1, 1, "ID", _show),
    "rename": (2, 999, "ID TITLE…", _rename),
    "export": (1, 2, "ID [FILE]", _export),
    "delete": (1, 999, "ID…", _delete),
}
