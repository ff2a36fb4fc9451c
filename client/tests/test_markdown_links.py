"""Links of an answer: they lead only where they may, and say so where their text seems to say another thing."""

from __future__ import annotations

import re

import pytest
from painted import sent, shown


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
