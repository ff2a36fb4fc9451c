"""Markdown on a screen: how it looks, and that how it was cut leaves no trace."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pyte
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aniate.markdown import palette
from aniate.markdown.document import Document
from aniate.markdown.painter import Painter
from aniate.markdown.runs import COMMENT, STRING

_CODES = palette.codes("dark", {"TERM": "xterm-256color"})
_OWN = re.compile(r"\x1b(?:\[[0-9;]*m|\[A|\[K|\[\?2026[hl]|\]8;;[\x21-\x7e]*\x1b\\)|\r(?=\x1b\[K)|\n")
"""All that the painter may send beside letters."""


def sent(pieces: Sequence[str], columns: int = 80, rows: int = 24, unicode: bool = True) -> str:
    """What a terminal is sent for an answer in these pieces."""
    out: list[str] = []
    document = Document(Painter(out.append, columns, rows, _CODES), unicode)
    for piece in pieces:
        document.feed(piece)
    document.close()
    return "".join(out)


def cells(data: str, columns: int = 80, rows: int = 24) -> list[list[tuple[object, ...]]]:
    """All that stands on the screen and in its scrollback, with its colours."""
    screen = pyte.HistoryScreen(columns, rows, history=100_000)
    screen.set_mode(pyte.modes.LNM)
    pyte.Stream(screen).feed(re.sub(r"\x1b\]8;;[^\x1b]*\x1b\\|\x1b\[\?2026[hl]", "", data))
    lines = [*screen.history.top, *(screen.buffer[row] for row in range(rows))]
    shown = [[tuple(line[at]) for at in range(columns)] for line in lines]
    while shown and all(cell[0] == " " for cell in shown[-1]):
        shown.pop()
    return shown


def shown(*pieces: str, columns: int = 80, unicode: bool = True) -> str:
    """The letters on the screen."""
    lines = cells(sent(pieces, columns, unicode=unicode), columns)
    return "\n".join("".join(str(cell[0]) for cell in line).rstrip() for line in lines)


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


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("[manual](https://git-scm.com/docs)", "https://git-scm.com/docs"),
        ("[mail](mailto:a@b.org)", "mailto:a@b.org"),
        ("<https://a.org/x>", "https://a.org/x"),
        ("see https://a.org/x_(y).", "https://a.org/x_(y)"),
        ("[ä](https://a.org/ä)", "https://a.org/%C3%A4"),
    ],
)
def test_links_are_links(text: str, address: str) -> None:
    data = sent([text])
    assert f"\x1b]8;;{address}\x1b\\" in data
    assert "(http" not in data
    assert data.count("\x1b]8;;\x1b\\") == 1


@pytest.mark.parametrize(
    "text",
    [
        "[github.com](https://evil.example/github.com)",
        "[https://a.org/good](https://a.org/evil)",
        "[git](https://xn--gthub-n4a.com/)",
        "[you@bank.org](mailto:me@evil.org)",
        "[github.com](https://github.com@evil.org/)",
    ],
)
def test_the_address_is_shown_where_the_text_looks_like_another(text: str) -> None:
    assert text[text.index("](") + 1 :] in shown(text).replace("\n", "")


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "ssh://a", "//a.b", "#x"]
)
def test_other_schemes_are_no_links(address: str) -> None:
    assert "\x1b]8" not in sent([f"[label](<{address}>)", " ", f"<{address}>"])
    assert address in shown(f"[label]({address})")


@pytest.mark.parametrize(
    "address", ["https://a.b/\x1b]52;c;x\x07", "https://a.b/\x9b2J", "https://a\u202e.b/", "https://a.b/\n2"]
)
def test_no_control_character_gets_into_an_address(address: str) -> None:
    data = sent([f"[x]({address}) <{address}> {address}"])
    for target in re.findall(r"\x1b\]8;;(.*?)\x1b\\", data):
        assert re.fullmatch(r"[\x21-\x7e]*", target)
    assert "\x07" not in data
    assert "\x9b" not in data
    assert "\u202e" not in data


@pytest.mark.parametrize(
    ("language", "code", "coloured"),
    [
        ("python", "x = 1 // 2  # why", {"1", "2", "# why"}),
        ("python", "return \"a # b\"", {"return", '"a # b"'}),
        ("sh", "echo $# 'it' # c", {"echo", "'it'", "# c"}),
        ("c", "#include <a> // b", {"// b"}),
        ("sql", "SELECT 1 -- c", {"SELECT", "1", "-- c"}),
        ("rust", "fn f<'a>() {}", {"fn"}),
        ("", "return 1 # x", set()),
        ("text", "don't if", set()),
        ("diff", "+new", {"+new"}),
    ],
)  # fmt: skip
def test_code_has_the_colours_of_its_language(language: str, code: str, coloured: set[str]) -> None:
    data = sent([f"```{language}\n{code}\n```"])
    assert set(re.findall(r"\x1b\[[0-9;]+m([^\x1b]+)", data.replace("\x1b[0m", "\x1b"))) == coloured


def test_strings_and_comments_go_on_over_lines() -> None:
    data = sent(['```python\n"""Doc\nreturn\n"""\nreturn\n```\n```c\n/* a\n b */ int\n```'])
    string, comment = _CODES[STRING], _CODES[COMMENT]
    assert data.count(f"\x1b[0;{string}m") == 3
    assert data.count(f"\x1b[0;{comment}m") == 2


def _contrast(number: int, background: float) -> float:
    """As in WCAG 2: how far apart two colours are, from 1 to 21."""
    if number >= 232:
        parts = [(8 + 10 * (number - 232)) / 255] * 3
    else:
        steps = (0, 95, 135, 175, 215, 255)
        at = number - 16
        parts = [steps[at // 36] / 255, steps[at // 6 % 6] / 255, steps[at % 6] / 255]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    light = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return (max(light, background) + 0.05) / (min(light, background) + 0.05)


@pytest.mark.parametrize(
    ("colours", "backgrounds", "least"),
    [(palette.DARK, [0.0, 0.02], 4.5), (palette.LIGHT, [1.0, 0.9], 4.0), (palette.EITHER, [0.0, 1.0], 3.5)],
)
def test_every_colour_can_be_read(colours: dict[int, int], backgrounds: list[float], least: float) -> None:
    for number in colours.values():
        for background in backgrounds:
            assert _contrast(number, background) >= least, number


@pytest.mark.parametrize(
    ("theme", "environ", "found"),
    [
        ("auto", {"COLORFGBG": "15;0"}, "dark"),
        ("auto", {"COLORFGBG": "0;15"}, "light"),
        ("auto", {"COLORFGBG": "0;default;7"}, "light"),
        ("auto", {"COLORFGBG": "default;default"}, ""),
        ("auto", {}, ""),
        ("light", {"COLORFGBG": "15;0"}, "light"),
        ("dark", {}, "dark"),
    ],
)
def test_the_background_is_what_terminal_or_user_says(theme: str, environ: dict[str, str], found: str) -> None:
    assert palette.background(theme, environ) == found


def test_without_colour_the_shapes_stay() -> None:
    codes = palette.codes("dark", {"NO_COLOR": "1", "TERM": "xterm-256color"})
    assert "38" not in "".join(codes.values())
    assert codes[1] == "1"


@pytest.mark.parametrize(
    ("environ", "can"),
    [
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # as Python leaves LANG=C
        ({"LC_ALL": "C"}, False),
        ({}, False),
        ({"LANG": "de_DE.UTF-8"}, True),
        ({"LC_CTYPE": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8"}, True),
    ],
)
def test_ornaments_are_for_locales_that_have_them(environ: dict[str, str], can: bool) -> None:
    assert palette.has_unicode("utf-8", environ) is can
    assert not palette.has_unicode("iso-8859-1", environ)
