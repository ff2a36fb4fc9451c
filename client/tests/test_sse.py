"""Events come out the same however the network cuts them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate.errors import BrokenAnswer
from aniate.sse import MAX_EVENT_BYTES, EventReader

_LINE = st.sampled_from(
    [
        b"event: delta",
        b'data: {"text":"h\xc3\xa9"}',
        b"data",
        b"data:",
        b": keep-alive",
        b"id: 1",
        b"",
        b"",
        b"\xff\xfe",
        b"nonsense",
    ]
)
_END = st.sampled_from([b"\n", b"\r\n", b"\r"])


def _read(chunks: list[bytes]) -> list[tuple[str, str]]:
    reader = EventReader()
    return [event for chunk in chunks for event in reader.feed(chunk)]


@given(st.lists(st.tuples(_LINE, _END)), st.lists(st.integers(0, 300)))
def test_the_events_are_the_same_for_any_chunking(lines: list[tuple[bytes, bytes]], cuts: list[int]) -> None:
    stream = b"".join(line + end for line, end in lines)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    chunks = [stream[left:right] for left, right in pairwise(edges)]
    assert _read(chunks) == _read([stream]) == _read([bytes([byte]) for byte in stream])


@given(
    st.lists(st.tuples(st.sampled_from(["start", "delta"]), st.text(st.characters(exclude_characters="\n\r\ufeff"))))
)
def test_what_is_written_is_read(events: list[tuple[str, str]]) -> None:
    stream = "".join(f"event: {name}\ndata: {data}\n\n" for name, data in events).encode("utf-8", "replace")
    assert _read([stream]) == [(name, data.encode("utf-8", "replace").decode()) for name, data in events]


def test_comments_are_skipped_and_lines_of_data_are_joined() -> None:
    assert _read([b": hi\n\ndata: a\ndata: b\nretry: 3\n\n"]) == [("message", "a\nb")]


def test_an_event_without_its_blank_line_never_happens() -> None:
    assert _read([b"event: done\ndata: {}\n"]) == []


def test_an_event_without_end_is_refused_before_it_fills_the_memory() -> None:
    reader = EventReader()
    with pytest.raises(BrokenAnswer):
        for _ in range(MAX_EVENT_BYTES // 65536 + 1):
            reader.feed(b"data: " + b"x" * 65530)
