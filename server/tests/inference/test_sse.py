"""Events are found however the network cuts them, and ours are always whole lines."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate_server.inference.openai_events import piece_of
from aniate_server.inference.providers import Counted, Piece, ToolCall
from aniate_server.inference.sse import MAX_PENDING_BYTES, Malformed, Scanner, event
from aniate_server.inference.upstream_errors import word
from aniate_server.plumbing.errors import UpstreamFailed

STREAM = (
    ': comment\n\ndata: {"text": "snow ☃ 🐜"}\n\n'
    "event: message\r\nid: 7\r\ndata:no space\r\n\r\n"
    "data: two\ndata: lines\n\n\n\nretry: 5\n\ndata: [DONE]\n\n"
).encode()
NO_CACHED: tuple[object, ...] = (-1, 4, 10**30, "2", 2.0, True, [2])
"""What cannot be the number of the three tokens that were cached."""
FOUND = ['{"text": "snow ☃ 🐜"}'.encode(), b"no space", b"two\nlines", b"[DONE]"]


@given(st.lists(st.integers(min_value=0, max_value=len(STREAM)), max_size=30))
def test_any_cutting_gives_the_same_events(cuts: list[int]) -> None:
    scanner = Scanner()
    borders = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[begin:end] for begin, end in itertools.pairwise(borders)]
    assert [data for chunk in chunks for data in scanner.feed(chunk)] == FOUND


def test_an_event_without_its_empty_line_is_found_at_the_end() -> None:
    scanner = Scanner()
    assert scanner.feed(b"data: [DONE]") == []
    assert scanner.end() == [b"[DONE]"]


def test_a_line_without_an_end_is_given_up() -> None:
    with pytest.raises(Malformed):
        Scanner().feed(b"x" * (MAX_PENDING_BYTES + 1))


@given(st.text())
def test_ours_are_two_lines_whatever_they_carry(text: str) -> None:
    written = event("delta", {"text": text})
    name, data, *rest = written.split(b"\n")
    assert (name, rest) == (b"event: delta", [b"", b""])
    assert json.loads(data.removeprefix(b"data: ")) == {"text": text}


def called(*parts: dict[str, object]) -> dict[str, object]:
    """A chunk with these parts of tool calls."""
    return {"choices": [{"delta": {"tool_calls": list(parts)}}]}


def reading(read: int, details: object) -> dict[str, object]:
    """A usage with details of what was read."""
    return {"prompt_tokens": read, "completion_tokens": 4, "prompt_tokens_details": details}


def wish(number: int, name: str, arguments: str) -> Piece:
    """A piece with this part of a tool call."""
    return Piece("", tool_calls=(ToolCall(number, name, arguments),))


@pytest.mark.parametrize(
    ("chunk", "piece"),
    [
        ({"choices": [{"delta": {"content": "a"}}]}, Piece("a")),
        ({"choices": [{"delta": {"reasoning": "a"}}]}, Piece("")),
        ({"choices": [{"delta": {"content": None}, "finish_reason": "stop"}]}, Piece("", "stop")),
        ({"choices": [{"finish_reason": "length"}]}, Piece("", "length")),
        ({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, Piece("", None, Counted(3, 4))),
        ({"choices": [{"delta": {}}], "usage": None}, Piece("")),
        ({"x_groq": {"usage": {"prompt_tokens": 3, "completion_tokens": 4}}}, Piece("", None, Counted(3, 4))),
        ({"choices": [], "usage": reading(3, {"cached_tokens": 2})}, Piece("", None, Counted(3, 4, 2))),
        ({"choices": [], "usage": reading(3, {"cached_tokens": 3})}, Piece("", None, Counted(3, 4, 3))),
        ({"x_groq": {"usage": reading(3, {"cached_tokens": 2})}}, Piece("", None, Counted(3, 4, 2))),
        ({"x_groq": None}, Piece("")),
        ({"choices": [{"delta": {"content": "\ud83d\udc1c"}}]}, Piece("🐜")),
        ({"choices": [{"delta": {"content": "\ud83d"}}]}, Piece("\ufffd")),
        (called({"index": 1, "id": "fc_1", "function": {"name": "f", "arguments": ""}}), wish(1, "f", "")),
        (called({"index": 0, "function": {"arguments": "{\ud83d"}}), wish(0, "", "{\ufffd")),
        (called({"function": {"name": "f", "arguments": None}}), wish(0, "f", "")),
        (
            called(
                {"index": 0, "function": {"name": "f", "arguments": "{"}}, {"index": 0, "function": {"arguments": "}"}}
            ),
            wish(0, "f", "{}"),
        ),
    ],
)
def test_a_chunk_means(chunk: dict[str, object], piece: Piece) -> None:
    assert piece_of(json.dumps(chunk).encode()) == piece


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"null",
        b"[]",
        b"7",
        b'"x"',
        b"{",
        b"\xff",
        b'{"choices": 7}',
        b'{"choices": [7]}',
        b'{"choices": {"a": 1}}',
        b'{"choices": [{"delta": 7}]}',
        b'{"choices": [{"delta": {"content": 7}}]}',
        b'{"choices": [{"delta": {"content": ["x"]}}]}',
        b'{"choices": [{"delta": {"tool_calls": 7}}]}',
        b'{"choices": [{"delta": {"tool_calls": [7]}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"index": -1}]}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"index": "0"}]}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"function": 7}]}}]}',
        b'{"choices": [{"delta": {"tool_calls": [{"function": {"arguments": {"a": 1}}}]}}]}',
        b'{"x_groq": 7}',
        b"[" * 100_000,
    ],
)
def test_nonsense_is_called_so(data: bytes) -> None:
    with pytest.raises(Malformed):
        piece_of(data)


@pytest.mark.parametrize("details", [[2], "2", 2, *({"cached_tokens": told} for told in NO_CACHED)])
def test_cached_tokens_that_are_nonsense_are_none_and_odd(details: object) -> None:
    chunk = {"choices": [], "usage": reading(3, details)}
    assert piece_of(json.dumps(chunk).encode()) == Piece("", None, Counted(3, 4, 0, odd_cache=True))


@pytest.mark.parametrize("details", [None, {}, {"cached_tokens": None}, {"audio_tokens": 2}])
def test_cached_tokens_of_which_nothing_is_said_are_none(details: object) -> None:
    chunk = {"choices": [], "usage": reading(3, details)}
    assert piece_of(json.dumps(chunk).encode()) == Piece("", None, Counted(3, 4))


@pytest.mark.parametrize(
    "data",
    [
        b'{"choices": [], "usage": 7}',
        b'{"choices": [], "usage": {"prompt_tokens": "many", "completion_tokens": 1}}',
        b'{"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 1}}',
        b'{"choices": [], "usage": {"prompt_tokens": 1e400, "completion_tokens": 1}}',
        b'{"choices": [], "usage": {"prompt_tokens": 99999999999999999999, "completion_tokens": 1}}',
        b'{"choices": [], "usage": {"prompt_tokens": true, "completion_tokens": 1}}',
    ],
)
def test_a_usage_that_is_nonsense_is_as_good_as_none(data: bytes) -> None:
    assert piece_of(data) == Piece("", None, None)


def test_an_error_in_a_chunk_is_an_error() -> None:
    with pytest.raises(UpstreamFailed):
        piece_of(b'{"error": {"message": "x", "code": "internal"}}')


@pytest.mark.parametrize(
    ("value", "kept"), [("rate_limit_exceeded", "rate_limit_exceeded"), ("gsk_a b", ""), (7, ""), ("x" * 65, "")]
)
def test_only_codes_go_to_the_log(value: object, kept: str) -> None:
    assert word(value) == kept
