"""Just enough of HTTP/1.1 to read one answer as it comes (RFC 9112)."""

from aniate.errors import BrokenAnswer, NotAniate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_HEAD_BYTES = 64 * 1024
MAX_INTERIM = 10


class Response:
    """An answer: its status and headers (names in lower case), and its body as it comes."""

    def __init__(self, status: int, headers: dict[str, str], chunks: "Iterator[bytes]") -> None:
        self.status = status
        self.headers = headers
        self.chunks = chunks

    def read(self, limit: int = 256 * 1024) -> bytes:
        """The body, of which no more than about `limit` bytes are kept."""
        body = b""
        for chunk in self.chunks:
            body += chunk
            if len(body) >= limit:
                break
        return body


def read_response(receive: "Callable[[], bytes]") -> Response:
    """The next answer from `receive`, which gives the next bytes, or none at the end of the connection."""
    status, headers, rest = _head(receive)
    for _ in range(MAX_INTERIM):
        if status >= 200:
            break
        receive = _again(rest, receive)  # 1xx: the real answer follows
        status, headers, rest = _head(receive)
    else:
        raise NotAniate("What answers there does not speak HTTP.")
    if headers.get("content-encoding", "identity") != "identity":
        raise NotAniate("The server compressed its answer although it was not asked to.")
    if status in (204, 304):
        return Response(status, headers, iter(()))
    if headers.get("transfer-encoding", "").lower() == "chunked":
        return Response(status, headers, _chunked(rest, receive))
    return Response(status, headers, _plain(rest, receive, _length(headers)))


def _again(rest: bytes, receive: "Callable[[], bytes]") -> "Callable[[], bytes]":
    left = [rest] if rest else []
    return lambda: left.pop() if left else receive()


def _head(receive: "Callable[[], bytes]") -> tuple[int, dict[str, str], bytes]:
    head = b""
    while b"\r\n\r\n" not in head:
        more = receive()
        if not more and not head:
            raise BrokenAnswer("The server closed the connection before it answered.")
        head += more
        if not more or len(head) > MAX_HEAD_BYTES or not b"HTTP/1.".startswith(head[:7]):
            raise NotAniate("What answers there does not speak HTTP.")
    head, _, rest = head.partition(b"\r\n\r\n")
    status_line, *lines = head.decode("latin-1").split("\r\n")
    headers = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers[name.strip().lower()] = value.strip()
    number = status_line[9:12]
    if not (number.isascii() and number.isdigit()):
        raise NotAniate("What answers there does not speak HTTP.")
    return int(number), headers, rest


def _length(headers: dict[str, str]) -> int | None:
    length = headers.get("content-length")
    if length is None:
        return None
    if not (length.isascii() and length.isdigit() and len(length) < 20):
        raise NotAniate("What answers there does not speak HTTP.")
    return int(length)


def _plain(rest: bytes, receive: "Callable[[], bytes]", length: int | None) -> "Iterator[bytes]":
    """A body of `length` bytes, or up to the end of the connection."""
    while length is None or length > 0:
        piece = rest or receive()
        rest = b""
        if not piece:
            if length is None:
                return
            raise BrokenAnswer("The answer broke off: the server closed the connection.")
        if length is not None:
            piece = piece[:length]
            length -= len(piece)
        yield piece


def _chunked(buffer: bytes, receive: "Callable[[], bytes]") -> "Iterator[bytes]":
    """A body in chunks, each given on as soon as any of it is there."""

    def more() -> bytes:
        piece = receive()
        if not piece:
            raise BrokenAnswer("The answer broke off: the server closed the connection.")
        return piece

    while True:
        while b"\r\n" not in buffer:
            if len(buffer) > MAX_HEAD_BYTES:
                raise BrokenAnswer("The answer can't be understood: a chunk of it has no size.")
            buffer += more()
        line, _, buffer = buffer.partition(b"\r\n")
        left = _chunk_size(line)
        if left == 0:
            return
        while left:
            buffer = buffer or more()
            piece, buffer = buffer[:left], buffer[left:]
            left -= len(piece)
            yield piece
        while len(buffer) < 2:
            buffer += more()
        if not buffer.startswith(b"\r\n"):
            raise BrokenAnswer("The answer can't be understood: a chunk of it has the wrong size.")
        buffer = buffer[2:]


def _chunk_size(line: bytes) -> int:
    try:
        digits = line.partition(b";")[0].strip().decode("ascii")
        if not digits or not frozenset("0123456789abcdefABCDEF").issuperset(digits):
            raise ValueError(digits)
        return int(digits, 16)
    except ValueError:
        raise BrokenAnswer("The answer can't be understood: a chunk of it has no size.") from None
