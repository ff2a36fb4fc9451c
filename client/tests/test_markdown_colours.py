"""The colours of an answer: by language, on light and dark, or none."""

from __future__ import annotations

import re

import pytest
from painted import CODES, sent

from aniate.markdown import palette
from aniate.markdown.runs import COMMENT, STRING


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
    string, comment = CODES[STRING], CODES[COMMENT]
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
