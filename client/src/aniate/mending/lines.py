"""The lines of a file, taken apart and put together so that no byte is lost."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_BOM = "\ufeff"


class Lines:
    """Texts of lines and the ending of each: `\\n`, `\\r\\n`, or nothing at the end of the file.

    Bytes that are no UTF-8 stand as lone surrogates.
    """

    __slots__ = ("bom", "endings", "texts")

    def __init__(self, texts: "list[str]", endings: "list[str]", bom: str = "") -> None:
        self.texts = texts
        self.endings = endings
        self.bom = bom

    @property
    def usual_ending(self) -> str:
        """What most lines end in."""
        windows = self.endings.count("\r\n")
        return "\r\n" if windows * 2 > len(self.endings) else "\n"

    @property
    def ends_bare(self) -> bool:
        """Whether the last line has no newline."""
        return bool(self.endings) and not self.endings[-1]


def split(data: bytes) -> "Lines | None":
    """The lines of a file; None if it is binary."""
    if b"\0" in data:
        return None
    text = data.decode("utf-8", "surrogateescape")
    bom = _BOM if text.startswith(_BOM) else ""
    texts, endings = [], []
    parts = text[len(bom) :].split("\n")
    for part in parts[:-1]:
        windows = part.endswith("\r")
        texts.append(part[:-1] if windows else part)
        endings.append("\r\n" if windows else "\n")
    if parts[-1]:
        texts.append(parts[-1])
        endings.append("")
    return Lines(texts, endings, bom)


def join(rows: "Sequence[tuple[str, str]]", bom: str, usual: str, bare: bool) -> bytes:
    """The bytes of lines (text, ending); all but the last have an ending, and the last if not `bare`."""
    last = len(rows) - 1
    out = [bom]
    for at, (text, ending) in enumerate(rows):
        out.append(text)
        if at < last or not bare:
            out.append(ending or usual)
    return "".join(out).encode("utf-8", "surrogateescape")


def seen_lines(lines: Lines, sent: "str | None") -> "list[str]":
    """Each line as a model saw it, where `sent` is the whole file as it went out; else as it would have gone out."""
    if sent is not None:
        shown = sent.split("\n")
        if not lines.ends_bare and shown and not shown[-1]:
            shown.pop()
        if len(shown) == len(lines.texts):
            return [text.removesuffix("\r") for text in shown]
    return [as_seen(text) for text in lines.texts]


def as_seen(text: str) -> str:
    """`text` as a model was shown it: with U+FFFD for what is no UTF-8."""
    if text.isascii():
        return text
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
