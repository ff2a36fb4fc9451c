"""A login that is agreed to in any browser, on any machine, by a code that is typed there (RFC 8628)."""

import time

from aniate import oauth, terminal
from aniate.errors import AntError, BrokenAnswer, NeedsLogin, NotAniate, Unreachable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aniate.config import Settings
    from aniate.credentials import Login

SLOWER_S = 5
"""RFC 8628, section 3.5: so much more waiting each time that the server finds us too quick."""
_LONGEST_WAIT_S = 30


def log_in(
    settings: "Settings", server: oauth.Server, machine: str, meanwhile: "Callable[[float], Login | None]"
) -> "Login":
    """Show the code and wait for the agreement. NeedsLogin if it is refused, or does not come in time.

    `meanwhile` passes the time between two questions, in seconds; a login that it comes upon counts as well.
    """
    device = oauth.begin_device(settings, machine)
    for page in (device.page, device.page_with_code):
        if not oauth.has_pages(settings, server, page):
            raise NotAniate(
                f"{settings.address.origin} wants the code to be typed at {page}, where it has no pages.",
                "Nothing was agreed to. Check the address: a server may try to get a login that is for another one.",
            )
    deadline = time.monotonic() + device.expires_in_s
    _show(device)
    wait_s = device.interval_s
    while time.monotonic() + wait_s < deadline:
        found = meanwhile(wait_s)
        if found is not None:
            return found
        try:
            return oauth.poll_device(settings, device)
        except AntError as error:
            wait_s = _next_wait(error, wait_s)
    raise _too_late()


def _show(device: oauth.Device) -> None:
    minutes = max(1, device.expires_in_s // 60)
    terminal.say(f"On any machine, open {device.page} and type this code:")
    terminal.say("")
    terminal.say(device.user_code)
    terminal.say("")
    if device.page_with_code != device.page:
        terminal.say(f"Or open: {device.page_with_code}")
    terminal.say(f"Waiting; the code is good for {minutes} {'minute' if minutes == 1 else 'minutes'}.")


def _next_wait(error: AntError, wait_s: int) -> int:
    """How long to wait before the next question; the error itself if there is none to ask."""
    if error.code == "authorization_pending":
        return wait_s
    if error.code == "slow_down":
        return wait_s + SLOWER_S
    if error.code == "access_denied":
        raise NeedsLogin("The login was refused in the browser.", "Nothing was stored.", error.code)
    if error.code == "expired_token":
        raise _too_late()
    if isinstance(error, (Unreachable, BrokenAnswer)):  # one answer was lost
        return min(2 * wait_s, max(wait_s, _LONGEST_WAIT_S))
    if error.status == 429 or error.status >= 500:
        return max(wait_s, error.retry_after_s)
    raise error


def _too_late() -> NeedsLogin:
    return NeedsLogin(
        "The code has expired before anybody agreed to the login.", "`ant login` gives a new one.", "expired_token"
    )
