"""Who the user is: a token, kept for the one host that it was stored for."""

import os
import time

from aniate import files, jsontext, places, transport
from aniate.errors import NeedsLogin, NobodyHere, StorageFailed, UsageError
from aniate.refusal import not_aniate, refusal
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from aniate.config import Settings

    Given = TypeVar("Given")

FRESH_S = 60
"""An access token is renewed if it has less than so many seconds left."""
LONGEST_S = 24 * 3600
"""No access token is good for longer; what seems to be was stored when the clock was wrong."""
_MAX_TOKEN = 4096


class Credential:
    """A token, and where it lies.

    Of a login, also where its refresh token lies (`keyring` or `file`), and when the token expires, in seconds
    since 1970.
    """

    __slots__ = ("expires_at", "place", "refresh", "token")

    def __init__(self, token: str, place: str, refresh: str = "", expires_at: int = 0) -> None:
        self.token = token
        self.place = place
        self.refresh = refresh
        self.expires_at = expires_at


def path() -> str:
    """The file of tokens."""
    return os.path.join(places.config_folder(), "credentials.json")


def credential(settings: "Settings") -> Credential:
    """The token for the settings' host and profile: ANT_TOKEN, else what was stored, renewed if it is about to expire.

    NeedsLogin if there is none.
    """
    given = os.environ.get("ANT_TOKEN")
    if given:
        return Credential(checked(given, "ANT_TOKEN"), "ANT_TOKEN")
    tokens = tokens_of(files.read_object(path()), settings.profile)
    entry = tokens.get(settings.address.origin)
    if isinstance(entry, str) and entry:
        _warn_if_others_may_read()
        return Credential(checked(entry, path()), path())
    if not isinstance(entry, dict):
        raise not_logged_in(settings, tokens)
    _warn_if_others_may_read()
    found = of_login(entry)
    if found is None:
        from aniate.refresh import refreshed

        found = refreshed(settings)
    return found


def of_login(entry: "dict[str, object]") -> "Credential | None":
    """The access token of a stored login, unless it has expired or is about to."""
    token, expires_at = entry.get("access_token"), entry.get("expires_at")
    if not isinstance(token, str) or not isinstance(expires_at, int):
        return None
    if not FRESH_S <= expires_at - int(time.time()) <= LONGEST_S:
        return None
    return Credential(checked(token, path()), path(), str(entry.get("refresh")), expires_at)


def not_logged_in(settings: "Settings", tokens: "dict[str, object]") -> NobodyHere:
    """The error for a profile whose `tokens` are for other hosts, if it has any."""
    others = ", ".join(sorted(tokens))
    also = f"; the login of this profile is for {clean_line(others)}" if others else ""
    return NobodyHere(
        f"You are not logged in to {settings.address.origin} (profile {clean_line(settings.profile)}){also}.",
        f"Log in with `{to_log_in(settings)}`.",
    )


def to_log_in(settings: "Settings") -> str:
    """The command that logs in there: it repeats what was said on the command line."""
    given = [name for name in ("profile", "host") if settings.origins[name] == f"--{name}"]
    if not given:
        return "ant login"
    from shlex import quote

    return " ".join(["ant login", *(f"--{name} {quote(clean_line(settings.values[name]))}" for name in given)])


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
    if not possible(token):
        raise UsageError(f"What is in {clean_line(source)} is no key.", "It looks like aniate_sk_… and is one line.")
    return token


def possible(token: str) -> bool:
    """Whether `token` can stand in a request."""
    return 0 < len(token) <= _MAX_TOKEN and token.isascii() and token.isprintable() and " " not in token


def tokens_of(stored: dict[str, object], profile: str) -> dict[str, object]:
    """The tokens of a profile by host; a part of `stored`, made if it is missing. A key is text, a login an object."""
    profiles = stored.setdefault("profiles", {})
    tokens = profiles.setdefault(profile, {}) if isinstance(profiles, dict) else None
    if not isinstance(tokens, dict):
        raise StorageFailed(f"{clean_line(path())} is damaged.", "Delete it and log in again.")
    return tokens


def repeated(settings: "Settings", credential: "Credential | None", attempt: "Callable[[str], Given]") -> "Given":
    """What `attempt` gives for the token, for an empty one if there is no credential.

    If the server refuses the token of a stored login (401), that is renewed, and there is one more attempt.
    """
    try:
        return attempt(credential.token if credential else "")
    except NeedsLogin as error:
        if credential is None or error.status != 401:
            raise
        if credential.place == "ANT_TOKEN":
            error.hint = "ANT_TOKEN is set and goes before every login: unset it, or set a good one."
        if not credential.refresh:
            raise
        from aniate.refresh import renew_refused

        renew_refused(settings, credential)
    return attempt(credential.token)


def exchange(
    settings: "Settings",
    credential: "Credential | None",
    method: str,
    resource: str,
    body: bytes = b"",
    headers: "dict[str, str] | None" = None,
) -> dict[str, object]:
    """The JSON object that the server answers with, {} if it has nothing to say. AntError if it refuses.

    Without a credential nobody is named.
    """
    return repeated(settings, credential, lambda token: _exchange(settings, token, method, resource, body, headers))


def _exchange(
    settings: "Settings", token: str, method: str, resource: str, body: bytes, headers: "dict[str, str] | None"
) -> dict[str, object]:
    link = transport.connect(settings)
    try:
        response = link.request(method, resource, token, body, headers)
        if response.status == 204:
            return {}
        if response.status not in (200, 201):
            raise refusal(response, settings.address)
        try:
            return jsontext.load_object(response.read(1 << 20).decode("utf-8"))
        except ValueError as error:
            raise not_aniate(settings.address, "what it answered is not JSON") from error
    finally:
        link.close()


def account(settings: "Settings", credential: Credential) -> dict[str, str]:
    """Whom the credential names, by the server's word."""
    found = exchange(settings, credential, "GET", "/v1/whoami")
    if not all(isinstance(found.get(key), str) for key in ("email", "workspace")):
        raise not_aniate(settings.address, "what it answered is no account")
    return {clean_line(key): clean_line(value) for key, value in found.items() if isinstance(value, str)}
