"""A page's HTML as elements, read by the standard library alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "hr", "img", "input", "link", "meta"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def walk(self) -> Iterator[Element]:
        for child in self.children:
            yield child
            yield from child.walk()

    def all(self, tag: str) -> list[Element]:
        return [each for each in self.walk() if each.tag == tag]


class Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.opened = [Element("document", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.opened[-1].children.append(element)
        if tag not in VOID:
            self.opened.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.opened[-1].tag == tag, f"</{tag}> closes <{self.opened[-1].tag}>"
        self.opened.pop()

    def handle_data(self, data: str) -> None:
        self.opened[-1].text += data


def document(html: str) -> Element:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert len(reader.opened) == 1, f"<{reader.opened[-1].tag}> stays open"
    return reader.opened[0]
