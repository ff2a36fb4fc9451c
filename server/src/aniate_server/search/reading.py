"""A process of its own that makes text of pages: HTML may be hostile, and its parsers are large and written in C.

It gets one page at a time on standard input and answers on standard output: four bytes with the length of a line of
JSON, the line, and, on the way in, the page's bytes. It ends when its input does, and when a page takes too long.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import logging
import resource
import signal
import sys
from typing import BinaryIO, NamedTuple

MAX_TEXT = 60_000
"""Characters of a page's text; a novel is no answer."""
MAX_TITLE = 200
MAX_MEMORY = 1 << 30
PATIENCE_S = 5
"""The parent waits less; this is for when it is gone."""
ENOUGH = 40
"""Characters of a page's main text; with fewer, all text of the page is taken."""
BOMS = [(codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")]


class Text(NamedTuple):
    """What a page says. `title` and `date` (YYYY-MM-DD) may be empty."""

    title: str
    date: str
    text: str


def main() -> None:
    """Read pages until there are no more."""
    bound()
    prepare()
    while head := sys.stdin.buffer.read(4):
        asked = json.loads(sys.stdin.buffer.read(int.from_bytes(head, "big")))
        body = sys.stdin.buffer.read(asked["size"])
        signal.alarm(PATIENCE_S)
        answer = json.dumps(text_of(body, asked["charset"], is_html=asked["html"])._asdict()).encode()
        signal.alarm(0)
        written(sys.stdout.buffer, answer)


def bound() -> None:
    """What a page can make us take."""
    for limit, most in ((resource.RLIMIT_AS, MAX_MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
        with contextlib.suppress(ValueError, OSError):  # macOS knows no limit of addresses
            resource.setrlimit(limit, (most, most))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is our parent's


def prepare() -> None:
    """Load what reads, before the first page waits for it."""
    import trafilatura  # noqa: F401

    logging.disable(logging.CRITICAL)  # nothing of a page goes into a log


def written(stream: BinaryIO, line: bytes) -> None:
    """One frame."""
    stream.write(len(line).to_bytes(4, "big") + line)
    stream.flush()


def text_of(body: bytes, charset: str, *, is_html: bool) -> Text:
    """The text of a page, whatever it is made of."""
    decoded = decode(body, charset)
    if not is_html:
        return Text("", "", bounded(decoded))
    return of_html(decoded)


def of_html(page: str) -> Text:
    """The main text with title and date; where there is none to speak of, all text."""
    from trafilatura import bare_extraction, html2txt

    try:
        found = bare_extraction(page, with_metadata=True, include_comments=False)
        title, date, text = ("", "", "")
        if found is not None:
            title, date, text = (getattr(found, name) or "" for name in ("title", "date", "text"))
        if len(text) < ENOUGH:
            text = html2txt(page) or html2txt(f"<html><body>{page}")  # one block alone is no page to it
    except Exception:  # noqa: BLE001 - a page that its parser stumbles over is a page without text
        return Text("", "", "")
    return Text(" ".join(title.split())[:MAX_TITLE], date[:10], bounded(text))


def bounded(text: str) -> str:
    """As much of it as is read, without what no text has."""
    return text[:MAX_TEXT].replace("\0", "").encode(errors="replace").decode()


def decode(body: bytes, charset: str) -> str:
    """The characters: by its mark, by what its head says if that fits, as UTF-8, by what the page says, by a guess."""
    marked = next((name for mark, name in BOMS if body.startswith(mark)), "")
    for name in filter(None, (marked, charset, "utf-8")):
        with contextlib.suppress(LookupError, UnicodeError, ValueError):
            return cut(body, name)
    from trafilatura.utils import decode_file

    return str(decode_file(body))


def cut(body: bytes, name: str) -> str:
    """Decoded strictly, but for a character that was cut at the end. LookupError for what is no charset, as zlib."""
    b"  ".decode(name, "ignore")  # which knows charsets alone
    return codecs.getincrementaldecoder(name)("strict").decode(body)


if __name__ == "__main__":
    main()
