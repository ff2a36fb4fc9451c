"""`ant sessions`: where the account is logged in, and an end to it."""

from aniate import auth, config, jsontext, listing, revocations, terminal
from aniate.commands.account import leave
from aniate.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call

PATH = "/v1/sessions"
_QUESTION = "End all logins of this account, this one too?"
_TITLES = ("ID", "MACHINE", "ADDRESS", "LAST USED (UTC)", "")
_CUT = (1, 2)
FIELDS = ("id", "kind", "name", "client", "address", "created_at", "last_seen_at")


def run(call: "Call") -> int:
    """List the logins, or end some of them."""
    action, words = (call.words[0], list(call.words[1:])) if call.words else ("list", [])
    if action == "end":
        return _end(call, words)
    if action != "list" or words or call.flag("all") or call.flag("others"):
        raise UsageError("`ant sessions` lists the logins; `ant sessions end ID` ends one.", "See: ant help sessions")
    return _list(call)


def _list(call: "Call") -> int:
    settings = config.load(call)
    revocations.work_off(settings)
    rows = _rows(settings, auth.credential(settings))
    if call.flag("json"):
        told = [{**{name: listing.text(row, name) for name in FIELDS}, "current": _current(row)} for row in rows]
        jsontext.tell({"sessions": told})
        return 0
    lines = [
        (
            short,
            listing.text(row, "name") or listing.text(row, "client"),
            listing.text(row, "address"),
            listing.minute(row, "last_seen_at"),
            "this one" if _current(row) else "",
        )
        for short, row in zip(listing.short_ids(rows), rows, strict=True)
    ]
    listing.show(_TITLES, lines, _CUT)
    return 0


def _end(call: "Call", words: "list[str]") -> int:
    """End the logins that are meant: named ones, the others, or all."""
    if sum((bool(words), call.flag("others"), call.flag("all"))) != 1:
        raise UsageError("Say which logins to end: their ids, --others or --all.", "`ant sessions` lists them.")
    settings = config.load(call)
    revocations.work_off(settings)
    credential = auth.credential(settings)
    ours = call.flag("all")
    if words:
        ended, ours = _end_some(settings, credential, words)
    elif ours and not call.flag("yes") and not terminal.agreed(_QUESTION, "--yes"):
        terminal.say("Nothing was ended.")
        return 1
    else:
        ended = _end_many(settings, credential, PATH if ours else f"{PATH}?others=true")
    if ours and credential.refresh:
        leave(settings, heard=True)
    return _told(call, ended, ours and bool(credential.refresh))


def _end_many(settings: config.Settings, credential: auth.Credential, resource: str) -> int:
    number = auth.exchange(settings, credential, "DELETE", resource).get("ended")
    return number if isinstance(number, int) else 0


def _end_some(settings: config.Settings, credential: auth.Credential, words: "list[str]") -> "tuple[int, bool]":
    """How many were ended, and whether ours is among them. All words are understood before anything is ended."""
    rows = _rows(settings, credential)
    chosen = {
        listing.text(row, "id"): row for row in (listing.pick(rows, word, "login", "ant sessions") for word in words)
    }
    ours_last = sorted(chosen, key=lambda identity: _current(chosen[identity]))  # after it the token is dead
    for identity in ours_last:
        auth.exchange(settings, credential, "DELETE", f"{PATH}/{identity}")
    return len(chosen), any(_current(row) for row in chosen.values())


def _told(call: "Call", ended: int, ours: bool) -> int:
    if call.flag("json"):
        jsontext.tell({"ended": ended})
        return 0
    also = "; you are logged out here" if ours else ""
    terminal.say(f"Ended {ended} {'login' if ended == 1 else 'logins'}{also}.")
    return 0


def _rows(settings: config.Settings, credential: auth.Credential) -> "list[dict[str, object]]":
    return listing.rows_of(auth.exchange(settings, credential, "GET", PATH), "sessions")


def _current(row: "dict[str, object]") -> bool:
    return row.get("current") is True
