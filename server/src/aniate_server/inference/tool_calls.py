"""The parts of tool calls in a provider's answer. The ids that it gave them stay behind, like all its ids."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aniate_server.inference.providers import ToolCall

MAX_NUMBER = 1000


def tool_calls_in(delta: dict[str, Any]) -> tuple[ToolCall, ...]:
    """What one delta says of them; ValueError, TypeError or AttributeError if it is nonsense."""
    listed = delta.get("tool_calls") or []
    return joined(tool_call(each, at) for at, each in enumerate(listed))


def tool_call(value: dict[str, Any], at: int) -> ToolCall:
    """One part. Some providers send whole calls without an index: then the order counts."""
    number = value.get("index", at)
    if type(number) is not int or not 0 <= number <= MAX_NUMBER:
        raise ValueError(number)
    function = value.get("function") or {}
    return ToolCall(number, clean(function.get("name") or ""), clean(function.get("arguments") or ""))


def joined(calls: Iterable[ToolCall]) -> tuple[ToolCall, ...]:
    """One part for each call, in the order in which they begin."""
    found: dict[int, ToolCall] = {}
    for number, name, arguments in calls:
        before = found.get(number, ToolCall(number, "", ""))
        found[number] = ToolCall(number, before.name + name, before.arguments + arguments)
    return tuple(found.values())


def clean(text: str) -> str:
    """Text that UTF-8 can carry: halves of surrogate pairs are joined, or replaced where they stay alone."""
    return text if text.isascii() else text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
