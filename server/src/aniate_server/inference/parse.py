"""The body of a chat request, strictly: one sentence for whatever is wrong with it."""

from __future__ import annotations

from typing import Any

from aniate.wire import ChatRequest, ContextPiece, Message
from aniate_server.inference.fields import an_object, boolean, fault, fields_of, items, name, text
from aniate_server.plumbing.errors import BadRequest

MAX_MESSAGES = 200
MAX_PIECES = 200
ROLES = ("user", "assistant")


def parse(body: bytes) -> ChatRequest:
    """The request; raises BadRequest. Fields that we do not know are ignored."""
    fields = fields_of(body)
    assistant = fields.get("assistant")
    return ChatRequest(
        messages=messages(items(fields, "messages", MAX_MESSAGES)),
        brew=name(fields, "brew", ChatRequest.brew),
        model=name(fields, "model", ChatRequest.model),
        assistant=None if assistant is None else name(fields, "assistant", ""),
        context=tuple(piece(each, f"context[{at}]") for at, each in enumerate(items(fields, "context", MAX_PIECES))),
        stream=boolean(fields, "stream", ChatRequest.stream),
        short=boolean(fields, "short", ChatRequest.short),
    )


def messages(listed: list[Any]) -> tuple[Message, ...]:
    """The conversation: at least one message, the last one the user's and not blank."""
    if not listed:
        raise fault("messages", "must have at least one message.")
    turns = tuple(message(each, f"messages[{at}]") for at, each in enumerate(listed))
    if turns[-1].role != "user" or not turns[-1].content.strip():
        raise BadRequest("The last message must be the user's and must not be empty.")
    return turns


def message(value: Any, where: str) -> Message:
    """One turn."""
    fields = an_object(value, where)
    role = text(fields, "role", where)
    if role not in ROLES:
        raise fault(f"{where}.role", f"must be one of: {', '.join(ROLES)}.")
    return Message(role, text(fields, "content", where))


def piece(value: Any, where: str) -> ContextPiece:
    """One piece of context."""
    fields = an_object(value, where)
    return ContextPiece(text(fields, "kind", where), text(fields, "name", where), text(fields, "text", where))
