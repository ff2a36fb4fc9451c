"""What a provider's refusal means to our caller. Its own words are not passed on: they can tell of our account."""

from __future__ import annotations

import json
from typing import Any

import structlog

from aniate_server.plumbing.errors import AniateError, TooLarge, Unavailable, UpstreamFailed

log = structlog.get_logger()

TOO_LONG = {"context_length_exceeded", "exceed_context_size_error", "request_too_large"}
MODEL_GONE = {"model_not_found", "model_decommissioned"}
FORMLESS = "json_validate_failed"
MAX_RETRY_AFTER_S = 24 * 3600


def from_status(provider: str, status: int, retry_after: str, body: bytes) -> AniateError:
    """The error for an answer that is no 200. The log gets the provider's codes, never its text or our key."""
    code, kind = codes_in(body)
    log.warning("provider refused", provider=provider, status=status, code=code, type=kind)
    if status == 413 or {code, kind} & TOO_LONG:
        return TooLarge("The request is longer than the model can read.", "Send less of it.")
    if status in (401, 403):
        return Unavailable("The model's provider does not accept this server.", "Tell whoever runs the server.")
    if {code, kind} & MODEL_GONE or status == 404:
        return UpstreamFailed("The model's provider does not have this model any more.", "Choose another model.")
    if status in (429, 498, 503):
        busy = Unavailable("The model's provider is busy.")
        busy.retry_after_s = seconds(retry_after)
        return busy
    if code == FORMLESS:
        return UpstreamFailed("The model did not find the form that this answer must have.")
    if status in (400, 422):
        return UpstreamFailed("The model's provider did not understand the request.", "")
    return UpstreamFailed("The model's provider failed.")


def from_event(error: object) -> AniateError:
    """The error for one that came in the middle of a stream."""
    code, kind = codes_of(error)
    log.warning("provider broke off", code=code, type=kind)
    if {code, kind} & TOO_LONG:
        return TooLarge("The request is longer than the model can read.", "Send less of it.")
    return UpstreamFailed("The model's provider broke off in the middle of the answer.")


def codes_in(body: bytes) -> tuple[str, str]:
    """`code` and `type` of an error body, empty if it has none."""
    try:
        return codes_of(json.loads(body)["error"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", ""


def codes_of(error: Any) -> tuple[str, str]:  # Any: whatever a provider sends
    """`code` and `type` of an error object; only short words, for they go to the log."""
    if not isinstance(error, dict):
        return "", ""
    return word(error.get("code")), word(error.get("type"))


def word(value: object) -> str:
    """A code, or nothing if it is anything else."""
    return value if isinstance(value, str) and len(value) <= 64 and value.isidentifier() else ""


def seconds(retry_after: str) -> int | None:
    """`retry-after` in whole seconds, rounded up; providers send fractions, too."""
    try:
        return min(MAX_RETRY_AFTER_S, max(1, -int(-float(retry_after) // 1)))
    except (ValueError, OverflowError):
        return None
