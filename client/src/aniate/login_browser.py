"""A login in the browser of this machine (RFC 8252), proved with a secret that never leaves it (RFC 7636)."""

import base64
import hashlib
import os
import secrets
import sys
from contextlib import suppress
from urllib.parse import urlencode

from aniate import oauth, terminal
from aniate.errors import AntError, NeedsLogin, ServerRefused, Unreachable
from aniate.loopback import OPENED_TWICE, Listener
from aniate.safe_text import clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.config import Settings
    from aniate.credentials import Login

WAIT_S = 180.0
WAIT_FOR_NEW_S = 900.0
"""Who makes an account has an address to confirm first."""
# Nothing is imported from the folder that the user works in.
_PROGRAM = """
import sys
sys.path[:] = [p for p in sys.path if p]
import webbrowser
webbrowser.open(sys.stdin.read())
"""


def why_not() -> str:
    """Why no browser can be expected here, in a sentence; nothing if one can."""
    environ = os.environ
    if any(environ.get(name) for name in ("SSH_CONNECTION", "SSH_TTY", "SSH_CLIENT")):
        return "This is a session over SSH, so the login goes by a code."
    screen = environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY") or environ.get("BROWSER")
    if sys.platform.startswith("linux") and not screen:
        return "There is no display here, so the login goes by a code."
    import webbrowser

    try:
        webbrowser.get()
    except webbrowser.Error:
        return "There is no browser here, so the login goes by a code."
    return ""


class Visit:
    """A login that is begun in the browser; until `close`, the browser may come back."""

    def __init__(self, settings: "Settings", server: oauth.Server, machine: str, create: bool) -> None:
        self._settings = settings
        self._verifier, state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        try:
            self._listener = Listener(state, server.issuer, f"{server.web}/done")
        except OSError as error:
            reason = (error.strerror or "failed").lower()
            raise Unreachable(f"The browser can't come back to this machine: {reason}.", "Use --device.") from error
        asked = {
            "response_type": "code",
            "client_id": oauth.CLIENT_ID,
            "redirect_uri": self._listener.redirect_uri,
            "code_challenge": _challenge(self._verifier),
            "code_challenge_method": "S256",
            "state": state,
            "device_name": machine,
            **({"prompt": "create"} if create else {}),
        }
        self._limit_s = WAIT_FOR_NEW_S if create else WAIT_S
        self._listener.goes_to = server.authorize + ("&" if "?" in server.authorize else "?") + urlencode(asked)

    def begin(self) -> "Login | None":
        """Open the browser. The login, or None if nobody comes back in time. NeedsLogin if it is refused there."""
        terminal.say(f"Going on in the browser. If none opens, go to: {self._listener.goes_to}")
        _open(self._listener.start)
        return self.wait(self._limit_s)

    def wait(self, limit_s: float) -> "Login | None":
        """As `begin`, for the browser that was opened."""
        answer = self._listener.wait(limit_s)
        if answer is None:
            return None
        if "code" not in answer:
            raise _refused(answer)
        return oauth.exchange_code(self._settings, answer["code"], self._listener.redirect_uri, self._verifier)

    def close(self) -> None:
        """Let nobody come back any more."""
        self._listener.shutdown()
        self._listener.server_close()


def _challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _open(url: str) -> None:
    """Open the browser in a process of its own: it may take its time, write what it likes, and outlive Ctrl-C."""
    from subprocess import DEVNULL, PIPE, Popen

    child = Popen(  # noqa: S603  # the interpreter that runs this, and a program that stands above
        [sys.executable, "-c", _PROGRAM], stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, start_new_session=True
    )
    if child.stdin is not None:
        with suppress(OSError):  # it did not even begin; the user has the address
            child.stdin.write(url.encode())
            child.stdin.close()


def _refused(answer: "dict[str, str]") -> AntError:
    code = clean_line(answer["error"], 60)
    told = clean_line(answer.get("error_description", ""))
    if code == OPENED_TWICE:
        return NeedsLogin(
            "The login was opened twice in a browser, perhaps by somebody else on this machine, so it was ended.",
            "Nothing was stored. `ant login` begins anew.",
            code,
        )
    if code == "access_denied":
        return NeedsLogin(told or "The login was refused in the browser.", "Nothing was stored.", code)
    return ServerRefused(told or f"The server could not log you in ({code}).", "", code)
