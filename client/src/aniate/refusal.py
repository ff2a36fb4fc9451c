"""What a server that does not give what was asked for means by it."""

from aniate import jsontext
from aniate.errors import AntError, NotAniate, from_server
from aniate.safe_text import clean_field, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.address import Address
    from aniate.http1 import Response


def refusal(response: "Response", address: "Address") -> AntError:
    """The error that an answer other than 200 stands for."""
    if 300 <= response.status < 400:
        return _redirected(response, address)
    seconds = _seconds(response)
    error = _refused(response, address, _when(seconds))
    error.status, error.retry_after_s = response.status, seconds
    return error


def _refused(response: "Response", address: "Address", when: str) -> AntError:
    status = response.status
    try:
        body = jsontext.load_object(response.read().decode("utf-8", "replace"))
    except (ValueError, AntError):
        body = {}
    error = body.get("error")
    if isinstance(error, str):  # the shape of OAuth (RFC 6749, section 5.2)
        error = {"code": error, "message": body.get("error_description")}
    if not isinstance(error, dict):
        if status in (401, 403, 407, 402, 429) or status >= 500:
            return from_server("", f"{address.origin} answered {status} and gave no reason.", "", status, when)
        return not_aniate(address, f"it answered {status}")
    code, message, hint = (clean_field(error.get(key)) for key in ("code", "message", "hint"))
    message = message or f"{address.origin} answered {status} and gave no reason."
    return from_server(code, message, hint, status, when)


def not_aniate(address: "Address", reason: str) -> NotAniate:
    """The error for an answer that no Aniate server gives."""
    return NotAniate(
        f"{address.origin} does not seem to be an Aniate server: {reason}.",
        "Check the address; a network with a sign-in page answers like this too.",
    )


def _redirected(response: "Response", address: "Address") -> AntError:
    target = clean_line(response.headers.get("location", "somewhere else"), 100)
    return NotAniate(
        f"{address.origin} redirects to {target}; redirects are not followed, since your key is for one host.",
        "If that is the right address, use it: --host URL, or `ant config set host URL`.",
    )


def _seconds(response: "Response") -> int:
    """In how many seconds the server says to try again, or 0 if it says nothing."""
    value = response.headers.get("retry-after", "")
    if not value or len(value) > 40:  # no date and no number of seconds that anybody means
        return 0
    return max(1, int(value) if value.isascii() and value.isdigit() else _until(value))


def _when(seconds: int) -> str:
    """As in "in 30 s", or nothing."""
    if not seconds:
        return ""
    if seconds < 120:
        return f"in {seconds} s"
    return f"in {-(-seconds // 60)} minutes" if seconds < 7200 else f"in {-(-seconds // 3600)} hours"


def _until(date: str) -> int:
    import time
    from datetime import timezone
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:  # asctime's form names no zone
            moment = moment.replace(tzinfo=timezone.utc)
        return int(moment.timestamp() - time.time())
    except (TypeError, ValueError, OverflowError):
        return 60
