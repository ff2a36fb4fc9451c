"""The client does not load `wire` on its way, so here its bytes are held against it."""

import dataclasses
import json

from aniate import context, engine, wire
from aniate.context import Piece


def test_a_request_has_the_shape_of_the_wire() -> None:
    body = json.loads(engine.request_body("why?", "what", "fast", [Piece("file", "a.txt", "text")]))
    fields = {field.name for field in dataclasses.fields(wire.ChatRequest)}
    assert set(body) <= fields
    messages = tuple(wire.Message(**message) for message in body.pop("messages"))
    pieces = tuple(wire.ContextPiece(**piece) for piece in body.pop("context"))
    assert wire.ChatRequest(messages=messages, context=pieces, **body) == wire.ChatRequest(
        (wire.Message("user", "why?"),), "what", "fast", None, (wire.ContextPiece("file", "a.txt", "text"),), True
    )


def test_a_piece_has_the_fields_of_the_wire() -> None:
    assert set(Piece.__slots__) == {field.name for field in dataclasses.fields(wire.ContextPiece)}


def test_the_limits_and_names_are_those_of_the_wire() -> None:
    assert engine.MAX_BODY_BYTES == wire.MAX_BODY_BYTES
    assert context.MAX_TOTAL_BYTES < wire.MAX_BODY_BYTES
    assert (wire.CHAT_PATH, wire.WHOAMI_PATH, wire.BREWS_PATH) == ("/v1/chat", "/v1/whoami", "/v1/brews")
