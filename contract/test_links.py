"""No link in a document leads to a file or a heading that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract.console_blocks import ROOT

_LINK = re.compile(r"\]\(([^)\s]+)\)|(?:src|srcset|href)=\"([^\"]+)\"")
_CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.MULTILINE | re.DOTALL)

PARTS = ("bench", "client", "contract", "docs", "requirements", "scripts", "server")
NOT_OURS = {"build", "node_modules"}


def documents() -> list[Path]:
    """Every document of the repository."""
    found = list(ROOT.glob("*.md"))
    for folder in PARTS:
        found += [path for path in (ROOT / folder).rglob("*.md") if NOT_OURS.isdisjoint(path.parts)]
    return sorted(found)


def links(path: Path) -> list[str]:
    """What a document links to, outside of code."""
    return [one or other for one, other in _LINK.findall(_CODE.sub("", path.read_text()))]


def headings(path: Path) -> set[str]:
    """The anchors of a document, as code hosts make them."""
    titles = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("path", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_link_is_dead(path: Path) -> None:
    for link in links(path):
        if re.match(r"[a-z]+:", link):
            continue  # elsewhere: nobody is asked in a test
        name, _, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        assert target.is_relative_to(ROOT) and target.exists(), f"{link}: there is no such file"
        assert not anchor or anchor in headings(target), f"{link}: there is no such heading"
