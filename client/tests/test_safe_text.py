"""Foreign text can't drive the terminal, however it is cut."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aniate.safe_text import clean, clean_line

# Letters that matter more often than chance would bring them.
_HOSTILE = "\x00\x07\x08\r\x1b\x7f\x85\x9b\x9d\u061c\u200b\u200e\u200f\u2028\u202e\u2066\u2069\ufeff\ud800\U000e0041"
_TEXT = st.text(st.one_of(st.sampled_from(_HOSTILE + "\n\tab[;m"), st.characters(codec=None)))


@given(_TEXT)
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    for letter in clean(text):
        assert letter in "\n\t" or unicodedata.category(letter) not in ("Cc", "Cs", "Zl", "Zp")
        assert unicodedata.bidirectional(letter) not in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")
        assert not 0xE0000 <= ord(letter) < 0xE0080


@given(st.lists(_TEXT))
def test_it_is_the_same_for_any_chunking(pieces: list[str]) -> None:
    assert "".join(map(clean, pieces)) == clean("".join(pieces))


@given(st.text(st.characters(exclude_categories=("C", "Z"), exclude_characters="\u115f\u1160\u3164")))
def test_printable_text_is_left_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("hostile", "harmless"),
    [
        ("\x1b]52;c;cm0gLXJm\x07", "␛]52;c;cm0gLXJm"),
        ("\x1b[2J\x1b[H", "␛[2J␛[H"),
        ("\x9b31mred", "31mred"),
        ("a\r\nb\rc", "a\nbc"),
        ("access\u202elevel\u202c", "accesslevel"),
        ("a\u3164b\u115fc\u1160d\u180ee", "abcde"),
        ("hi\U000e0068\U000e0069", "hi"),
        ("one\u2028two", "one\ntwo"),
        ("\ttab stays", "\ttab stays"),
        ("family: 👨\u200d👩\u200d👧 é ü 漢字 العربية", "family: 👨\u200d👩\u200d👧 é ü 漢字 العربية"),
    ],
)
def test_known_attacks_are_shown_and_not_obeyed(hostile: str, harmless: str) -> None:
    assert clean(hostile) == harmless


def test_a_line_is_one_line_and_bounded() -> None:
    assert clean_line("a\nb\tc\x1b") == "a b c␛"
    assert clean_line("x" * 1000, 10) == "x" * 9 + "…"
