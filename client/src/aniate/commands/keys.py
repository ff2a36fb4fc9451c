"""`ant keys`: API keys, for programs: made, listed, revoked."""

import sys

from aniate import auth, config, jsontext, listing, revocations, terminal
from aniate.errors import UsageError
from aniate.refusal import not_aniate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call

PATH = "/v1/keys"
_LONGEST_NAME = 200
_CUT = (1,)
_TITLES = ("ID", "NAME", "BEGINS WITH", "MADE (UTC)")
FIELDS = ("id", "name", "prefix", "created_at")


def run(call: "Call") -> int:
    """Make, list or revoke."""
    action, words = (call.words[0], call.words[1:]) if call.words else ("list", ())
    if action == "list" and not words:
        return _list(call)
    if action == "new" and len(words) == 1:
        return _new(call, words[0])
    if action == "revoke" and len(words) == 1:
        return _revoke(call, words[0])
    raise UsageError(
        "`ant keys` takes: new NAME, list, or revoke ID.", "A name with spaces needs quotes. See: ant help keys"
    )


def _list(call: "Call") -> int:
    settings = config.load(call)
    revocations.work_off(settings)
    rows = _rows(settings, auth.credential(settings))
    if call.flag("json"):
        jsontext.tell({"keys": [{name: listing.text(row, name) for name in FIELDS} for row in rows]})
        return 0
    lines = [
        (short, listing.text(row, "name"), listing.text(row, "prefix") + "…", listing.minute(row, "created_at"))
        for short, row in zip(listing.short_ids(rows), rows, strict=True)
    ]
    listing.show(_TITLES, lines, _CUT)
    return 0


def _new(call: "Call", name: str) -> int:
    """The key goes to standard output alone: the one time that it can be seen."""
    _check_name(name)
    sys.stdout.write("")  # where it is closed, that is told before a key is made that nobody sees
    settings = config.load(call)
    revocations.work_off(settings)
    body = jsontext.dumps({"name": name.encode("utf-8", "replace").decode()}).encode()
    made = auth.exchange(settings, auth.credential(settings), "POST", PATH, body)
    key = listing.text(made, "key")
    if not auth.possible(key):
        raise not_aniate(settings.address, "what it answered is no key")
    if call.flag("json"):
        jsontext.tell({"id": listing.text(made, "id"), "name": listing.text(made, "name"), "key": key})
        return 0
    sys.stdout.write(key + "\n")
    sys.stdout.flush()
    terminal.say("This is the one time that the key is shown. It is used with ANT_TOKEN, or `ant login --with-token`.")
    return 0


def _check_name(name: str) -> None:
    """UsageError if no key can be called so."""
    if not name.strip():
        raise UsageError("The key's name is empty.", "For example: ant keys new ci")
    if len(name) > _LONGEST_NAME:
        raise UsageError(f"The key's name has {len(name)} characters; {_LONGEST_NAME} are the most.")
    if not name.isprintable():
        raise UsageError(
            "The key's name must be one line of letters that can be shown.", "For example: ant keys new ci"
        )


def _revoke(call: "Call", word: str) -> int:
    settings = config.load(call)
    revocations.work_off(settings)
    credential = auth.credential(settings)
    found = listing.pick(_rows(settings, credential), word, "key", "ant keys")
    auth.exchange(settings, credential, "DELETE", f"{PATH}/{listing.text(found, 'id')}")
    if call.flag("json"):
        jsontext.tell({"revoked": listing.text(found, "id")})
        return 0
    terminal.say(f"Revoked the key {listing.text(found, 'name')}.")
    if _in_use(credential, found):
        so = "unset it" if credential.place == "ANT_TOKEN" else "log in again with `ant login`"
        terminal.say(f"It is the key that `ant` goes by here, in {credential.place}: {so}.")
    return 0


def _in_use(credential: auth.Credential, key: "dict[str, object]") -> bool:
    """Whether the credential is that key, as far as its beginning tells."""
    beginning = listing.text(key, "prefix")
    return not credential.refresh and bool(beginning) and credential.token.startswith(beginning)


def _rows(settings: config.Settings, credential: auth.Credential) -> "list[dict[str, object]]":
    return listing.rows_of(auth.exchange(settings, credential, "GET", PATH), "keys")
