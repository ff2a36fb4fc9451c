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


def items(fields: dict[str, Any], key: str, most: int) -> list[Any]:
    """A list of at most `most`; empty if it is not there."""
    value = fields.get(key, [])
    if not isinstance(value, list):
        raise fault(key, "must be a list.")
    if len(value) > most:
        raise fault(key, f"must have at most {most} entries.")
    return value


def name(fields: dict[str, Any], key: str, default: str) -> str:
    """A short string that the catalogue will look up."""
    value = fields.get(key, default)
    if not isinstance(value, str) or not value or len(value) > MAX_NAME:
        raise fault(key, f"must be a string of 1 to {MAX_NAME} characters.")
    return storable(value, key)


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


def boolean(fields: dict[str, Any], key: str, default: bool) -> bool:
    """True or false."""
    value = fields.get(key, default)
    if not isinstance(value, bool):
        raise fault(key, "must be true or false.")
    return value
