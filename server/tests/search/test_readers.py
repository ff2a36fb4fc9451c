"""Text of pages, made by processes of their own: of any charset, of hostile HTML, within a limit of time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from aniate_server.search.body import NotRead
from aniate_server.search.fetch import Fetched
from aniate_server.search.readers import Readers
from aniate_server.search.reading import MAX_TEXT, text_of
from server.tests.doubles.web_pages import article

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
async def readers() -> AsyncIterator[Readers]:
    opened = Readers()
    yield opened
    await opened.close()


def page(body: bytes, charset: str = "", *, is_html: bool = True) -> Fetched:
    """A page as it came."""
    return Fetched("https://example.com/", is_html, charset, body)


async def test_a_page_is_its_main_text_with_title_and_date(readers: Readers) -> None:
    html = article(
        "The valve", "It opens at 3.5 bar.", head='<meta property="article:published_time" content="2026-01-02">'
    )
    text = await readers.text(page(html.encode()))
    assert (text.title, text.date) == ("The valve", "2026-01-02")
    assert "It opens at 3.5 bar." in text.text
    assert not any(word in text.text for word in ("Imprint", "All rights reserved", "script"))


@pytest.mark.parametrize(
    ("encoding", "charset", "head"),
    [
        ("utf-8", "utf-8", ""),
        ("utf-8", "", ""),
        ("utf-8", "ascii", ""),
        ("utf-8", "no-such-charset", ""),
        ("utf-8-sig", "latin-1", ""),
        ("utf-16", "", ""),
        ("windows-1252", "windows-1252", ""),
        ("windows-1252", "utf-8", '<meta charset="windows-1252">'),
        ("windows-1252", "", '<meta charset="windows-1252">'),
    ],
)
def test_letters_are_read_whatever_the_head_says(encoding: str, charset: str, head: str) -> None:
    said = "Über die Größe der Ventile im Müllerschen Haus in Köln"
    html = article("Ventile", f"{said}. " * 8, head=head)
    assert said in text_of(html.encode(encoding), charset, is_html=True).text


def test_a_page_that_is_cut_in_the_middle_of_a_letter_is_read() -> None:
    assert text_of("Größe".encode()[:3], "utf-8", is_html=False).text == "Gr"


@pytest.mark.parametrize("html", ["{}", "<pre>{}</pre>", "<div><p>{}</p></div>", "<p>{}"])
def test_a_page_without_the_marks_of_one_is_read(html: str) -> None:
    said = "The valve opens at 3.5 bar, and closes at 2 bar."
    assert text_of(html.format(said).encode(), "utf-8", is_html=True).text.strip() == said


async def test_plain_text_stays_as_it_is(readers: Readers) -> None:
    text = await readers.text(page(b"a < b\n\n<p>c\0", is_html=False))
    assert text.text == "a < b\n\n<p>c"


@pytest.mark.parametrize("charset", ["zlib", "bz2", "hex", "rot13", "base64", "undefined", "idna", "a\0b"])
def test_what_is_no_charset_is_not_taken_for_one(charset: str) -> None:
    assert text_of(b"3030", charset, is_html=False).text == "3030"


async def test_where_no_process_can_be_started_a_page_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("aniate_server.search.readers.COMMAND", ("/nowhere/to/be/found",))
    readers = Readers(many=1)
    with pytest.raises(NotRead, match="no process"):
        await readers.text(page(b"x"))
    await readers.close()


HOSTILE = {
    "deep": "<div>" * 100_000 + "x",
    "anchors": "<a href='x'>" * 20_000,
    "attributes": "<p " + "".join(f"a{n}=1 " for n in range(3000)) + ">x",
    "entities": "<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><p>&b;" + "&amp;" * 100_000,
    "outside": "<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><html><p>&a; this is a page about nothing</p>",
    "comment": "<!-- never ends " * 10_000,
    "tables": "<table><tr><td>" * 20_000,
    "broken": "\x00\x01<html\x0b><p\x0c>hello \ud800".encode(errors="replace").decode(),
    "empty": "",
}


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_html_ends_in_text_or_in_none_and_the_next_page_is_read(readers: Readers, name: str) -> None:
    try:
        text = await readers.text(page(HOSTILE[name].encode()))
        assert len(text.text) <= MAX_TEXT
        assert "root:" not in text.text
    except NotRead:
        pass
    assert (await readers.text(page(b"next", is_html=False))).text == "next"


async def test_a_page_that_takes_too_long_is_given_up_with_the_process_that_reads_it() -> None:
    readers = Readers(many=1, page_s=0.05)
    with pytest.raises(NotRead, match="in time"):
        await readers.text(page(("<a href='x'>" * 80_000).encode()))
    readers._page_s = 5
    assert (await readers.text(page(b"next", is_html=False))).text == "next"
    await readers.close()


async def test_who_is_cancelled_leaves_no_process_behind() -> None:
    readers = Readers(many=1)
    await readers.warm()
    [process] = readers._idle
    reading = asyncio.create_task(readers.text(page(("<a href='x'>" * 80_000).encode())))
    await asyncio.sleep(0.05)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert process.returncode is not None
    await readers.close()


async def test_who_reads_pages_knows_nothing_of_our_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRAVE_API_KEY", "secret")
    readers = Readers(many=1)
    await readers.warm()
    [process] = readers._idle
    with open(f"/proc/{process.pid}/environ", "rb") as file:  # noqa: ASYNC230, PTH123
        assert b"secret" not in file.read()
    await readers.close()
