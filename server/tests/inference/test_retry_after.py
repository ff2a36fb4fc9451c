"""`retry-after` is read in both of its forms, and what is neither is as good as nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate_server.inference.retry_after import until
from aniate_server.inference.upstream_errors import MAX_RETRY_AFTER_S, seconds

NOW = datetime(1994, 11, 6, 8, 49, 30, 250_000, UTC)


@pytest.mark.parametrize(
    "date",
    [
        "Sun, 06 Nov 1994 08:49:37 GMT",
        "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 08:49:37 -0000",
    ],
)
def test_each_form_of_an_http_date_is_the_time_until_then_rounded_up(date: str) -> None:
    assert until(date, NOW) == 6.75
    assert seconds(date, NOW) == 7


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        ("7", 7),
        ("6.2", 7),
        ("0", 1),
        ("-3", 1),
        ("1e9", MAX_RETRY_AFTER_S),
        ("Sun, 06 Nov 1994 08:49:30 GMT", 1),
        ("Sat, 05 Nov 1994 08:49:37 GMT", 1),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 1),
        ("Fri, 31 Dec 9999 23:59:59 GMT", MAX_RETRY_AFTER_S),
        ("Sun, 06 Nov 1994 25:49:37 GMT", None),
        ("Sun, 66 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 GMT" + " " * 5_000, None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("", None),
    ],
)
def test_what_is_over_waits_as_for_none_and_nonsense_is_as_good_as_nothing(said: str, wait_s: int | None) -> None:
    assert seconds(said, NOW) == wait_s


@given(
    st.text(max_size=45)
    | st.from_regex(r"[A-Z]?[a-z]{0,3},? ?[0-9]{1,3}[ -][A-Z][a-z]{2}[ -][0-9]{0,5} [0-9:.]{0,12} ?[-+A-Z0-9]{0,6}")
)
def test_no_text_breaks_it_or_makes_a_wait_that_cannot_be(said: str) -> None:
    wait_s = seconds(said, NOW)
    assert wait_s is None or 1 <= wait_s <= MAX_RETRY_AFTER_S
