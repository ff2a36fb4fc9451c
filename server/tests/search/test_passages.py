"""What of a long page is shown to the model."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from aniate_server.search.passages import GAP, extract

LINES = [f"Paragraph {n} tells at length of ordinary things, of which nobody asked, and of more." for n in range(200)]
NEEDLE = "The valve of the pump opens at a pressure of 3.5 bar."


def test_a_short_page_is_shown_whole() -> None:
    assert extract("a\n\nb", "what", 100) == "a\n\nb"


def test_what_is_asked_for_is_shown_from_the_middle_of_a_long_page_with_its_beginning() -> None:
    page = "\n".join([*LINES[:120], NEEDLE, *LINES[120:]])
    shown = extract(page, "At which pressure does the valve open?", 1500)
    assert shown.splitlines()[0] == LINES[0]
    assert NEEDLE in shown and LINES[119] in shown
    assert GAP in shown.splitlines()
    assert len(shown.encode()) <= 1500


def test_what_is_shown_stands_in_the_pages_order() -> None:
    page = "\n".join([*LINES[:50], "A valve.", *LINES[50:100], "Another valve.", *LINES[100:]])
    shown = extract(page, "valve", 1200)
    assert shown.index("A valve.") < shown.index("Another valve.")


def test_a_page_that_is_one_line_is_shown_in_part() -> None:
    shown = extract(" ".join([*LINES[:120], NEEDLE, *LINES[120:]]), "pressure of the valve", 1500)
    assert NEEDLE in shown
    assert len(shown.encode()) <= 1500


@given(st.text(max_size=3000), st.text(max_size=50), st.integers(400, 1200))
def test_there_is_never_more_than_there_is_room_for(page: str, question: str, room: int) -> None:
    assert len(extract(page, question, room).encode(errors="replace")) <= room
