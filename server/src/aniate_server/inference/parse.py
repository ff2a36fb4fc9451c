"""The body of a chat request, strictly: one sentence for whatever is wrong with it."""

from __future__ import annotations

import json
from typing import Any

from aniate.wire import ChatRequest, ContextPiece, Message
from aniate_server.plumbing.errors import BadRequest

MAX_MESSAGES = 200
MAX_PIECES = 200
MAX_NAME = 100
ROLES = ("user", "assistant")


def parse(body: bytes) -> ChatRequest:
    """The request; raises BadRequest. Fields that we do not know are ignored."""
    try:
        fields = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise BadRequest("The body is not JSON in UTF-8.") from None
    if not isinstance(fields, dict):
        raise BadRequest("The body must be a JSON object.")
    assistant = fields.get("assistant")
    return ChatRequest(
        messages=messages(items(fields, "messages", MAX_MESSAGES)),
        brew=name(fields, "brew", ChatRequest.brew),
        model=name(fields, "model", ChatRequest.model),
        assistant=None if assistant is None else name(fields, "assistant", ""),
        context=tuple(piece(each, f"context[{at}]") for at, each in enumerate(items(fields, "context", MAX_PIECES))),
        stream=boolean(fields, "stream", ChatRequest.stream),
    )


def messages(listed: list[Any]) -> tuple[Message, ...]:
    """The conversation: at least one message, the last one the user's and not blank."""
    if not listed:
        raise BadRequest("messages must have at least one message.")
    turns = tuple(message(each, f"messages[{at}]") for at, each in enumerate(listed))
    if turns[-1].role != "user" or not turns[-1].content.strip():
        raise BadRequest("The last message must be the user's and must not be empty.")
    return turns


def message(value: Any, where: str) -> Message:
    """One turn."""
    fields = an_object(value, where)
    role = text(fields, "role", where)
    if role not in ROLES:
        raise BadRequest(f"{where}.role must be one of: {', '.join(ROLES)}.")
    return Message(role, text(fields, "content", where))


def piece(value: Any, where: str) -> ContextPiece:
    """One piece of context."""
    fields = an_object(value, where)
    return ContextPiece(text(fields, "kind", where), text(fields, "name", where), text(fields, "text", where))


def an_object(value: Any, where: str) -> dict[str, Any]:
    """An object, or BadRequest."""
    if not isinstance(value, dict):
        raise BadRequest(f"{where} must be an object.")
    return value


def items(fields: dict[str, Any], key: str, most: int) -> list[Any]:
    """A list of at most `most`; empty if it is not there."""
    value = fields.get(key, [])
    if not isinstance(value, list):
        raise BadRequest(f"{key} must be a list.")
    if len(value) > most:
        raise BadRequest(f"{key} must have at most {most} entries.")
    return value


def name(fields: dict[str, Any], key: str, default: str) -> str:
    """A short string that the catalogue will look up."""
    value = fields.get(key, default)
    if not isinstance(value, str) or not value or len(value) > MAX_NAME:
        raise BadRequest(f"{key} must be a string of 1 to {MAX_NAME} characters.")
    return storable(value, key)


def text(fields: dict[str, Any], key: str, where: str) -> str:
    """A string."""
    value = fields.get(key)
    if not isinstance(value, str):
        raise BadRequest(f"{where}.{key} must be a string.")
    return storable(value, f"{where}.{key}")


def storable(value: str, where: str) -> str:
    """A string that every part behind us can carry: JSON can hold more than UTF-8 and PostgreSQL can."""
    if "\x00" in value:
        raise BadRequest(f"{where} must not contain NUL characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise BadRequest(f"{where} must not contain half of a surrogate pair.") from None
    return value


def boolean(fields: dict[str, Any], key: str, default: bool) -> bool:
    """True or false."""
    value = fields.get(key, default)
    if not isinstance(value, bool):
        raise BadRequest(f"{key} must be true or false.")
    return value
