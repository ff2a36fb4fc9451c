"""Bounds from the environment: how long a provider is waited for, how many may wait, how many connections there are.

Each is named in `plumbing.settings`, where its default stands; the variable is that name in capitals, `ANIATE_…`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from aniate_server.plumbing.errors import SetupError

BOUNDS: dict[str, type] = {
    "database_connections": int,
    "upstream_connect_s": float,
    "upstream_first_token_s": float,
    "upstream_silence_s": float,
    "upstream_answer_s": float,
    "upstream_tries": int,
    "upstream_retry_s": float,
    "upstream_failures": int,
    "upstream_rest_s": float,
    "upstream_slots": int,
    "queue_places": int,
    "queue_places_each": int,
    "queue_patience_s": float,
}
"""Fields of `Settings`."""
MOST = 1_000_000_000


def bounds_in(env: Mapping[str, str]) -> dict[str, Any]:
    """Those that are set; SetupError for what is no number above zero."""
    return numbers_in(env, BOUNDS, "ANIATE_")


def numbers_in(env: Mapping[str, str], kinds: Mapping[str, type], prefix: str) -> dict[str, Any]:
    """The fields whose variables are set."""
    variables = {name: prefix + name.upper() for name in kinds}
    return {name: number(env[each], kinds[name], each) for name, each in variables.items() if env.get(each)}


def number(text: str, kind: type, variable: str) -> Any:
    """The number; a whole one where only such makes sense."""
    try:
        found = kind(text)
    except ValueError:
        found = math.nan
    if not 0 < found <= MOST:
        what = "whole number" if kind is int else "number"
        raise SetupError(f"{variable} is {text!r}, which is no {what} above zero.")
    return found
