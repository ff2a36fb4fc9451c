"""The server's half of a login, as `ant` sees it (RFC 6749, 7009, 8414, 8628).

Only the pages for the browser are where the issuer says; tokens go to the host itself, at fixed paths.
"""

import time
from urllib.parse import urlencode, urlsplit

from aniate import auth
from aniate.config import Settings
from aniate.credentials import Login
from aniate.errors import AntError, NotAniate
from aniate.pages import page, same_origin
from aniate.refusal import not_aniate
from aniate.safe_text import clean_line

CLIENT_ID = "ant"
METADATA_PATH = "/.well-known/oauth-authorization-server"
TOKEN_PATH = "/v1/oauth/token"  # noqa: S105
DEVICE_PATH = "/v1/oauth/device"
REVOKE_PATH = "/v1/oauth/revoke"
_DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATIENCE_S = 15.0
"""How long the server may stay silent: others may wait for the lock meanwhile."""
_REVOKE_S = 3.0
_LONGEST_CODE_S = 3600
SHORTEST_INTERVAL_S = 1
"""However often the server would be asked."""
_LONGEST_INTERVAL_S = 60


class Server:
    """Where to send a browser. `web` is the origin of the pages, `issuer` who signs an answer."""

    __slots__ = ("authorize", "issuer", "web")

    def __init__(self, issuer: str, authorize: str) -> None:
        self.issuer = issuer
        self.authorize = authorize
        parts = urlsplit(authorize)
        self.web = f"{parts.scheme}://{parts.netloc}"


class Device:
    """What the user types where; times are in seconds."""

    __slots__ = ("code", "expires_in_s", "interval_s", "page", "page_with_code", "user_code")

    def __init__(self, fields: "dict[str, object]") -> None:
        self.code = str(fields["device_code"])
        self.user_code = clean_line(str(fields["user_code"]), 40)
        self.page = page(fields["verification_uri"])
        self.page_with_code = page(fields.get("verification_uri_complete") or self.page)
        self.expires_in_s = _number(fields["expires_in"], _LONGEST_CODE_S)
        self.interval_s = max(SHORTEST_INTERVAL_S, _number(fields.get("interval", 5), _LONGEST_INTERVAL_S))


def discover(settings: Settings) -> Server:
    """How to log in there. NotAniate if the server does not say, or sends the browser where none should go."""
    found = auth.exchange(settings, None, "GET", METADATA_PATH)
    issuer = found.get("issuer")
    if not isinstance(issuer, str) or not issuer:
        raise not_aniate(settings.address, "it does not say who it is")
    if not same_origin(page(issuer), settings.address.origin):
        found = _anchored(settings, issuer)
    return Server(issuer, page(found.get("authorization_endpoint")))


def _anchored(settings: Settings, issuer: str) -> "dict[str, object]":
    """What the issuer itself says. NotAniate unless it is that issuer, and its logins are for the settings' host.

    A host might name another server's issuer and pages, let the user agree there, and get the code that was meant for
    that server (RFC 8414, section 3.3; RFC 9207).
    """
    found = {} if "?" in issuer else _said_by(settings, issuer, urlsplit(issuer).path.rstrip("/"))
    if found.get("issuer") != issuer or not _names_us(settings, found):
        raise _stranger(settings, issuer)
    return found


def has_pages(settings: Settings, server: Server, url: str) -> bool:
    """Whether a code may be typed there: at the host, at the issuer, or where it is said that logins are for the host.

    That the host names pages is not enough: it may have got the code from the server that they are of.
    """
    if same_origin(url, settings.address.origin) or same_origin(url, server.issuer):
        return True
    try:
        return _names_us(settings, _said_by(settings, url))
    except AntError:
        return False


def _said_by(settings: Settings, url: str, path: str = "") -> "dict[str, object]":
    """The metadata of the server that `url` is of."""
    parts = urlsplit(url)
    there = Settings({**settings.values, "host": f"{parts.scheme}://{parts.netloc}"}, settings.origins)
    return auth.exchange(there, None, "GET", METADATA_PATH + path)


def _names_us(settings: Settings, found: "dict[str, object]") -> bool:
    return same_origin(found.get("token_endpoint"), settings.address.origin)


def _stranger(settings: Settings, issuer: str) -> NotAniate:
    return NotAniate(
        f"{settings.address.origin} wants you to log in to {clean_line(issuer, 100)}, which does not vouch for it.",
        "Nothing was opened. Check the address: a server may try to get a login that is for another one.",
    )


def exchange_code(settings: Settings, code: str, redirect_uri: str, verifier: str) -> Login:
    """The login that the browser's code stands for."""
    fields = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _login(settings, {"grant_type": "authorization_code", **fields})


def renew(settings: Settings, refresh_token: str) -> Login:
    """The next tokens of a login. The error's code is `invalid_grant` if it is over."""
    return _login(settings, {"grant_type": "refresh_token", "refresh_token": refresh_token})


def begin_device(settings: Settings, machine: str) -> Device:
    """A code for a login that is agreed to elsewhere."""
    found = _post(settings, DEVICE_PATH, {"client_id": CLIENT_ID, "device_name": machine}, PATIENCE_S)
    try:
        return Device(found)
    except (KeyError, ValueError) as error:
        raise not_aniate(settings.address, "what it answered is no code") from error


def poll_device(settings: Settings, device: Device) -> Login:
    """The login, if it was agreed to; the error's code says why not, or not yet."""
    return _login(settings, {"grant_type": _DEVICE_GRANT, "device_code": device.code})


def revoke(settings: Settings, token: str) -> None:
    """End the login that the token is of."""
    _post(settings, REVOKE_PATH, {"token": token}, _REVOKE_S)


def _login(settings: Settings, fields: "dict[str, str]") -> Login:
    found = _post(settings, TOKEN_PATH, {**fields, "client_id": CLIENT_ID}, PATIENCE_S)
    access, refresh = (found.get(name) for name in ("access_token", "refresh_token"))
    try:
        expires_at = int(time.time()) + _number(found.get("expires_in"), auth.LONGEST_S)
    except ValueError:
        access = None
    if not (isinstance(access, str) and isinstance(refresh, str) and auth.possible(access) and auth.possible(refresh)):
        raise not_aniate(settings.address, "what it answered is no login")
    return Login(access, refresh, expires_at)


def _post(settings: Settings, path: str, fields: "dict[str, str]", patience_s: float) -> "dict[str, object]":
    """The answer to a form that names no user but by what is in it."""
    usual_s, settings.timeout_s = settings.timeout_s, min(settings.timeout_s, patience_s)
    try:
        return auth.exchange(settings, None, "POST", path, urlencode(fields).encode(), _FORM)
    finally:
        settings.timeout_s = usual_s


def _number(value: object, most: int) -> int:
    if not isinstance(value, int) or value < 0:
        raise ValueError("this is no number of seconds")
    return min(value, most)
