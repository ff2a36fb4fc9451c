"""Which addresses are asked for pages: none that is not the public's, however it is spelled, named or led to."""

from __future__ import annotations

import asyncio
import gzip
import socket
import ssl
import tracemalloc
import zlib
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from yarl import URL

from aniate_server.search.body import MAX_PAGE_BYTES, NotRead, bounded
from aniate_server.search.fetch import Fetcher, opened
from aniate_server.search.reach import Reach, Refused, Resolve, by_the_system, is_public
from server.tests.doubles.web_pages import Pages, endless, raw, redirect

pytestmark = pytest.mark.anyio
CERTIFICATE = Path(__file__).parents[3] / "client" / "tests" / "data" / "localhost.pem"

NOT_PUBLIC = [
    "127.0.0.1", "127.255.255.254", "0.0.0.0", "0.1.2.3", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "100.100.100.200", "192.0.0.192", "192.0.2.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "192.88.99.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "168.63.129.16",
    "::", "::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "fe80::1", "fe80::1%lo", "fc00::1",
    "fd00:ec2::254", "fec0::1", "ff02::1", "64:ff9b::7f00:1", "64:ff9b::808:808", "64:ff9b:1::1", "100::1",
    "2001::1", "2001:db8::1", "2002:7f00:1::", "2002:808:808::1", "3fff::1", "5f00::1", "nonsense", "",
]  # fmt: skip
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450::1"]


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_the_publics_is_known(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_known(address: str) -> None:
    assert is_public(address)


def always(*addresses: str) -> Resolve:
    """A name server that says the same of every host."""

    async def resolve(host: str, port: int) -> list[str]:
        return list(addresses)

    return resolve


@pytest.fixture
async def system() -> AsyncIterator[Resolve]:
    """As this machine resolves: what is no name but an odd number is understood by it."""
    with ThreadPoolExecutor(1) as threads:
        yield by_the_system(threads)


ODD = [
    "http://127.0.0.1/", "http://127.1/", "http://127.0.1/", "http://0x7f000001/", "http://0x7f.1/", "http://2130706433/",
    "http://0177.0.0.1/", "http://017700000001/", "http://0/", "http://0.0.0.0/", "http://localhost/",
    "http://[::1]/", "http://[::]/", "http://[0:0:0:0:0:0:0:1]/", "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/", "http://[64:ff9b::7f00:1]/", "http://[fe80::1]/", "http://LOCALHOST/", "http://１２７.0.0.1/",
    "http://127。0。0。1/", "http://169.254.169.254/latest/meta-data/", "http://10.0.0.1/", "https://192.168.0.1/",
]  # fmt: skip


@pytest.mark.parametrize("url", ODD)
async def test_a_private_address_is_refused_in_each_spelling(url: str, system: Resolve) -> None:
    with pytest.raises(Refused, match="private address"):
        await Fetcher(Reach(system)).fetch(url)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd", "ftp://example.com/", "gopher://example.com/", "javascript:alert(1)", "data:text/html,x",
        "//example.com/", "/etc/passwd", "", "http://", "http:///x", "http://exa mple.com/", "http://[::1/",
        "http://example.com:99999/", "http://user:password@example.com/", "http://user@example.com/",
        "http://example.com@127.0.0.1/", "http://example.com:22/", "http://example.com:6379/", "http://example.com:0/",
        "https://example.com:8443/", "http://127.0.0.1\\@example.com/", "http://example.com/" + "x" * 3000,
        "http://\ud800.com/",
    ],
)  # fmt: skip
async def test_an_odd_address_is_refused_before_anybody_is_asked(url: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise AssertionError(f"asked for {host}")

    with pytest.raises(Refused):
        await Fetcher(Reach(resolve)).fetch(url)


async def test_a_name_with_one_private_address_among_public_ones_is_refused() -> None:
    with pytest.raises(Refused, match="private address"):
        await Reach(always("93.184.216.34", "127.0.0.1")).addresses(URL("http://mixed.test/"))


async def test_a_name_without_an_address_is_refused() -> None:
    async def resolve(host: str, port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(Refused, match="unknown host"):
        await Reach(resolve).addresses(URL("http://nowhere.test/"))


def within(pages: Pages, *hosts: str) -> Reach:
    """Those names, and no others, may be this machine."""
    return Reach(always("127.0.0.1"), frozenset((host, pages.port) for host in hosts))


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_a_private_address_is_refused(pages: Pages, status: int) -> None:
    pages.at |= {"/": redirect(pages.url("/secret", "inside.test"), status), "/secret": "secret"}
    with pytest.raises(Refused):
        await Fetcher(within(pages, "outside.test")).fetch(pages.url("/", "outside.test"))
    assert pages.paths == ["/"]


async def test_a_redirect_to_another_page_is_followed_and_told(pages: Pages) -> None:
    pages.at |= {"/a": redirect("/b?c=d#e"), "/b": "there"}
    fetched = await Fetcher(within(pages, "outside.test")).fetch(pages.url("/a", "outside.test"))
    assert (fetched.url, fetched.body) == (pages.url("/b?c=d", "outside.test"), b"there")


@pytest.mark.parametrize("to", ["/", "", "file:///etc/passwd", "http://[::1", "http://u:p@outside.test/"])
async def test_redirects_have_an_end_and_lead_to_pages_alone(pages: Pages, to: str) -> None:
    pages.at["/"] = redirect(to)
    with pytest.raises((Refused, NotRead)):
        await Fetcher(within(pages, "outside.test")).fetch(pages.url("/", "outside.test"))
    assert 1 <= len(pages.asked) <= 6


async def test_a_name_is_resolved_once_and_the_connection_goes_to_what_was_looked_at(pages: Pages) -> None:
    """Rebinding: who is asked first for a public address and then for a private one is asked once only."""
    answers = [["127.0.0.1"], ["127.0.0.2"]]
    asked = []

    async def resolve(host: str, port: int) -> list[str]:
        asked.append(host)
        return answers.pop(0)

    pages.at["/"] = "there"
    reach = Reach(resolve, frozenset({("rebound.test", pages.port)}))
    await Fetcher(reach).fetch(pages.url("/", "rebound.test"))
    assert asked == ["rebound.test"]
    assert pages.asked[0].host == f"rebound.test:{pages.port}"
    assert pages.asked[0].transport is None or pages.asked[0].remote == "127.0.0.1"


async def test_a_name_that_turns_private_between_two_hops_is_refused(pages: Pages) -> None:
    """The first answer is one that the operator allows; the second hop's, on another port, is looked at anew."""
    answers = [["127.0.0.1"], ["127.0.0.1"]]

    async def resolve(host: str, port: int) -> list[str]:
        return answers.pop(0)

    pages.at["/"] = redirect("http://rebound.test/")
    with pytest.raises(Refused, match="private address"):
        await Fetcher(Reach(resolve, frozenset({("rebound.test", pages.port)}))).fetch(pages.url("/", "rebound.test"))


def test_no_socket_is_opened_to_an_address_that_was_not_looked_at() -> None:
    info = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 80))
    with pytest.raises(Refused, match="another address"):
        opened(info, ["93.184.216.34"])
    opened(info, ["127.0.0.1"]).close()


async def test_no_proxy_and_no_login_of_this_machine_is_used(
    pages: Pages, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for variable in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9/")
    netrc = f"{tmp_path}/netrc"
    with open(netrc, "w") as file:  # noqa: ASYNC230, PTH123
        file.write("machine outside.test login ada password secret\n")
    monkeypatch.setenv("NETRC", netrc)
    pages.at["/"] = "there"
    await Fetcher(within(pages, "outside.test")).fetch(pages.url("/", "outside.test"))
    assert "authorization" not in pages.asked[0].headers
    assert "cookie" not in pages.asked[0].headers


async def fetched(pages: Pages) -> bytes:
    """The page at the root."""
    return (await Fetcher(within(pages, "outside.test")).fetch(pages.url("/", "outside.test"))).body


async def test_a_page_without_an_end_is_cut(pages: Pages) -> None:
    pages.at["/"] = endless(b"x" * 100_000)
    assert len(await fetched(pages)) == MAX_PAGE_BYTES


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_what_is_packed_very_small_is_unpacked_so_far_only(pages: Pages, coding: str) -> None:
    pack = gzip.compress if coding == "gzip" else zlib.compress
    bomb = pack(b"\0" * (64 << 20), 9)
    assert len(bomb) < 1 << 18
    pages.at["/"] = raw(bomb, coding=coding)
    assert len(await fetched(pages)) == MAX_PAGE_BYTES


async def test_what_is_packed_very_small_takes_little_memory() -> None:
    bomb = gzip.compress(b"\0" * (64 << 20), 9)

    async def chunks() -> AsyncIterator[bytes]:
        yield bomb

    tracemalloc.start()
    await bounded(chunks(), "gzip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 * MAX_PAGE_BYTES


async def test_what_is_packed_ordinarily_is_unpacked(pages: Pages) -> None:
    pages.at["/"] = raw(gzip.compress(b"hello " * 1000), coding="gzip")
    assert await fetched(pages) == b"hello " * 1000


@pytest.mark.parametrize(
    ("body", "content_type", "coding"),
    [
        (b"%PDF-1.7", "application/pdf", ""),
        (b"\x7fELF", "application/octet-stream", ""),
        (b"{}", "application/json", ""),
        (b"not gzip", "text/html", "gzip"),
        (b"x", "text/html", "br"),
        (b"x", "text/html", "gzip, gzip"),
    ],
)
async def test_what_is_no_text_or_packed_in_another_way_is_not_read(
    pages: Pages, body: bytes, content_type: str, coding: str
) -> None:
    pages.at["/"] = raw(body, content_type, coding)
    with pytest.raises(NotRead):
        await fetched(pages)


async def test_a_page_that_is_not_there_is_not_read(pages: Pages) -> None:
    with pytest.raises(NotRead, match="status 404"):
        await fetched(pages)


async def test_heads_without_an_end_are_not_read() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * (1 << 20))
        with suppress(ConnectionError):  # who does not read on may say so
            await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(NotRead):
            reach = Reach(always("127.0.0.1"), frozenset({("outside.test", port)}))
            await Fetcher(reach).fetch(f"http://outside.test:{port}/")


async def test_over_tls_the_name_is_what_is_asked_for_and_a_stranger_who_bears_it_is_refused() -> None:
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    context.sni_callback = lambda _, name, __: asked.append(name)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    async with server:
        reach = Reach(always("127.0.0.1"), frozenset({("outside.test", port)}))
        with pytest.raises(NotRead, match="Certificate"):
            await Fetcher(reach).fetch(f"https://outside.test:{port}/")
    assert asked == ["outside.test"]
