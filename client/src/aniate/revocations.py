"""Logins that were left while the server was away: it is told as soon as it is back."""

import os

from aniate import files, oauth, places
from aniate.errors import AntError, StorageFailed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.config import Settings

_AT_ONCE = 3
_KEPT = 20


def path() -> str:
    """The file of tokens that the server shall forget, by host."""
    return os.path.join(places.config_folder(), "revocations.json")


def end(settings: "Settings", token: str) -> bool:
    """End the login that the token is of, now or as soon as the server is there; whether it has heard of it."""
    try:
        _change(settings, lambda tokens: [token, *tokens][:_KEPT])  # first, since asking may take its time
    except StorageFailed:
        return _told(settings, token)
    work_off(settings)
    return token not in _waiting(settings)


def work_off(settings: "Settings") -> None:
    """Tell the server of the logins that were left, a few at a time. Never an error: there will be another time."""
    if not os.path.exists(path()):
        return
    try:
        for token in _waiting(settings)[:_AT_ONCE]:
            if not _told(settings, token):
                return
            _forget(settings, token)
    except StorageFailed:
        return


def _told(settings: "Settings", token: str) -> bool:
    """Whether the server has heard of it. If it does not want to, asking again changes nothing."""
    try:
        oauth.revoke(settings, token)
    except AntError as error:
        return 400 <= error.status < 500 and error.status != 429
    return True


def _forget(settings: "Settings", token: str) -> None:
    _change(settings, lambda tokens: [each for each in tokens if each != token])


def _waiting(settings: "Settings") -> "list[str]":
    tokens = files.read_object(path()).get(settings.address.origin)
    return [token for token in tokens if isinstance(token, str)] if isinstance(tokens, list) else []


def _change(settings: "Settings", edit: "Callable[[list[str]], list[str]]") -> None:
    with files.locked(path()):
        stored = files.read_object(path())
        stored[settings.address.origin] = edit(_waiting(settings))
        files.write_object(path(), {origin: tokens for origin, tokens in stored.items() if tokens})
