"""One page, fetched: each hop's address is looked at, and the connection goes to what was looked at, nowhere else."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from dataclasses import dataclass

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from aniate_server.search.body import NotRead, bounded
from aniate_server.search.reach import Reach, Refused

MAX_REDIRECTS = 5
REDIRECTS = {301, 302, 303, 307, 308}
HTML = {"text/html", "application/xhtml+xml"}
PLAIN = "text/plain"
HEADERS = {
    "user-agent": "Mozilla/5.0 (compatible; aniate; +https://aniate.com)",
    "accept": "text/html, application/xhtml+xml, text/plain;q=0.8",
    "accept-encoding": "gzip",
}


@dataclass(frozen=True)
class Fetched:
    """A page as it came. `url` is where it lay in the end."""

    url: str
    is_html: bool
    charset: str
    """What its head says, which may be wrong, or empty."""
    body: bytes


class Pinned(AbstractResolver):
    """Knows one host, whose addresses were looked at before."""

    def __init__(self, addresses: list[str]) -> None:
        self._addresses = addresses

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Those addresses of that family, which is any."""
        return [
            ResolveResult(
                hostname=host,
                host=each,
                port=port,
                family=socket.AF_INET6 if ":" in each else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for each in self._addresses
            if family in (socket.AF_UNSPEC, socket.AF_INET6 if ":" in each else socket.AF_INET)
        ]

    async def close(self) -> None:
        """Nothing is open."""


class Fetcher:
    """Fetches pages within reach; a connection of its own for each, so that none is shared between names."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    async def fetch(self, address: str) -> Fetched:
        """The page there, or where it sends us; Refused or NotRead, and the caller's time limit, if there is none."""
        try:
            url = url_of(address)
            for _ in range(MAX_REDIRECTS + 1):
                found = await self._hop(url)
                if isinstance(found, Fetched):
                    return found
                url = found
        except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError) as error:
            raise NotRead(f"no answer: {type(error).__name__}") from error
        raise NotRead("too many redirects")

    async def _hop(self, url: URL) -> Fetched | URL:
        """The page there, or the address that it has now."""
        addresses = await self._reach.addresses(url)
        connector = aiohttp.TCPConnector(
            resolver=Pinned(addresses),
            use_dns_cache=False,
            force_close=True,
            socket_factory=lambda info: opened(info, addresses),
        )
        async with (
            aiohttp.ClientSession(
                connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
            ) as session,
            session.get(url, headers=HEADERS, allow_redirects=False, max_line_size=8190) as answer,
        ):
            if answer.status in REDIRECTS:
                return url_of(answer.headers.get("location", ""), url)
            return await page(url, answer)


def url_of(address: str, base: URL | None = None) -> URL:
    """An address, seen from `base`, taken apart by the library that will go there."""
    try:
        url = URL(address)
        return (base.join(url) if base is not None else url).with_fragment(None)
    except (ValueError, TypeError) as error:
        raise Refused("no address of a page") from error


async def page(url: URL, answer: aiohttp.ClientResponse) -> Fetched:
    """What came, if it is text."""
    kind = answer.content_type.lower()
    if answer.status != 200:
        raise NotRead(f"status {answer.status}")
    if kind not in HTML and kind != PLAIN:
        raise NotRead("no text")
    coding = answer.headers.get("content-encoding", "").strip().lower()
    body = await bounded(answer.content.iter_any(), coding)
    return Fetched(str(url), kind != PLAIN, answer.charset or "", body)


def opened(info: tuple[object, ...], addresses: list[str]) -> socket.socket:
    """A socket to one of the addresses that were looked at; Refused for any other, whoever asks for it."""
    family, kind, protocol, _, target = info
    assert isinstance(target, tuple)  # noqa: S101 - as the system has it
    if ipaddress.ip_address(str(target[0])) not in {ipaddress.ip_address(each.partition("%")[0]) for each in addresses}:
        raise Refused("another address than was looked at")
    made = socket.socket(family, kind, protocol)  # type: ignore[arg-type]  # as getaddrinfo gives them
    made.setblocking(False)
    return made
