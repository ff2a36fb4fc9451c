"""What goes along with a question: named files, folders, and what is piped in. Nothing else is ever read."""

import os

from aniate.errors import InputRefused
from aniate.redaction import redact
from aniate.safe_text import clean, clean_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

MAX_FILE_BYTES = 1024 * 1024
MAX_TOTAL_BYTES = 2 * 1024 * 1024
STDIN_HEAD_BYTES = 256 * 1024
STDIN_TAIL_BYTES = 768 * 1024
WAIT_S = 2.0
_TYPE, _FIFO, _REGULAR, _SOCKET, _FOLDER = 0o170000, 0o010000, 0o100000, 0o140000, 0o040000


_SECRETS = (("aniate_sk_", 43), ("aniate_rt_", 70))
"""How an API key and a refresh token begin, and how many letters follow."""
_KEY_LETTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


class Piece:
    """One piece of context, as `wire.ContextPiece`: `kind` is `file`, `stdin` or `argument`."""

    __slots__ = ("kind", "name", "text")

    def __init__(self, kind: str, name: str, text: str) -> None:
        self.kind = kind
        self.name = name
        self.text = text


class Found:
    """Context that was collected, and sentences about what was left out of it.

    With `redact`, secrets of others are taken out; keys of ours are in any case.
    """

    def __init__(self, redact: bool = True) -> None:
        self._redact = redact
        self.pieces: list[Piece] = []
        self.notes: list[str] = []

    def add(self, kind: str, name: str, text: str) -> None:
        """Put a piece on the pile, without any key of ours in it, nor what else looks like a secret.

        A name may be a command line, and hold one, too. Names of files stay, since answers go by them.
        """
        is_path = kind in ("file", "diff")
        name = clean_line(without_keys(name) if is_path else self.harmless(clean(name), "the command line"))
        self.pieces.append(Piece(kind, name, self.harmless(text, name)))

    def harmless(self, text: str, name: str) -> str:
        """`text` as it may be sent; what was taken out of it is told in `notes`."""
        harmless, count = without_keys(text), 0
        if harmless != text:
            self.notes.append(f"A key of Aniate in {name} is not sent; … stands in its place.")
        if self._redact:
            harmless, count = redact(harmless)
        if count:
            self.notes.append(hidden(count, name))
        return harmless


def hidden(count: int, name: str) -> str:
    """The sentence that says what was taken out."""
    if count == 1:
        return f"What looks like a secret in {name} is not sent (--no-redact sends it)."
    return f"{count} places that look like secrets in {name} are not sent (--no-redact sends them)."


def collect(paths: "Iterable[str]", stdin: bool, on_wait: "Callable[[], None]", redact: bool = True) -> Found:
    """The contents of files and folders, and what is piped in if `stdin`. InputRefused if one can't go along.

    `on_wait` is called once if standard input brings nothing for a while: it may be a pipe that nobody writes to.
    """
    found = Found(redact)
    for path in paths:
        if os.path.isdir(path):
            from aniate.folder import add_folder

            add_folder(found, path)
        else:
            found.add("file", path, read_text_file(path))
        if sum(len(piece.text.encode()) for piece in found.pieces) > MAX_TOTAL_BYTES:
            raise InputRefused(
                "These files are more than 2 MiB together.", "Name fewer of them, or pipe in the part that matters."
            )
    if stdin:
        if not stdin_is_ready(WAIT_S):
            on_wait()
        add_stdin(found)
    if found.pieces and all(not piece.text or piece.text.isspace() for piece in found.pieces):
        names = ", ".join(piece.name for piece in found.pieces)
        raise InputRefused(f"There is nothing in {clean_line(names)}.", "To ask without it, leave it out.")
    return found


def read_text_file(path: str) -> str:
    """The text of a regular file of at most 1 MiB. InputRefused, with the reason, for all else."""
    shown = clean_line(path, 200)
    try:
        if os.stat(path).st_mode & _TYPE != _REGULAR:  # to open a device or a FIFO can do things, or hang
            raise InputRefused(f"{shown} is not a regular file.")
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with open(fd, "rb") as file:
            size = os.fstat(fd).st_size
            data = file.read(MAX_FILE_BYTES + 1) if size <= MAX_FILE_BYTES else b""
    except FileNotFoundError:
        raise InputRefused(f"There is no file {shown}.", "To ask about the words themselves: ant ask …") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its name is no name of a file"
        raise InputRefused(f"{shown} can't be read: {reason.lower()}.") from error
    if size > MAX_FILE_BYTES or len(data) > MAX_FILE_BYTES:
        from shlex import quote

        megabytes = max(size, len(data)) / MAX_FILE_BYTES
        raise InputRefused(
            f"{shown} is too large: {megabytes:.1f} MiB, where 1 MiB is the most.",
            f"Pipe in the part that matters: tail -n 500 {quote(shown)} | ant what",
        )
    text = decode(data)
    if text is None:
        raise InputRefused(f"{shown} is not a text file.")
    return text


def without_keys(text: str) -> str:
    """`text`, with "…" for what follows the beginning of each Aniate key in it."""
    for beginning, length in _SECRETS:
        text = _without(text, beginning, length)
    return text


def _without(text: str, beginning: str, length: int) -> str:
    first, *others = text.split(beginning)
    parts = [first]
    for part in others:
        secret = part[:length]
        is_key = len(secret) == length and _KEY_LETTERS.issuperset(secret)
        parts.append("…" + part[length:] if is_key else part)
    return beginning.join(parts) if others else text


def decode(data: bytes) -> str | None:
    """`data` as text, with what is no UTF-8 replaced; None if it is binary."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    if b"\0" in data:
        return None
    return data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")


def stdin_is_piped() -> bool:
    """Whether something was piped or redirected in: a FIFO, a socket or a file; never a terminal or /dev/null."""
    try:
        return os.fstat(0).st_mode & _TYPE in (_FIFO, _REGULAR, _SOCKET)
    except OSError:
        return False


def stdin_is_ready(wait_s: float) -> bool:
    """Whether something, or its end, comes from standard input within `wait_s`."""
    from select import POLLIN, poll

    poller = poll()
    poller.register(0, POLLIN)
    return bool(poller.poll(wait_s * 1000))


def add_stdin(found: Found) -> None:
    """What is piped in; of more than 1 MiB the beginning and the end. InputRefused if it is binary."""
    try:
        head, tail, total = _read_ends(0)
    except OSError as error:
        raise InputRefused(f"Standard input can't be read: {(error.strerror or 'failed').lower()}.") from error
    if total > STDIN_HEAD_BYTES + STDIN_TAIL_BYTES:
        left_out = total - STDIN_HEAD_BYTES - STDIN_TAIL_BYTES
        head += b"\n[... %d bytes left out here ...]\n" % left_out
        found.notes.append(
            f"Standard input is {total / MAX_FILE_BYTES:.1f} MiB: its first 256 KiB and last 768 KiB are sent."
        )
    text = decode(head + tail)
    if text is None:
        raise InputRefused("Standard input is not text.")
    if text.strip():
        found.add("stdin", "stdin", text)


def _read_ends(fd: int) -> tuple[bytes, bytes, int]:
    """The first and last bytes that come from `fd`, and how many there were; the middle is not kept."""
    head, tail, total = bytearray(), bytearray(), 0
    while block := os.read(fd, 65536):
        total += len(block)
        room = STDIN_HEAD_BYTES - len(head)
        if room > 0:
            head += block[:room]
            block = block[room:]
        tail += block
        if len(tail) > 2 * STDIN_TAIL_BYTES:
            del tail[:-STDIN_TAIL_BYTES]
    if total > STDIN_HEAD_BYTES + STDIN_TAIL_BYTES:
        del tail[:-STDIN_TAIL_BYTES]
        _cut_letter(tail)
    return bytes(head), bytes(tail), total


def _cut_letter(tail: bytearray) -> None:
    """Drop the rest of a UTF-8 letter that the cut went through."""
    while tail and tail[0] & 0xC0 == 0x80:
        del tail[0]
