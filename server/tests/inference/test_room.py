"""What headers tell of an upstream's room, and what follows from it; nonsense is not believed."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate_server.inference.room import CLOSED_S, DAY_S, MOST_CLOSED_S, Room, Seen, closed_for_s, duration, seen_in

GROQ = {
    "x-ratelimit-limit-requests": "14400",
    "x-ratelimit-limit-tokens": "18000",
    "x-ratelimit-remaining-requests": "14370",
    "x-ratelimit-remaining-tokens": "17000",
    "x-ratelimit-reset-requests": "2m59.56s",
    "x-ratelimit-reset-tokens": "3.333s",
}
OPENAI = {
    "x-ratelimit-limit-requests": "60",
    "x-ratelimit-limit-tokens": "150000",
    "x-ratelimit-remaining-requests": "59",
    "x-ratelimit-remaining-tokens": "149984",
    "x-ratelimit-reset-requests": "1s",
    "x-ratelimit-reset-tokens": "6ms",
}
DATE_LIKE = r"(Sun(day)?,? ?)?[0-9]{1,3}[ -](Nov|Jan)[ -][0-9]{0,5} [0-9]{1,3}:[0-9]{1,3}(:[0-9]{1,3})?( [-+A-Z0-9]*)?"
NOW = datetime(1994, 11, 6, 8, 49, 37, 500_000, UTC)


def test_groq_counts_requests_by_the_day_and_tokens_by_the_minute() -> None:
    requests, tokens = seen_in(GROQ)
    assert (requests.allowed, requests.left) == (14400, 14370)
    assert requests.allowed / requests.per_s == pytest.approx(DAY_S, rel=0.01)
    assert (tokens.allowed, tokens.left) == (18000, 17000)
    assert tokens.allowed / tokens.per_s == pytest.approx(60, rel=0.01)


def test_openai_counts_both_by_the_minute() -> None:
    requests, tokens = seen_in(OPENAI)
    assert requests.allowed / requests.per_s == pytest.approx(60)
    assert tokens.allowed / tokens.per_s == pytest.approx(60), "so little is used that its reset tells nothing"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("2m59.56s", 179.56), ("7.66s", 7.66), ("6ms", 0.006), ("1h0m2s", 3602), ("1d", DAY_S), ("90", 90), ("0s", 0)],
)
def test_durations_are_read_in_gos_form_and_as_seconds(text: str, seconds: float) -> None:
    assert duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["-1", "-5s", "nan", "inf", "NaNs", "1e9", "99999999d", "soon", "s", "٣s", "1.2.3s"])
def test_durations_that_cannot_be_are_not_believed(text: str) -> None:
    assert not duration(text)


@given(
    st.dictionaries(
        st.sampled_from([*GROQ, "retry-after"]),
        st.text(max_size=30) | st.from_regex(r"-?[0-9.]{1,25}[smhd]?") | st.from_regex(DATE_LIKE),
    )
)
def test_no_header_makes_a_room_that_is_shut_for_long_or_has_figures_that_cannot_be(headers: dict[str, str]) -> None:
    told = seen_in(headers)
    for each in told:
        assert 0 <= each.left <= each.allowed <= 10**12
        assert math.isfinite(each.per_s) and each.per_s > 0
    assert 0 < closed_for_s(headers, told, NOW) <= MOST_CLOSED_S


@pytest.mark.parametrize("field", ["limit", "remaining"])
@pytest.mark.parametrize("value", ["-1", "NaN", "inf", "1e5", "", "9" * 40, "²"])
def test_a_measure_with_a_figure_that_cannot_be_is_no_limit(field: str, value: str) -> None:
    assert [each.measure for each in seen_in({**GROQ, f"x-ratelimit-{field}-tokens": value})] == ["requests"]


def test_without_headers_there_is_room_without_end() -> None:
    room = Room()
    room.learn(seen_in({}), 0)
    assert room.wait_s(10**9, 0) == 0
    assert room.plenty(0)


def test_a_call_waits_until_the_bucket_has_filled_so_far_and_takes_from_it() -> None:
    room = Room()
    room.learn([Seen("tokens", 600, 100, 10, 50)], 0)
    assert room.wait_s(100, 0) == 0
    room.take(100, 0)
    assert room.wait_s(50, 0) == pytest.approx(5)
    assert room.wait_s(50, 5) == 0
    assert room.wait_s(10_000, 5) == pytest.approx(55), "what is larger than the bucket goes when it is full"


def test_what_was_not_needed_comes_back_and_what_was_too_much_is_owed() -> None:
    room = Room()
    room.learn([Seen("tokens", 600, 600, 10, 0)], 0)
    room.take(500, 0)
    room.end(500, 100, asked=True, now=0)
    assert room.wait_s(500, 0) == 0
    room.take(100, 0)
    room.end(100, 700, asked=True, now=0)
    assert room.wait_s(1, 0) == pytest.approx(20.1)


def test_what_others_took_with_the_same_key_is_believed_at_once() -> None:
    room = Room()
    room.learn([Seen("tokens", 600, 600, 10, 0)], 0)
    room.learn([Seen("tokens", 600, 20, 10, 58)], 0)
    assert room.wait_s(60, 0) == pytest.approx(4)
    assert not room.plenty(0)


def test_what_is_told_while_calls_run_may_not_count_them_yet() -> None:
    room = Room()
    room.take(400, 0)
    room.learn([Seen("tokens", 600, 600, 10, 0)], 0)
    assert room.wait_s(300, 0) == pytest.approx(10)


def test_a_refusal_closes_the_room_for_as_long_as_it_says() -> None:
    assert closed_for_s({"retry-after": "7"}, [], NOW) == 7
    assert closed_for_s({"retry-after": "Sun, 06 Nov 1994 08:49:44 GMT"}, [], NOW) == 6.5
    assert closed_for_s({"retry-after": "Mon, 07 Nov 1994 08:49:44 GMT"}, [], NOW) == MOST_CLOSED_S
    assert closed_for_s({"retry-after": "Sun, 06 Nov 1994 08:49:30 GMT"}, [], NOW) == CLOSED_S
    assert closed_for_s({}, [Seen("tokens", 600, 0, 10, 12.5), Seen("requests", 9, 3, 1, 50.0)], NOW) == 12.5
    room = Room()
    room.close(7, 0)
    assert room.wait_s(1, 2) == 5
    assert room.wait_s(1, 7) == 0
