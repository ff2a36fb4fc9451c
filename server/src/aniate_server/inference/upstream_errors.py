"""What a provider's refusal means to our caller. Its own words are not passed on: they can tell of our account."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any, TypeVar

import structlog

from aniate_server.inference.retry_after import until
from aniate_server.plumbing.errors import AniateError, NotUnderstood, TooLong, Unavailable, UpstreamFailed

E = TypeVar("E", bound=AniateError)

log = structlog.get_logger()

TOO_LONG = {"context_length_exceeded", "exceed_context_size_error", "request_too_large"}
MODEL_GONE = {"model_not_found", "model_decommissioned"}
OFF_THE_RAILS = {"json_validate_failed", "tool_use_failed"}
"""Groq's words for an answer that broke off because it would not have fitted what was asked for."""
WORTH_ANOTHER_MODEL = {"busy", "resting", "unreachable", "model_gone", "too_long", "failed", "silent"}
"""Kinds of failure that another model may not share. The others are our fault or the question's."""
SURELY_NOTHING = frozenset(
    {"busy", "failed", "model_gone", "not_accepted", "not_understood", "resting", "too_long", "unreachable"}
)
"""What a provider fails at before it counts anything: it said so, or was never reached."""
UNSUPPORTED = {"unsupported_value", "unsupported_parameter"}
"""OpenAI's words for a setting that a model does not have."""
MAX_RETRY_AFTER_S = 24 * 3600


class NoTemperature(NotUnderstood):
    """The model takes no temperature but its own."""


def of_kind(kind: str, error: E) -> E:
    """The error, counted under that word."""
    error.kind = kind
    return error


def from_status(
    provider: str, status: int, retry_after_s: int | None, body: bytes, provider_request_id: str = ""
) -> AniateError:
    """The error for an answer that is no 200. The log gets the provider's codes, never its text or our key."""
    code, kind = codes_in(body)
    log.warning(
        "provider refused",
        provider=provider,
        status=status,
        code=code,
        type=kind,
        provider_request_id=provider_request_id,
    )
    error = meaning(status, retry_after_s, code, kind)
    if isinstance(error, NotUnderstood) and code in UNSUPPORTED and field_in(body) == "temperature":
        error = of_kind(error.kind, NoTemperature(error.message, error.hint))
    error.upstream_status = status
    return error


def meaning(status: int, retry_after_s: int | None, code: str, kind: str) -> AniateError:
    """What that status with those codes is to us."""
    if status == 413 or {code, kind} & TOO_LONG:
        return too_long()
    if status in (401, 403):
        refused = Unavailable("The model's provider does not accept this server.", "Tell whoever runs the server.")
        return of_kind("not_accepted", refused)
    if {code, kind} & MODEL_GONE or status == 404:
        gone = UpstreamFailed("The model's provider does not have this model any more.", "Choose another model.")
        return of_kind("model_gone", gone)
    if status in (429, 498, 503):
        busy = of_kind("busy", Unavailable("The model's provider is busy."))
        busy.retry_after_s = retry_after_s
        return busy
    if {code, kind} & OFF_THE_RAILS:
        strayed = UpstreamFailed("The model's answer did not keep to the schema or the tools that it was given.")
        return of_kind("off_the_rails", strayed)
    if status in (400, 422):
        return of_kind("not_understood", NotUnderstood("The model's provider did not understand the request.", ""))
    return of_kind("failed", UpstreamFailed("The model's provider failed."))


def from_event(error: object) -> AniateError:
    """The error for one that came in the middle of a stream."""
    code, kind = codes_of(error)
    log.warning("provider broke off", code=code, type=kind)
    if {code, kind} & TOO_LONG:
        return too_long()
    return broke_off()


def too_long() -> TooLong:
    """The words are more than the model can read."""
    return of_kind("too_long", TooLong("The request is longer than the model can read.", "Send less of it."))


def broke_off() -> UpstreamFailed:
    """The answer has no end."""
    return of_kind("broke_off", UpstreamFailed("The model's provider broke off in the middle of the answer."))


def codes_in(body: bytes) -> tuple[str, str]:
    """`code` and `type` of an error body, empty if it has none."""
    try:
        return codes_of(json.loads(body)["error"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", ""


def field_in(body: bytes) -> str:
    """The field that an error body finds fault with, if it names one."""
    try:
        return word(json.loads(body)["error"].get("param"))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return ""


def codes_of(error: Any) -> tuple[str, str]:  # Any: whatever a provider sends
    """`code` and `type` of an error object; only short words, for they go to the log."""
    if not isinstance(error, dict):
        return "", ""
    return word(error.get("code")), word(error.get("type"))


def word(value: object) -> str:
    """A code, or nothing if it is anything else."""
    return value if isinstance(value, str) and len(value) <= 64 and value.isidentifier() else ""


def seconds(retry_after: str, now: datetime) -> int | None:
    """`retry-after` in whole seconds, rounded up: a number of them, fractions too, or an HTTP date; else None."""
    try:
        told = until(retry_after, now)
        wait_s = float(retry_after) if told is None else told
        return min(MAX_RETRY_AFTER_S, max(1, -int(-wait_s // 1)))
    except (ValueError, OverflowError):
        return None
