"""Functions that the model may wish to have called, and the form that its answer shall have.

Schemas are passed on unread, but never so deep or so large that a part behind us would choke on them.
"""

from __future__ import annotations

import math
import re
from typing import Any

from aniate_server.inference.fields import an_object, boolean, fault, items, present, storable, text

MAX_TOOLS = 128
MAX_DEPTH = 64
MAX_VALUES = 50_000
NAME = re.compile(r"[A-Za-z0-9_.-]{1,64}")
CHOICES = ("none", "auto", "required")


def tools(fields: dict[str, Any]) -> dict[str, Any]:
    """The tools, which of them to use, and whether several at once."""
    listed = items(fields, "tools", MAX_TOOLS)
    named = [tool(each, f"tools[{at}]") for at, each in enumerate(listed)]
    if not named:
        if fields.get("tool_choice", "auto") not in ("auto", "none"):
            raise fault("tool_choice", "needs tools to choose from.")
        return {}
    passed: dict[str, Any] = {"tools": named}
    if "tool_choice" in fields:
        passed["tool_choice"] = tool_choice(fields["tool_choice"], {each["function"]["name"] for each in named})
    if "parallel_tool_calls" in fields:
        passed["parallel_tool_calls"] = boolean(fields, "parallel_tool_calls", True)
    return passed


def tool(value: Any, where: str) -> dict[str, Any]:
    """One function with the schema of its parameters."""
    fields = an_object(value, where)
    if fields.get("type") != "function":
        raise fault(f"{where}.type", "must be function.")
    where = f"{where}.function"
    return {"type": "function", "function": described(fields.get("function"), where, "parameters")}


def tool_choice(value: Any, names: set[str]) -> Any:
    """One of the three words, or one of the functions."""
    if isinstance(value, str) and value in CHOICES:
        return value
    if not isinstance(value, dict) or value.get("type") != "function":
        raise fault("tool_choice", f"must be one of {', '.join(CHOICES)}, or a function.")
    name = text(an_object(value.get("function"), "tool_choice.function"), "name", "tool_choice.function")
    if name not in names:
        raise fault("tool_choice.function.name", "must be the name of one of the tools.")
    return {"type": "function", "function": {"name": name}}


def response_format(fields: dict[str, Any]) -> dict[str, Any]:
    """Text, any JSON, or JSON of a schema."""
    asked = present(an_object(fields.get("response_format", {"type": "text"}), "response_format"))
    kind = asked.get("type")
    if kind == "text":
        return {}
    if kind == "json_object":
        return {"response_format": {"type": kind}}
    if kind != "json_schema":
        raise fault("response_format.type", "must be one of: text, json_object, json_schema.")
    schema = described(asked.get("json_schema"), "response_format.json_schema", "schema")
    return {"response_format": {"type": kind, "json_schema": schema}}


def described(value: Any, where: str, schema: str) -> dict[str, Any]:
    """A name, a description, a schema under its own name, and whether it is strict."""
    fields = present(an_object(value, where))
    name = text(fields, "name", where)
    if not NAME.fullmatch(name):
        raise fault(f"{where}.name", "must be 1 to 64 letters, digits, dots, dashes and underscores.")
    found: dict[str, Any] = {"name": name}
    if "description" in fields:
        found["description"] = text(fields, "description", where)
    if schema in fields:
        found[schema] = sound(an_object(fields[schema], f"{where}.{schema}"), f"{where}.{schema}")
    if "strict" in fields:
        found["strict"] = boolean(fields, "strict", False, f"{where}.strict")
    return found


def sound(value: Any, where: str) -> Any:
    """The same, if it can be passed on: not too deep, not too large, every string and number of this world."""
    level, seen = [value], 0
    for _ in range(MAX_DEPTH):
        seen += len(level)
        if seen > MAX_VALUES:
            raise fault(where, f"must have at most {MAX_VALUES} values.")
        level = [below for each in level for below in parts_of(each, where)]
        if not level:
            return value
    raise fault(where, f"must be at most {MAX_DEPTH} levels deep.")


def parts_of(value: Any, where: str) -> list[Any]:
    """What it contains."""
    if isinstance(value, str):
        storable(value, where)
    elif isinstance(value, float) and not math.isfinite(value):
        raise fault(where, "must not contain infinite numbers.")
    elif isinstance(value, dict):
        return [*value, *value.values()]
    elif isinstance(value, list):
        return value
    return []
