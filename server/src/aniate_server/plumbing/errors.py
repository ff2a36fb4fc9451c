"""The tree of the server's errors: each knows its code, its HTTP status, its sentence and its hint."""

from __future__ import annotations

from collections.abc import Sequence


class AniateError(Exception):
    """Something went wrong in a way we know. `message` is one sentence, safe to show to the caller."""

    code = "internal"
    status = 500
    default_hint = ""
    retry_after_s: int | None = None
    """After how many seconds it is worth trying again, where we know."""
    headers: Sequence[tuple[bytes, bytes]] = ()
    """What else an answer with this error says to programs."""
    param: str | None = None
    """Which field of the request is at fault, where it is one."""
    kind = "other"
    """What a provider failed at, in a word for the metrics: one of a handful."""
    upstream_status: int | None = None
    """What status the provider answered with, where that is what failed."""
    maybe_counted = False
    """An earlier try of the same question may have been counted by the provider."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = self.default_hint if hint is None else hint


class BadRequest(AniateError):
    """The request is not of the documented form."""

    code, status = "bad_request", 400


class WrongMethod(BadRequest):
    """There is such a path, but it takes another method."""

    status = 405


class NotAuthenticated(AniateError):
    """No token, or one that is unknown or revoked."""

    code, status = "not_authenticated", 401
    default_hint = "Log in again: ant login"


class NeedsALogin(AniateError):
    """What a person may do who has logged in, and a program with a key may not."""

    code, status = "needs_a_login", 403


class NeedsAPlan(AniateError):
    """What other plans have, and the caller's has not."""

    code, status = "needs_a_plan", 403
    default_hint = "For more: ant upgrade"


class NotFound(AniateError):
    """No such path, brew or model."""

    code, status = "not_found", 404


class ReservedName(AniateError):
    """A name that commands of ours bear."""

    code, status = "reserved_name", 400


class Conflict(AniateError):
    """Somebody else was faster."""

    code, status = "conflict", 412


class PreconditionRequired(AniateError):
    """A change must say what it changes (RFC 6585)."""

    code, status = "precondition_required", 428


class TooManyAttempts(AniateError):
    """Held back, so that nobody can guess for long."""

    code, status = "too_many_attempts", 429

    def __init__(self, retry_after_s: int) -> None:
        minutes = -(-retry_after_s // 60)
        when = "in a minute" if minutes == 1 else f"in {minutes} minutes"
        super().__init__(f"Too many attempts. Try again {when}.", "")
        self.retry_after_s = retry_after_s


class FormExpired(AniateError):
    """A form that was not filled in on a page of ours, or so long ago that the browser has forgotten it."""

    code, status = "form_expired", 403

    def __init__(self) -> None:
        super().__init__("This form has expired.", "Go back, load the page again and send it once more.")


class NoCookies(AniateError):
    """A form from a browser that does not send our cookie back."""

    code, status = "no_cookies", 403

    def __init__(self) -> None:
        super().__init__(
            "Your browser keeps no cookies of this site, and forms need one.",
            "Allow them, load the page and try again.",
        )


class TooLarge(AniateError):
    """The request's body is larger than `wire.MAX_BODY_BYTES`, or longer than the model can read."""

    code, status = "too_large", 413


class TooLong(TooLarge):
    """The request's words are more than the model can read."""


class UpstreamFailed(AniateError):
    """The model's provider refused, broke off or made no sense."""

    code, status = "upstream_failed", 502
    default_hint = "Try again."


class Withheld(AniateError):
    """The model began to repeat the prompts of this server, which stay here."""

    code, status = "withheld", 403

    def __init__(self) -> None:
        super().__init__(
            "The answer was stopped, because it began to repeat the instructions of this server.",
            "Ask for the result, not for the instructions.",
        )


class NotUnderstood(UpstreamFailed):
    """The model's provider found the question malformed: our fault, or of who chose its words."""


class NoSearch(AniateError):
    """What needs pages of the web, on a server without a search engine."""

    code, status = "no_search", 501

    def __init__(self) -> None:
        super().__init__(
            "This server has no search.",
            "Whoever runs it sets ANIATE_SEARCH (to searxng, brave, tavily or exa) and starts it again.",
        )


class SearchFailed(AniateError):
    """No pages to answer from: the search engine failed, knew none, or none of them could be read."""

    code, status = "search_failed", 502


class Unavailable(AniateError):
    """A part that we need (the database, the model) cannot be reached now."""

    code, status = "unavailable", 503
    default_hint = "Try again in a moment."


class SetupError(AniateError):
    """The server cannot start, or a command cannot do its work, because of this machine or a setting."""

    code, status = "setup", 500
