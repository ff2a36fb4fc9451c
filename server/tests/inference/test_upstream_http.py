"""Our HTTP client, against servers that say on the wire what HTTP allows, and what it does not."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from aniate_server.inference.upstream_connection import AHEAD_BYTES, HEAD_BYTES, BrokenOff, CannotConnect
from aniate_server.inference.upstream_http import STALE_S, UpstreamHttp

pytestmark = pytest.mark.anyio

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-type: Text/Event-Stream; charset=utf-8\r\n"


class Wire:
    """A server whose connections each answer what they are told, in turn."""

    def __init__(self, *answers: bytes, ends: bool = False) -> None:
        self.answers = list(answers)
        self.ends = ends
        self.asked: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while self.answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
                self.asked.append(head + await reader.readexactly(length))
                writer.write(self.answers.pop(0))
                await writer.drain()
                if self.ends:
                    break
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def asking(serve: Serve, path: str = "/v1") -> AsyncIterator[UpstreamHttp]:
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    http = UpstreamHttp(f"http://127.0.0.1:{port}{path}", connect_s=2.0)
    try:
        yield http
    finally:
        await http.close()
        server.close()


async def whole(http: UpstreamHttp, body: bytes = b"{}") -> bytes:
    async with asyncio.timeout(5), await http.request("POST", "/chat", {"x-id": "1"}, body) as answer:
        return await answer.read(1 << 22)


async def test_what_is_asked_stands_on_the_wire_as_it_should() -> None:
    wire = Wire(OK + b"content-length: 2\r\n\r\nhi")
    async with asking(wire) as http:
        assert await whole(http, b'{"a":1}') == b"hi"
    head, _, body = wire.asked[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /v1/chat HTTP/1.1"
    assert b"x-id: 1" in head.split(b"\r\n") and b"accept-encoding: identity" in head.split(b"\r\n")
    assert body == b'{"a":1}'


async def test_a_connection_serves_one_answer_after_the_other() -> None:
    chunked = OK + b"transfer-encoding: chunked\r\n\r\n2\r\nhi\r\n4\r\n you\r\n0\r\n\r\n"
    wire = Wire(chunked, OK + b"content-length: 5\r\n\r\nagain")
    async with asking(wire) as http:
        assert [await whole(http), await whole(http)] == [b"hi you", b"again"]
    assert wire.connections == 1


async def test_an_answer_that_is_given_up_takes_its_connection_with_it() -> None:
    wire = Wire(OK + b"content-length: 900\r\n\r\npart", OK + b"content-length: 5\r\n\r\nother")
    async with asking(wire) as http:
        async with await http.request("POST", "/chat", {}) as answer:
            assert await answer.readany() == b"part"
        assert await whole(http) == b"other"
    assert wire.connections == 2


async def test_without_a_length_an_answer_ends_with_its_connection() -> None:
    async with asking(Wire(OK + b"connection: close\r\n\r\nall of it", ends=True)) as http:
        assert await whole(http) == b"all of it"


@pytest.mark.parametrize(
    "said",
    [
        OK + b"content-length: 9\r\n\r\nshort",
        OK + b"transfer-encoding: chunked\r\n\r\n5\r\nshor",
        OK + b"transfer-encoding: chunked\r\n\r\nnonsense\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-le",
        b"SSH-2.0-OpenSSH\r\n",
        b"",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * (HEAD_BYTES // 5),
    ],
)
async def test_what_breaks_off_or_is_no_http_is_told_as_such(said: bytes) -> None:
    async with asking(Wire(said, ends=True)) as http:
        with pytest.raises(BrokenOff):
            await whole(http)


async def test_early_hints_are_no_answer() -> None:
    early = b"HTTP/1.1 103 Early Hints\r\nlink: </style>\r\n\r\n"
    wire = Wire(early + early + OK + b"content-length: 2\r\n\r\nhi")
    async with asking(wire) as http, await http.request("POST", "/chat", {}) as answer:
        assert (answer.status, answer.headers.get("link"), await answer.read(9)) == (200, None, b"hi")


async def test_an_endless_row_of_early_hints_is_given_up() -> None:
    async with asking(Wire(b"HTTP/1.1 103 Early Hints\r\n\r\n" * HEAD_BYTES)) as http:
        with pytest.raises(BrokenOff):
            await whole(http)


async def test_a_connection_that_ended_while_it_lay_idle_is_no_failure() -> None:
    wire = Wire(*[OK + b"content-length: 2\r\n\r\nhi"] * 3, ends=True)
    async with asking(wire) as http:
        for _ in range(3):
            assert await whole(http) == b"hi"
            await asyncio.sleep(0.01)
    assert (wire.connections, len(wire.asked)) == (3, 3)


async def test_a_question_that_was_taken_is_not_asked_again_on_every_connection() -> None:
    """Each connection takes it, thinks, and ends without a word."""
    taken = 0

    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal taken
        try:
            for _ in range(2):
                await reader.readuntil(b"\r\n\r\n")
                if b"poison" in await reader.readexactly(6):
                    taken += 1
                    await asyncio.sleep(STALE_S * 2)
                    return
                writer.write(OK + b"content-length: 2\r\n\r\nhi")
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async with asking(dies) as http:
        await asyncio.gather(*(whole(http, b"harmls") for _ in range(5)))
        with pytest.raises(BrokenOff):
            await whole(http, b"poison")
    assert taken == 1


async def test_what_comes_unasked_is_nobodys_answer() -> None:
    """A server that says more than it was asked: the next question must not get it."""
    twice = OK + b"content-length: 2\r\n\r\nhi" + OK + b"content-length: 5\r\n\r\nwrong"
    wire = Wire(twice, OK + b"content-length: 5\r\n\r\nright")
    async with asking(wire) as http:
        assert await whole(http) == b"hi"
        assert await whole(http) == b"right"
    assert wire.connections == 2


async def test_an_upstream_waits_while_nobody_reads() -> None:
    sent = 0

    async def pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK + b"\r\n")
        try:
            while sent < 64 << 20:
                writer.write(bytes(1 << 16))
                await writer.drain()
                sent += 1 << 16
        except ConnectionError:
            pass
        finally:
            writer.close()

    async with asking(pour) as http, await http.request("POST", "/chat", {}) as answer:
        await asyncio.sleep(0.2)
        early = sent
        assert early < 32 << 20
        assert AHEAD_BYTES <= len(await answer.readany()) < 2 * AHEAD_BYTES
        async with asyncio.timeout(5):
            while sent == early:
                await answer.readany()


async def test_nobody_there_is_told_as_such() -> None:
    async with asking(Wire()) as http:
        pass
    with pytest.raises(CannotConnect):
        await whole(http)


async def test_a_header_cannot_bring_another_one() -> None:
    async with asking(Wire()) as http:
        with pytest.raises(ValueError, match="line break"):
            await http.request("POST", "/chat", {"authorization": "Bearer k\r\nx-other: 1"})


async def test_who_stops_waiting_leaves_no_connection_behind() -> None:
    gone = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await reader.read()
        gone.set()
        writer.close()

    async with asking(silent) as http:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await http.request("POST", "/chat", {})
        async with asyncio.timeout(5):
            await gone.wait()


async def test_over_tls_a_certificate_must_be_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = certificate_of("localhost", tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    wire = Wire(*[OK + b"content-length: 2\r\n\r\nhi"] * 2)
    server = await asyncio.start_server(wire, "127.0.0.1", 0, ssl=tls)
    url = f"https://localhost:{server.sockets[0].getsockname()[1]}/v1"
    stranger = UpstreamHttp(url, connect_s=2.0)
    with pytest.raises(CannotConnect):
        await whole(stranger)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    known = UpstreamHttp(url, connect_s=2.0)
    assert [await whole(known), await whole(known)] == [b"hi", b"hi"]
    assert len(wire.asked) == 2
    await known.close()
    server.close()


def certificate_of(name: str, folder: Path) -> Path:
    """A certificate that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    named = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(named)
        .issuer_name(named)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "both.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    return file
