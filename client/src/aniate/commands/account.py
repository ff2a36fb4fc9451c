"""`ant logout`, `whoami`: who the user is to the server, and how that ends."""

import os

from aniate import auth, config, credentials, jsontext, known_brews, names, revocations, terminal
from aniate.errors import NeedsLogin, StorageFailed, UsageError
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.options import Call


def logout(call: "Call") -> int:
    """End the login, on the server too; of a key, remove it from this machine."""
    _no_words(call)
    settings = config.load(call)
    if call.flag("all"):
        revocations.work_off(settings)
        auth.exchange(settings, auth.credential(settings), "DELETE", "/v1/sessions")
    entry, told = leave(settings, heard=call.flag("all"))
    if call.flag("json"):
        jsontext.tell({"removed": entry is not None, "host": settings.address.origin, "profile": settings.profile})
        return 0
    if call.flag("all"):
        terminal.say("Ended all logins of the account.")
    where = f"{settings.address.origin} (profile {settings.profile})"
    if entry is None:
        terminal.say(f"There was no login to {where} on this machine.")
    elif isinstance(entry, str):
        terminal.say(f"Logged out of {where}. The key itself stays valid until it is revoked: `ant keys revoke`.")
    elif told:
        terminal.say(f"Logged out of {where}.")
    else:
        terminal.say(f"Logged out of {where} here. The server is away; it is told when `ant` reaches it again.")
    if os.environ.get("ANT_TOKEN"):
        terminal.say("ANT_TOKEN is still set, and is used.")
    return 0


def leave(settings: config.Settings, heard: bool) -> "tuple[object, bool]":
    """Forget what is stored and end it on the server, unless it has `heard` of that.

    What was stored, and whether the server knows that it is over. StorageFailed, after all else, if it stays stored.
    """
    entry, token, trouble = credentials.leave(settings)
    known_brews.keep(settings.profile, [])
    if os.path.exists(names.path()):
        names.keep(settings.profile, settings.address.origin, ({}, {}), "", 0)
    told = True
    if token and not heard:
        told = revocations.end(settings, token)
    else:
        revocations.work_off(settings)
    if trouble:
        raise StorageFailed(f"{trouble.message} {_left(token, told)}", "Delete the file when that is possible again.")
    return entry, told


def _left(token: str, told: bool) -> str:
    """What stays where a file can't be written."""
    if not token:
        return "The key could not be removed from this machine."
    if told:
        return "The login has ended on the server, but could not be removed from this machine."
    return "The login could not be removed from this machine, and the server is away."


def whoami(call: "Call") -> int:
    """Who the server takes the user for. NeedsLogin if for nobody; --check says that by the code alone."""
    _no_words(call)
    settings = config.load(call)
    revocations.work_off(settings)
    if call.flag("check"):
        return _check(settings)
    credential = auth.credential(settings)
    account = auth.account(settings, credential)
    if credential.place != "ANT_TOKEN":
        known_brews.refresh(settings, credential)
    if call.flag("json"):
        jsontext.tell(account | place_as_data(settings, credential, account))
        return 0
    for label, value in (
        ("user", account["email"]),
        ("workspace", account["workspace"]),
        ("plan", account.get("plan", "")),
        ("machine" if account.get("session_id") else "key", account.get("key_name", "")),
        ("host", settings.address.origin),
        ("profile", settings.profile),
        ("token", _token(credential, account)),
    ):
        terminal.tell(f"{label.ljust(9)}  {clean_line(value)}")
    return 0


def _check(settings: config.Settings) -> int:
    try:
        auth.account(settings, auth.credential(settings))
    except NeedsLogin as error:
        return error.exit_code
    return 0


def _token(credential: auth.Credential, account: "dict[str, str]") -> str:
    """What the token is and where it lies, in words."""
    if not credential.refresh:
        return f"{'login' if account.get('session_id') else 'API key'}, in {credential.place}"
    kept = "in the keyring" if credential.refresh == credentials.KEYRING else f"in {credential.place}"
    return f"login, {kept}; good until {_time(credential.expires_at)}, then renewed by itself"


def place_as_data(
    settings: config.Settings, credential: auth.Credential, account: "dict[str, str]"
) -> "dict[str, str]":
    """Where the user is logged in, of what kind the token is, where it lies, and of a login until when it is good."""
    is_login = credential.refresh or account.get("session_id")
    told = {"host": settings.address.origin, "profile": settings.profile, "token_place": credential.place}
    told["token_kind"] = "login" if is_login else "key"
    if credential.refresh:
        told |= {"refresh_place": credential.refresh, "expires_at": _time(credential.expires_at)}
    return told


def _time(seconds: int) -> str:
    import time

    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def _no_words(call: "Call") -> None:
    if call.words:
        raise UsageError(f"`ant {call.name}` takes no words.")
