"""`ant history`: the conversations that are kept on this machine."""

import sys

from aniate import auth, config, jsontext, listing, terminal
from aniate.errors import UsageError
from aniate.history import store, synced, transcript
from aniate.history.choice import picked
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from aniate.history.conversation import Conversation
    from aniate.history.sync import Sync
    from aniate.options import Call

_NEWEST = 30
_TITLES = ("ID", "WHEN", "FOLDER", "TITLE")
_CUT = (2, 3)
_NARROW = 50
"""Where a table has no room, there are ids and titles."""


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
    named = action != "delete" or not (call.flag("all") or call.flag("account"))
    if not least <= len(rest) <= most and named:
        raise UsageError(f"Type: ant history {action} {takes}".rstrip() + ".", "See: ant help history")
    settings = config.load(call)
    if action == "delete" and call.flag("account"):
        return _delete_on_account(call, settings)
    synced.before(settings)
    return function(call, rest)


def _list(call: "Call", _: "Sequence[str]") -> int:
    found = _here(call)
    shown = found if call.flag("all") or call.flag("json") else found[:_NEWEST]
    if call.flag("json"):
        jsontext.tell({"conversations": [transcript.summary(each) for each in shown]})
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
    if not wanted:
        raise UsageError("There is no word to look for.", "As in: ant history search certificate")
    hits = [(each, _hit(each, wanted)) for each in _here(call)]
    found = [(each, line) for each, line in hits if line]
    if call.flag("json"):
        rows = [{**transcript.summary(each), "line": clean_line(line)} for each, line in found]
        jsontext.tell({"conversations": rows})
        return 0 if found else 1
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
    conversation = picked(words[0])
    if call.flag("json"):
        jsontext.tell(transcript.as_data(conversation))
    else:
        transcript.show(conversation, config.load(call).values["theme"])
    return 0


def _rename(call: "Call", words: "Sequence[str]") -> int:
    conversation, title = picked(words[0]), clean_line(" ".join(words[1:]), 200)
    if not title:
        raise UsageError("The title is empty.")
    from aniate.history.keeper import rename

    rename(conversation.identity, title)
    _tell_account(call, lambda sync: sync.note(conversation.identity))
    conversation.title = title
    if call.flag("json"):
        jsontext.tell(transcript.summary(conversation))
    else:
        terminal.say(f"It is now called {conversation.name}.")
    return 0


def _export(call: "Call", words: "Sequence[str]") -> int:
    conversation = picked(words[0])
    if call.flag("json"):
        text = jsontext.dumps(transcript.as_data(conversation)) + "\n"
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
        each_once = list({each.identity: each for each in map(picked, words)}.values())
        chosen = [each.identity for each in each_once]
        what = f'"{each_once[0].name}"' if len(each_once) == 1 else f"{len(each_once)} conversations"
        question = f"Delete {what}?"
    if chosen and not call.flag("yes") and not terminal.agreed(question, "--yes"):
        terminal.say("Nothing was deleted.")
        return 1
    deleted = sum(store.delete(identity) for identity in chosen)
    _tell_account(call, lambda sync: sync.note_deleted(chosen))
    return _told_deleted(call, deleted)


def _delete_on_account(call: "Call", settings: config.Settings) -> int:
    """Delete what the account keeps. UsageError while this machine still syncs."""
    if call.words[1:]:
        raise UsageError("Either ids, or --account.", "See: ant help history")
    if synced.wanted(settings):
        raise UsageError("This machine shares its conversations with your account.", "First: ant config sync off")
    from aniate.history.account import Account

    credential = auth.credential(settings)
    question = "Delete all conversations that your account keeps? Machines that share them forget them, too."
    if not call.flag("yes") and not terminal.agreed(question, "--yes"):
        terminal.say("Nothing was deleted.")
        return 1
    return _told_deleted(call, Account(settings, credential.token, settings.timeout_s).delete_all())


def _tell_account(call: "Call", note: "Callable[[Sync], None]") -> None:
    """Let the account know of a change, now or the next time."""
    settings = config.load(call)
    if not synced.wanted(settings):
        return
    from aniate.history.sync import Sync

    note(Sync(settings))
    synced.before(settings)


def _told_deleted(call: "Call", deleted: int) -> int:
    if call.flag("json"):
        jsontext.tell({"deleted": deleted})
    else:
        terminal.say(f"Deleted {deleted} {'conversation' if deleted == 1 else 'conversations'}.")
    return 0


def _here(call: "Call") -> "list[Conversation]":
    """All conversations, or with --here those that were begun in this folder; newest first."""
    here = store.here()
    return [each for each in store.every() if not call.flag("here") or each.folder == here]


def _table(conversations: "Sequence[Conversation]", lines: "Sequence[str]") -> None:
    rows: list[dict[str, object]] = [{"id": each.identity} for each in conversations]
    width = terminal.columns(sys.stdout)
    if terminal.is_terminal(sys.stdout) and width < _NARROW:
        for short, line in zip(listing.short_ids(rows), lines, strict=True):
            terminal.tell(f"{short}\n{terminal.wrap(clean_line(line, 200), width, '  ', '  ')}")
        return
    cells = [
        (short, transcript.minute(each.last_at), clean_line(each.folder), clean_line(clean(line), 200))
        for short, each, line in zip(listing.short_ids(rows), conversations, lines, strict=True)
    ]
    listing.show(_TITLES, cells, _CUT)


_ACTIONS: "dict[str, tuple[int, int, str, Callable[[Call, Sequence[str]], int]]]" = {
    "list": (0, 0, "", _list),
    "search": (1, 999, "WORDS…", _search),
    "show": (1, 1, "ID", _show),
    "rename": (2, 999, "ID TITLE…", _rename),
    "export": (1, 2, "ID [FILE]", _export),
    "delete": (1, 999, "ID…", _delete),
}
