"""The form of an answer on which the client acts: a small part of JSON Schema, and the check of an answer against it.

The part is what providers force upon a model (Groq's strict mode, llama.cpp's grammars): every property is
required and no other is allowed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]  # Any: it is JSON

KEYWORDS = {
    "object": {"type", "properties", "required", "additionalProperties"},
    "array": {"type", "items"},
    "string": {"type", "enum"},
    "integer": {"type"},
    "boolean": {"type"},
}
TYPES = {"array": list, "string": str, "integer": int, "boolean": bool}


def read_form(text: str) -> Schema:
    """The schema of a file of ours; ValueError if it says more than is checked or forced."""
    schema: Schema = json.loads(text)
    demand_known(schema, "the form")
    return schema


def demand_known(schema: Schema, where: str) -> None:
    """Raise for a keyword that nobody would heed."""
    kind = schema.get("type", "")
    if unknown := set(schema) - KEYWORDS.get(kind, set()):
        raise ValueError(f"{where}: {', '.join(sorted(unknown))} cannot be checked")
    if kind == "array":
        demand_known(schema["items"], f"{where}[]")
    if kind == "object":
        properties = schema["properties"]
        if schema["required"] != list(properties) or schema["additionalProperties"] is not False:
            raise ValueError(f"{where}: every property is required, and no other is allowed")
        for name, each in properties.items():
            demand_known(each, f"{where}.{name}")


def fits(schema: Schema, text: str) -> bool:
    """Whether a whole answer is JSON of that form."""
    try:
        return value_fits(schema, json.loads(text))
    except (ValueError, RecursionError):
        return False


def value_fits(schema: Schema, value: object) -> bool:
    """Whether a value is of that form."""
    kind = schema["type"]
    if kind == "object":
        properties = schema["properties"]
        if not isinstance(value, dict) or value.keys() != properties.keys():
            return False
        return all(value_fits(each, value[name]) for name, each in properties.items())
    if type(value) is not TYPES[kind]:  # no subclass: to Python, true is an integer
        return False
    if isinstance(value, list):
        return all(value_fits(schema["items"], each) for each in value)
    return value in schema["enum"] if "enum" in schema else True
