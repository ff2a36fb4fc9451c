"""The client does not load `wire` on its way, so here its bytes are held against it."""

import dataclasses
import json

from aniate import context, engine, oauth, wire
from aniate.commands import keys, sessions
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


def test_a_login_goes_by_the_names_of_the_wire() -> None:
    assert (oauth.METADATA_PATH, oauth.CLIENT_ID) == (wire.OAUTH_METADATA_PATH, wire.CLIENT_ID)
    assert (oauth.TOKEN_PATH, oauth.DEVICE_PATH, oauth.REVOKE_PATH) == (
        wire.TOKEN_PATH, wire.DEVICE_PATH, wire.REVOKE_PATH
    )  # fmt: skip
    assert (sessions.PATH, keys.PATH) == (wire.SESSIONS_PATH, wire.KEYS_PATH)
    assert set(sessions.FIELDS) == {field.name for field in dataclasses.fields(wire.Session)} - {"current"}
    assert set(keys.FIELDS) == {field.name for field in dataclasses.fields(wire.Key)}


def test_a_code_of_the_wire_is_understood() -> None:
    pages = ("https://aniate.test/device", "https://aniate.test/device?code=WDJB-MJHT")
    device = oauth.Device(vars(wire.DeviceAuthorization("secret", "WDJB-MJHT", *pages, 900)))
    assert (device.code, device.user_code, device.page, device.page_with_code) == ("secret", "WDJB-MJHT", *pages)
    assert (device.expires_in_s, device.interval_s) == (900, 5)


def test_absurd_times_of_a_code_are_cut() -> None:
    fields = {"device_code": "d", "user_code": "u", "verification_uri": "https://aniate.test/device"}
    device = oauth.Device({**fields, "expires_in": 10**400, "interval": 10**17})
    assert (device.expires_in_s, device.interval_s) == (3600, 60)
