"""Who the user is: a token, kept for the one host that it was stored for."""

import os

from aniate import files, jsontext, places, transport
from aniate.errors import NeedsLogin, StorageFailed, UsageError
from aniate.refusal import not_aniate, refusal
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings

_MAX_TOKEN = 4096


class Credential:
    """A token, and where it lies."""

    __slots__ = ("place", "token")

    def __init__(self, token: str, place: str) -> None:
        self.token = token
        self.place = place


def path() -> str:
    """The file of tokens."""
    return os.path.join(places.config_folder(), "credentials.json")


def credential(settings: "Settings") -> Credential:
    """The token for the settings' host and profile: ANT_TOKEN, else what was stored. NeedsLogin if there is none."""
    given = os.environ.get("ANT_TOKEN")
    if given:
        return Credential(checked(given, "ANT_TOKEN"), "ANT_TOKEN")
    profile, origin = settings.profile, settings.address.origin
    tokens = _tokens(files.read_object(path()), profile)
    token = tokens.get(origin)
    if isinstance(token, str) and token:
        _warn_if_others_may_read()
        return Credential(checked(token, path()), path())
    others = ", ".join(sorted(tokens))
    also = f"; the key of this profile is for {clean_line(others)}" if others else ""
    raise NeedsLogin(
        f"You are not logged in to {origin} (profile {clean_line(profile)}){also}.",
        "Log in with `ant login --with-token`.",
    )


def _warn_if_others_may_read() -> None:
    if os.stat(path()).st_mode & 0o077:
        from shlex import quote

        from aniate import terminal

        terminal.say(f"Others may read your key in {path()}; mend that with: chmod 600 {quote(path())}")


def checked(token: str, source: str) -> str:
    """`token` without blanks around it. UsageError if it can't be one."""
    token = token.strip()
    if not token:
        raise UsageError(f"There is no key in {clean_line(source)}.", "It looks like aniate_sk_… and is one line.")
    if len(token) > _MAX_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise UsageError(f"What is in {clean_line(source)} is no key.", "It looks like aniate_sk_… and is one line.")
    return token


def _tokens(stored: dict[str, object], profile: str) -> dict[str, object]:
    """The tokens of a profile by host; a part of `stored`, made if it is missing."""
    profiles = stored.setdefault("profiles", {})
    tokens = profiles.setdefault(profile, {}) if isinstance(profiles, dict) else None
    if not isinstance(tokens, dict):
        raise StorageFailed(f"{clean_line(path())} is damaged.", "Delete it and log in again.")
    return tokens


def keep(settings: "Settings", token: str) -> None:
    """Store the token for the settings' host and profile."""
    with files.locked(path()):
        stored = files.read_object(path())
        _tokens(stored, settings.profile)[settings.address.origin] = token
        files.write_object(path(), stored)


def forget(settings: "Settings") -> bool:
    """Remove the token for the settings' host and profile; whether there was one."""
    if settings.address.origin not in _tokens(files.read_object(path()), settings.profile):
        return False
    with files.locked(path()):
        stored = files.read_object(path())
        removed = _tokens(stored, settings.profile).pop(settings.address.origin, None)
        files.write_object(path(), stored)
    return removed is not None


def exchange(
    settings: "Settings",
    token: str,
    method: str,
    resource: str,
    body: bytes = b"",
    headers: "dict[str, str] | None" = None,
) -> dict[str, object]:
    """The JSON object that the server answers with, {} if it has nothing to say. AntError if it refuses."""
    link = transport.connect(settings)
    try:
        response = link.request(method, resource, token, body, headers)
        if response.status == 204:
            return {}
        if response.status != 200:
            raise refusal(response, settings.address)
        try:
            return jsontext.load_object(response.read(1 << 20).decode("utf-8"))
        except ValueError as error:
            raise not_aniate(settings.address, "what it answered is not JSON") from error
    finally:
        link.close()


def account(settings: "Settings", token: str) -> dict[str, str]:
    """Who the token belongs to, by the server's word."""
    found = exchange(settings, token, "GET", "/v1/whoami")
    if not all(isinstance(found.get(key), str) for key in ("email", "workspace")):
        raise not_aniate(settings.address, "what it answered is no account")
    return {clean_line(key): clean_line(value) for key, value in found.items() if isinstance(value, str)}
