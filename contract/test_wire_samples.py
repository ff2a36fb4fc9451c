"""Both halves read and write the recorded samples of the wire. A sample is never changed: add another."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from aniate import brewed, engine, oauth, wire
from aniate.brews.tools import net
from aniate.context import Piece
from aniate.history import account, conversation
from aniate.sse import EventReader
from aniate_server.brewed.parse import parsed
from aniate_server.inference import parse, sse
from aniate_server.inference.readers import told
from aniate_server.plumbing.errors import NotAuthenticated
from aniate_server.plumbing.http import error_body

SAMPLES = Path(__file__).parent / "golden" / "v1"
EVENTS: dict[str, type[Any]] = {
    "start": wire.Start,
    "status": wire.Status,
    "delta": wire.Delta,
    "sources": wire.Sources,
    "support": wire.Support,
    "usage": wire.Usage,
    "done": wire.Done,
    "error": wire.Error,
}


def sample(name: str) -> bytes:
    """The bytes of one sample."""
    return (SAMPLES / name).read_bytes()


def events(stream: bytes) -> list[tuple[str, dict[str, Any]]]:
    """A recorded stream as the client reads it."""
    return [(name, json.loads(data)) for name, data in EventReader().feed(stream)]


def test_no_recorded_sample_was_changed() -> None:
    lines = [line.split() for line in (SAMPLES / "SHA256SUMS").read_text().splitlines()]
    recorded = {name: checksum for checksum, name in lines}
    there = {file.name: file for file in SAMPLES.iterdir() if file.name != "SHA256SUMS"}
    assert {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in there.items()} == recorded


def test_the_client_sends_the_recorded_request() -> None:
    pieces = [Piece("file", "trace.txt", "KeyError: 'price'\n"), Piece("stdin", "stdin", "a\tb")]
    assert json.loads(engine.request_body("why does “naïve” fail?", "what", "default", pieces)) == json.loads(
        sample("chat_request.json")
    )


def test_every_field_that_the_client_sends_is_one_of_the_wire() -> None:
    sent = json.loads(engine.request_body("why?", "what", "default", [Piece("file", "a", "b")]))
    assert set(sent) <= {field.name for field in dataclasses.fields(wire.ChatRequest)}
    assert set(sent["messages"][0]) == {field.name for field in dataclasses.fields(wire.Message)}
    assert set(sent["context"][0]) == {field.name for field in dataclasses.fields(wire.ContextPiece)}


def test_the_server_understands_the_recorded_request() -> None:
    assert parse.parse(sample("chat_request.json")) == wire.ChatRequest(
        messages=(wire.Message("user", "why does “naïve” fail?"),),
        brew="what",
        context=(
            wire.ContextPiece("file", "trace.txt", "KeyError: 'price'\n"),
            wire.ContextPiece("stdin", "stdin", "a\tb"),
        ),
    )


@pytest.mark.parametrize("name", ["answer.sse", "broken_answer.sse", "waiting_answer.sse", "net_answer.sse"])
def test_the_server_writes_the_recorded_events(name: str) -> None:
    stream = sample(name).replace(sse.KEEP_ALIVE, b"")
    written = [event_of(EVENTS[name](**data), name) for name, data in events(stream)]
    assert b"".join(written) == stream


def event_of(shape: Any, name: str) -> bytes:
    """The event as the server writes it."""
    return told(shape) if isinstance(shape, wire.Status) else sse.event(name, dataclasses.asdict(shape))


def test_the_client_keeps_what_the_server_tells_of_pages() -> None:
    recorded = dict(events(sample("net_answer.sse")))
    assert net.Sources().data(answer_with(recorded)) == {
        "sources": recorded["sources"]["sources"],
        "unsupported": recorded["support"]["unsupported"],
    }


@pytest.mark.parametrize(
    ("event", "name", "shape"), [("sources", "sources", wire.Source), ("support", "unsupported", wire.Unsupported)]
)
def test_the_recorded_pages_have_the_wires_fields(event: str, name: str, shape: type[Any]) -> None:
    for each in dict(events(sample("net_answer.sse")))[event][name]:
        fits(each, shape)


def answer_with(recorded: dict[str, dict[str, Any]]) -> engine.Answer:
    """An answer of which the server told that."""
    answer = engine.Answer()
    answer.told = {name: recorded[name] for name in ("sources", "support")}
    return answer


def test_the_client_reads_the_recorded_events() -> None:
    assert [name for name, _ in events(sample("answer.sse"))] == ["start", "delta", "delta", "usage", "done"]
    assert events(sample("answer.sse"))[1][1] == {"text": "It says “naïve”:\n"}


def test_an_unknown_field_and_an_unknown_event_change_nothing() -> None:
    request = {**json.loads(sample("chat_request.json")), "colour": "blue"}
    assert parse.parse(json.dumps(request).encode()) == parse.parse(sample("chat_request.json"))
    assert [name for name, _ in events(b"event: tide\ndata: {}\n\n" + sample("answer.sse"))][1] == "start"


def test_a_refusal_has_the_recorded_shape() -> None:
    refused = NotAuthenticated("This key is unknown or was revoked.", "Log in again: ant login --with-token")
    assert error_body(refused) == json.loads(sample("refusal.json"))


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("whoami.json", wire.Account),
        ("answer.json", wire.Answer),
        ("authorization_server.json", wire.AuthorizationServer),
        ("tokens.json", wire.Tokens),
        ("device_authorization.json", wire.DeviceAuthorization),
        ("oauth_error.json", wire.OAuthError),
        ("new_key.json", wire.NewKey),
        ("assistant.json", wire.Assistant),
        ("kept.json", wire.Kept),
        ("brewed_command.json", wire.BrewedCommand),
        ("shared_command.json", wire.SharedCommand),
        ("share.json", wire.Share),
    ],
)
def test_the_recorded_answers_have_the_wires_fields(name: str, shape: type[Any]) -> None:
    fits(json.loads(sample(name)), shape)


def fits(recorded: dict[str, Any], shape: type[Any]) -> None:
    """What was recorded is still part of the shape, and what came since may be missing."""
    shape(**recorded)
    since = [field for field in dataclasses.fields(shape) if field.name not in recorded]
    assert all(field.default is not dataclasses.MISSING for field in since)


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("brews", wire.Brew),
        ("sessions", wire.Session),
        ("keys", wire.Key),
        ("assistants", wire.AssistantName),
        ("conversations", wire.Conversation),
        ("commands", wire.CommandName),
        ("names", wire.Name),
    ],
)
def test_the_recorded_lists_have_the_wires_fields(name: str, shape: type[Any]) -> None:
    rows = json.loads(sample(f"{name}.json"))[name]
    assert rows
    for row in rows:
        fits(row, shape)


def test_the_client_reads_the_recorded_login() -> None:
    told = oauth.Device(json.loads(sample("device_authorization.json")))
    assert (told.user_code, told.page, told.interval_s) == ("WDJB-MJHT", "https://aniate.com/device", 5)
    server = json.loads(sample("authorization_server.json"))
    assert oauth.Server(server["issuer"], server["authorization_endpoint"]).web == "https://aniate.com"


def test_the_client_reads_and_keeps_the_recorded_conversations() -> None:
    first, second = (account.Change.of(row) for row in json.loads(sample("conversations.json"))["conversations"])
    assert first and second
    assert (second.identity, second.sequence, second.lines) == ("7c9e6679742540de944be07fc1f90ae7", 9, None)
    kept = conversation.of_lines(conversation.at_home(first.lines or (), "default", "https://h"))
    assert kept and (kept.identity, kept.folder, kept.origin) == (first.identity, "~/work", "https://h")
    assert [(turn.question, turn.answer) for turn in kept.turns] == [("what is a pipe?", "A queue of bytes.")]


def test_the_client_knows_the_wires_bounds() -> None:
    assert (account.PATH, account.MAX_BYTES) == (wire.CONVERSATIONS_PATH, wire.MAX_CONVERSATION_BYTES)
    assert engine.MAX_BODY_BYTES == wire.MAX_BODY_BYTES


def test_a_brewed_command_is_written_as_it_was_recorded() -> None:
    recorded = json.loads(sample("brewed_command.json"))
    told = brewed.Brewed(recorded).text()
    assert set(told) == {field.name for field in dataclasses.fields(wire.CommandText)}
    assert told == {key: recorded[key] for key in told}
    assert {"name": recorded["name"], **told} == json.loads(sample("shared_command.json"))
    assert dataclasses.asdict(parsed(told)) == {**told, "arguments": tuple(recorded["arguments"]), "may": ("runs",)}
