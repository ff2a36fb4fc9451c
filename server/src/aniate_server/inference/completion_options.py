"""What else a completion may ask for: passed on if we know it, ignored if we don't, refused if it cannot be had."""

from __future__ import annotations

from typing import Any

from aniate_server.inference.completion_tools import response_format, tools
from aniate_server.inference.fields import fault, integer, number, text_of

MAX_STOPS, MAX_STOP = 4, 500
MAX_SEED = (1 << 63) - 1
MOST_TOKENS = 1 << 31

HARMLESS: dict[str, tuple[tuple[object, ...], str]] = {
    "n": ((1,), "must be 1: a question has one answer here."),
    "logprobs": ((False,), "cannot be had here."),
    "top_logprobs": ((0,), "cannot be had here."),
    "logit_bias": (({},), "cannot be had here."),
    "functions": (([],), "is out of date: use tools."),
    "modalities": ((["text"],), "must be text alone."),
    "audio": ((), "cannot be had here."),
    "web_search_options": ((), "cannot be had here."),
}
"""What we cannot do, the values that ask for nothing, and the sentence for all others."""


def refuse_what_cannot_be(fields: dict[str, Any]) -> None:
    """Better no answer than one that is not what was asked for."""
    for key, (harmless, sentence) in HARMLESS.items():
        if key in fields and fields[key] not in harmless:
            raise fault(key, sentence)


def max_tokens(fields: dict[str, Any]) -> int | None:
    """How long the answer may be, by its newer or its older name."""
    found = [integer(fields, key, 1, MOST_TOKENS) for key in ("max_completion_tokens", "max_tokens") if key in fields]
    return found[0] if found else None


def passed_on(fields: dict[str, Any]) -> dict[str, Any]:
    """In the protocol's own words."""
    passed: dict[str, Any] = {**tools(fields), **response_format(fields)}
    for key, least, most in (("top_p", 0, 1), ("presence_penalty", -2, 2), ("frequency_penalty", -2, 2)):
        if key in fields:
            passed[key] = number(fields, key, least, most, 0)
    if "seed" in fields:
        passed["seed"] = integer(fields, "seed", -MAX_SEED, MAX_SEED)
    if "stop" in fields:
        passed["stop"] = stop(fields["stop"])
    return passed


def stop(value: Any) -> list[str]:
    """Where to stop: up to four words, or one."""
    listed = value if isinstance(value, list) else [value]
    if len(listed) > MAX_STOPS:
        raise fault("stop", f"must have at most {MAX_STOPS} entries.")
    return [text_of(each, "stop", MAX_STOP) for each in listed]
