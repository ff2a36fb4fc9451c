"""Our errors in OpenAI's shape. Source: platform.openai.com/docs/guides/error-codes."""

from __future__ import annotations

from typing import Any

from aniate_server.plumbing.errors import AniateError, BadRequest, NotUnderstood, TooLong

CODES = {401: "invalid_api_key", 404: "model_not_found", 413: "request_too_large", 429: "rate_limit_exceeded"}
NEEDS_KEY = "Send an API key as `Authorization: Bearer …`; `ant keys new NAME` makes one."


def refusal(error: AniateError) -> tuple[int, dict[str, Any]]:
    """Status and body. What the provider did not understand is the caller's here, who chose every word."""
    if isinstance(error, NotUnderstood):
        error = BadRequest("The model cannot take the request as it is.")
    return error.status, {
        "error": {"message": sentence(error), "type": kind(error), "param": param(error), "code": code(error)}
    }


def sentence(error: AniateError) -> str:
    """What went wrong and what to do: there is no field for a hint."""
    return f"{error.message} {NEEDS_KEY if error.status == 401 else error.hint}".rstrip()


def kind(error: AniateError) -> str:
    """Whose fault it is, in the protocol's words."""
    if error.status >= 500:
        return "server_error"
    return "rate_limit_error" if error.status == 429 else "invalid_request_error"


def param(error: AniateError) -> str | None:
    """The field at fault. Of what can be missing, a request names the model alone."""
    return "model" if error.status == 404 else error.param


def code(error: AniateError) -> str:
    """What programs go by: the protocol's word, or ours where it has none."""
    return "context_length_exceeded" if isinstance(error, TooLong) else CODES.get(error.status, error.code)
