"""The store of tokens, changed: a key or a login of one profile at one host comes, is renewed, goes.

Keys and access tokens lie in the file. A refresh token lies in the keyring, or in the file if the user said so.
"""

import os

from aniate import auth, files, keyring_call, terminal
from aniate.errors import StorageFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings

KEYRING, FILE = "keyring", "file"


class Login:
    """What the server gives to who logs in; the access token expires at a time in seconds since 1970."""

    __slots__ = ("access_token", "expires_at", "refresh_token")

    def __init__(self, access_token: str, refresh_token: str, expires_at: int) -> None:
        self.access_token = access_token
        self.refresh_token = refresh_token
        self.expires_at = expires_at


def keyring_user(settings: "Settings") -> str:
    """What the refresh token is called in the keyring."""
    return f"{settings.profile}@{settings.address.origin}"


def check_place(settings: "Settings") -> None:
    """StorageFailed if the file is damaged, or can't be written: found out by writing what is there."""
    with files.locked(auth.path()):
        everything = files.read_object(auth.path())
        files.write_object(auth.path(), dict(everything))
        if not everything:
            os.unlink(auth.path())
        auth.tokens_of(everything, settings.profile)


def keep_key(settings: "Settings", key: str) -> str:
    """Store an API key; the token by which the server ends the login that was there, if one was."""
    with files.locked(auth.path()):
        former = _taken(settings, stored(settings))
        _write(settings, key)
    return former


def keep_login(settings: "Settings", login: Login, where: str) -> str:
    """As `keep_key`, for a login, whose refresh token is to lie in the KEYRING or the FILE."""
    with files.locked(auth.path()):
        earlier = stored(settings)
        if where == KEYRING:
            swapped = keyring_call.swap(keyring_user(settings), login.refresh_token)
            former = swapped or ("" if _in_keyring(earlier) else _taken(settings, earlier))
        else:
            former = _taken(settings, earlier)
        _write(settings, _entry(login, where))
    return former


def renew(settings: "Settings", login: Login, where: str) -> None:
    """Store what a login was renewed to; the caller holds the lock. The refresh token is kept before all else."""
    if where == KEYRING:
        try:
            keyring_call.swap(keyring_user(settings), login.refresh_token)
        except StorageFailed as error:
            terminal.say(f"{error.message} The login could not be kept there and ends soon: log in again.")
    _write(settings, _entry(login, where))


def remove(settings: "Settings") -> None:
    """Forget what is stored, in the keyring too; the caller holds the lock."""
    _taken(settings, stored(settings))
    _write(settings, None)


def leave(settings: "Settings") -> "tuple[object, str, StorageFailed | None]":
    """As `remove`, for who does not hold the lock: a command that renews it meanwhile comes before or after.

    What was stored; the token by which the server ends it, if it is a login; why it could not be removed, if so.
    """
    entry = stored(settings)
    token = ""
    if entry is None:
        return None, "", None
    try:
        with files.locked(auth.path()):
            entry = stored(settings)
            token = _taken(settings, entry)
            _write(settings, None)
    except StorageFailed as error:
        return entry, token or _taken(settings, entry), error
    return entry, token, None


def stored(settings: "Settings") -> object:
    """What the file holds for the settings' host and profile: a key, a login, or None."""
    return auth.tokens_of(files.read_object(auth.path()), settings.profile).get(settings.address.origin)


def refresh_token(settings: "Settings", entry: "dict[str, object]") -> str:
    """The refresh token of a stored login, empty if it is gone. StorageFailed if the keyring fails."""
    if _in_keyring(entry):
        return keyring_call.get(keyring_user(settings))
    token = entry.get("refresh_token")
    return token if isinstance(token, str) else ""


def _taken(settings: "Settings", entry: object) -> str:
    """The token by which the server ends a stored login, out of the keyring if it was there; of a key, none.

    Where the keyring fails, it is the access token.
    """
    if not isinstance(entry, dict):
        return ""
    token = entry.get("refresh_token")
    if _in_keyring(entry):
        try:
            token = keyring_call.swap(keyring_user(settings), "")
        except StorageFailed as error:
            terminal.say(error.message)
    return str(token or entry.get("access_token") or "")


def _in_keyring(entry: object) -> bool:
    return isinstance(entry, dict) and entry.get("refresh") == KEYRING


def _entry(login: Login, where: str) -> "dict[str, object]":
    entry: dict[str, object] = {"access_token": login.access_token, "expires_at": login.expires_at, "refresh": where}
    return entry if where == KEYRING else {**entry, "refresh_token": login.refresh_token}


def _write(settings: "Settings", entry: object) -> None:
    """Put `entry` into the file, or take out what is there if it is None."""
    everything = files.read_object(auth.path())
    tokens = auth.tokens_of(everything, settings.profile)
    tokens.pop(settings.address.origin, None)
    if entry is not None:
        tokens[settings.address.origin] = entry
    files.write_object(auth.path(), everything)
