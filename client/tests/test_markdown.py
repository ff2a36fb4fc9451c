"""Markdown on a screen: how it looks, and that how it was cut leaves no trace."""

from __future__ import annotations

import re
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from painted import cells, sent, shown

from aniate.markdown.document import Document
from aniate.markdown.painter import Painter

_OWN = re.compile(r"\x1b(?:\[[0-9;]*m|\[A|\[K|\[\?2026[hl]|\]8;;[\x21-\x7e]*\x1b\\)|\r(?=\x1b\[K)|\n")
"""All that the painter may send beside letters."""


_PARTS = [
    "word", "a", "**", "*", "_", "__", "***", "~~", "`", "``", "```", "````", "-", "--", "---", "***\n", "```python\n",
    "```\n", "~~~\n", "```diff\n", "```js\n", "```html\n", "#", "##", ">", "1.", "12)", "|", "[", "]", "](", "(", ")",
    "<", ">", "http", "https://", "http://a.b/c", "&amp;", "&", "\\", "\\\n", "'", '"', '"""', "/*", "*/", "//", "<!--",
    "def", "return", "if", "+", "+a\n", "=", "漢字", "é", "👍🏽", "עברית", "<br>", "!", "![", "1", "100", "a_b", "2*3",
    "\x1b[31m", "\x1b]8;;x\x07", "\u202e", "\x9b", "\ud800", "\b\r", " ", "  ", "    ", "\n", "\n\n", "\n   ", "  - ",
    "- ", "> ", "# ", "1. ", "\t", "e\u0301", "long" * 8, "x" * 90, "the quick brown fox ", "| a | b |\n|---|--:|\n",
    "| x | yy |\n", "[l](http://x.y/z)", "# c\n", "x = 'a' # b\n",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@example("", "*!*", [1], (80, 24))
@example("", "\\\n\n", [1], (80, 24))
@example("", "a `b` **c** [d](http://e.f) <http://g.h> &amp; ~~i~~ __j__ http://k.l", [1], (20, 5))
@example("", "http://" * 90 + "a", [7], (80, 24))
@example("", "http://<http://)>", [1], (80, 24))
@example("", "http://_<a>&am](http://__`<http://", [1], (80, 24))
@example("```python\n", '"""\na "" \'\'\' b\n# c\n"""\n"d" return1 returns', [1], (80, 24))
@example("```js\n", "a / b // c\nd /* e */ f - -- g `h\ni`", [1], (80, 24))
@example("```html\n", "<!-- a --> <b c='d'>", [1], (80, 24))
@given(
    st.sampled_from(["", "", "```python\n", "```js\n", "```html\n", "- ", "> ", "# ", "| a | b |\n|-|-|\n|"]),
    st.lists(st.sampled_from(_PARTS), min_size=1, max_size=60).map("".join),
    st.lists(st.sampled_from([1, 1, 2, 3, 5, 20]), min_size=1, max_size=9),
    st.sampled_from([(80, 24), (40, 12), (20, 5)]),
)
def test_how_an_answer_was_cut_leaves_no_trace(
    start: str, text: str, sizes: list[int], screen: tuple[int, int]
) -> None:
    text = start + text
    pieces: list[str] = []
    at = 0
    while at < len(text):
        size = sizes[len(pieces) % len(sizes)]
        pieces.append(text[at : at + size])
        at += size
    at_once, cut = sent([text], *screen), sent(pieces, *screen)
    assert cells(cut, *screen) == cells(at_once, *screen)
    for data in (at_once, cut):
        assert "\x1b" not in _OWN.sub("", data)
        assert _OWN.sub("", data).replace("\t", "").isprintable()


@pytest.mark.parametrize(
    "text",
    [
        "<" * 32768, "&am" * 10923, "http://" * 8192, "<http://a" * 4096, "a" + "\u0301" * 65536,
        "a" + "\u200d" * 65536,
        "|a\n-" + " " * 65536 + "x\n", "a" + " " * 65536 + "x", "[" * 65536,
    ],
    ids=["<", "&", "http", "<http", "marks", "joiners", "table", "blanks", "["],
)  # fmt: skip
def test_no_answer_takes_for_ever(text: str) -> None:
    began = time.process_time()
    pieces = [text[at : at + 20] for at in range(0, len(text), 20)]
    assert sent(pieces)
    assert time.process_time() - began < 10  # read anew from each place, it is many minutes


def test_text_that_is_settled_is_written_once() -> None:
    text = "".join(
        f"Paragraph {at} has **some** words, `code` and a [link](https://example.com/{at}).\n\n" for at in range(99)
    )
    data = sent(list(text))
    assert len(data) < 9 * len(text)
    for at in range(99):
        assert data.count(f"Paragraph {at} has") <= 3


def test_the_tail_is_never_higher_than_the_screen() -> None:
    text = "**" + "bold words " * 50 + "and so on**. The end."
    pieces = list(text)
    assert cells(sent(pieces, 20, 6), 20, 6) == cells(sent([text], 20, 6), 20, 6)
    assert max(map(len, re.findall(r"(?:\x1b\[A\x1b\[K)+", sent(pieces, 20, 6)))) <= 4 * len("\x1b[A\x1b[K")


def _resized(before: str, after: str, columns: int) -> str:
    """What is sent for `after`, when the screen has become `columns` wide."""
    out: list[str] = []
    painter = Painter(out.append, 80, 24, {})
    document = Document(painter)
    document.feed(before)
    out.clear()
    painter.columns = columns
    document.feed(after)
    return "".join(out)


@pytest.mark.parametrize("columns", [20, 40, 200])
def test_after_a_resize_nothing_is_taken_back_that_stands(columns: int) -> None:
    before, after = "word " * 20 + "be", "ginning end " * 9  # some terminals move what stands, others don't
    sent_then = _resized(before, after, columns)
    assert sent_then.startswith("ginning")
    assert "\x1b" not in sent_then
    assert ("be" + sent_then).split() == ["beginning", "end", *("ginning end " * 8).split()]


def test_what_is_open_is_taken_back_by_the_lines_that_it_takes_now() -> None:
    table = "| a | b |\n|---|---|\n" + f"| {'x' * 30} | {'y' * 30} |\n"
    assert _resized(table, "| c | d |\n", 40).count("\x1b[A") == 1 + 2 + 2 - 1  # the head still takes one


def test_a_heading_is_shown_before_its_line_ends() -> None:
    out: list[str] = []
    document = Document(Painter(out.append, 80, 24, {}))
    document.feed("## Undo the la")
    assert "".join(out) == "Undo the la"


def test_marks_are_not_shown() -> None:
    assert shown("# T #\n**b** *i* ~~s~~ `c` C#\n\n- x\n  1. y\n\n> q\nr\n***\n") == (
        "T\n\nb i s c C#\n\n• x\n  1. y\n\n│ q r\n\n────────────────────────────────────────"
    )


def test_a_number_in_a_text_is_no_item() -> None:
    assert shown("It was in\n1986. A great year.\n\n1. One") == "It was in 1986. A great year.\n\n1. One"


def test_quotes_hold_lists_and_code() -> None:
    assert shown("> **Note**\n> - a\n>\n> ```sh\n> ls | wc\n> ```\n>> deeper\n\nText") == (
        "│ Note\n│ • a\n│\n│ ls | wc\n\n│ │ deeper\n\nText"
    )


def test_without_unicode_all_ornaments_are_ascii() -> None:
    text = "- x\n\n> q\n\n| a | b |\n|-|-|\n| 1 | 2 |\n\n---\n"
    assert shown(text, unicode=False).isascii()


def test_a_line_of_code_is_never_broken() -> None:
    line = "print('" + "x" * 300 + "')"
    data = sent(list(f"```python\n{line}\nend\n```\nafter"))
    assert line in re.sub(r"\x1b\[[0-9;]*m", "", data)
    assert data.count("\n") == 4  # after each line of code, one between, one at the end


def test_code_in_a_list_stands_below_its_item() -> None:
    assert shown("1. Do:\n\n   ```sh\n   ls\n     -l\n   ```\n2. So") == "1. Do:\n\n   ls\n     -l\n\n2. So"


def test_code_that_only_its_indent_tells_keeps_its_lines() -> None:
    assert shown("Do:\n\n    # first\n    ls\n      -l\n\n    end\n\nSo") == "Do:\n\n# first\nls\n  -l\n\nend\n\nSo"
    assert shown("- item\n\n    goes on") == "• item\n\n  goes on"


def test_a_line_below_a_title_is_a_line() -> None:
    assert shown("Title\n=====\nText").split("\n\n") == ["Title", "─" * 40, "Text"]


def test_a_table_fits_the_screen_or_becomes_a_list() -> None:
    table = "| Name | What it does |\n|---|--:|\n| `a` | a rather long explanation of it |\n| bcd | x |\n"
    assert shown(table, columns=40) == (
        "Name │                    What it does\n─────┼────────────────────────────────\n"
        "a    │ a rather long explanation of it\nbcd  │                               x"
    )
    wide = "| A | B | C | D |\n|-|-|-|-|\n| some | words | that | don't fit |\n"
    assert shown(wide, columns=20) == "A: some\nB: words\nC: that\nD: don't fit"


@pytest.mark.parametrize("columns", [20, 40, 80])
def test_no_line_of_text_is_longer_than_the_screen(columns: int) -> None:
    text = (
        "# 見出し heading that is long\n\n" + "漢字かな words " * 20 + "\n\n- " + "item " * 30 + "\n  - " + "👍🏽 " * 40
    )
    for line in sent(list(text), columns).split("\n"):
        letters = re.sub(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\]8;;[^\x1b]*\x1b\\)", "", line).rpartition("\r")[2]
        assert sum(2 if ord(letter) > 0x2E80 else 1 for letter in letters) < columns + 1
