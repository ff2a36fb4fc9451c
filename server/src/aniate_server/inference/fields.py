"""The fields of a JSON body, strictly: one sentence for whatever is wrong with one, and which it is."""

from __future__ import annotations

import json
from typing import Any

from aniate_server.plumbing.errors import BadRequest

MAX_NAME = 100


def fault(where: str, what: str) -> BadRequest:
    """The refusal of one field."""
    refused = BadRequest(f"{where} {what}")
    refused.param = where
    return refused


def fields_of(body: bytes) -> dict[str, Any]:
    """The object that the body is; BadRequest if it is none."""
    try:
        fields = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON in UTF-8.") from None
    if not isinstance(fields, dict):
        raise BadRequest("The body must be a JSON object.")
    return fields


def an_object(value: Any, where: str) -> dict[str, Any]:
    """An object, or BadRequest."""
    if not isinstance(value, dict):
        raise fault(where, "must be an object.")
    return value


def present(fields: dict[str, Any]) -> dict[str, Any]:
    """Without those that are null, where null means that nothing is said."""
    return {key: value for key, value in fields.items() if value is not None}


def items(fields: dict[str, Any], key: str, most: int, where: str = "") -> list[Any]:
    """A list of at most `most`; empty if it is not there."""
    value = fields.get(key, [])
    if not isinstance(value, list):
        raise fault(where or key, "must be a list.")
    if len(value) > most:
        raise fault(where or key, f"must have at most {most} entries.")
    return value


def name(fields: dict[str, Any], key: str, default: str, where: str = "") -> str:
    """A short string, such as the catalogue will look up."""
    return text_of(fields.get(key, default), where or key, MAX_NAME)


def text_of(value: Any, where: str, most: int) -> str:
    """A string that is not empty and not too long."""
    if not isinstance(value, str) or not 0 < len(value) <= most:
        raise fault(where, f"must be a string of 1 to {most} characters.")
    return storable(value, where)


def text(fields: dict[str, Any], key: str, where: str) -> str:
    """A string."""
    value = fields.get(key)
    if not isinstance(value, str):
        raise fault(f"{where}.{key}", "must be a string.")
    return storable(value, f"{where}.{key}")


def storable(value: str, where: str) -> str:
    """A string that every part behind us can carry: JSON can hold more than UTF-8 and PostgreSQL can."""
    if "\x00" in value:
        raise fault(where, "must not contain NUL characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise fault(where, "must not contain half of a surrogate pair.") from None
    return value


def boolean(fields: dict[str, Any], key: str, default: bool, where: str = "") -> bool:
    """True or false."""
    value = fields.get(key, default)
    if not isinstance(value, bool):
        raise fault(where or key, "must be true or false.")
    return value


def number(fields: dict[str, Any], key: str, least: float, most: float, default: float) -> float:
    """A number within limits."""
    value = fields.get(key, default)
    if type(value) not in (int, float) or not least <= value <= most:  # what is no number is not within them, too
        raise fault(key, f"must be a number from {least} to {most}.")
    return float(value)


def integer(fields: dict[str, Any], key: str, least: int, most: int) -> int:
    """A whole number within limits."""
    value = fields[key]
    if type(value) is not int or not least <= value <= most:
        raise fault(key, f"must be a whole number from {least} to {most}.")
    return value
