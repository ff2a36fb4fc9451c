"""Which addresses a page may be fetched from: public ones, unless the operator allows a host with its port by name.

Whoever writes pages, or names in the DNS, would else have us ask the machines around us. Registries:
iana.org/assignments/iana-ipv4-special-registry and -ipv6-special-registry.
"""

from __future__ import annotations

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from yarl import URL

PORTS = {80, 443}
HOST = re.compile(r"[a-z0-9_.-]+|[0-9a-f:.]+")
MAX_URL = 2000
PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")
"""All that is given out to networks; what else is reachable only leads elsewhere (NAT64, mapped IPv4)."""
NOT_OF_THE_PUBLIC = [
    ipaddress.ip_network(each)
    for each in (
        "192.0.0.0/24",  # protocols' own; a cloud's metadata at 192.0.0.192
        "100.64.0.0/10",  # behind a provider's NAT; a cloud's metadata at 100.100.100.200
        "192.88.99.0/24",  # relays to 6to4
        "168.63.129.16/32",  # what Azure answers its own machines on
        "2001::/23",  # Teredo and other protocols' own
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address within
        "3fff::/20",
    )
]

Resolve = Callable[[str, int], Awaitable[list[str]]]
"""The addresses of a host; OSError if it has none."""


class Refused(Exception):
    """An address that we do not go to. The text says why, for the log."""


def by_the_system(executor: Executor) -> Resolve:
    """Names as this machine resolves them, on threads of their own, since a slow name server keeps one busy."""

    async def resolve(host: str, port: int) -> list[str]:
        def look() -> list[str]:
            return [str(each[4][0]) for each in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]

        return await asyncio.get_running_loop().run_in_executor(executor, look)

    return resolve


@dataclass(frozen=True)
class Reach:
    """How far we go."""

    resolve: Resolve
    allowed: frozenset[tuple[str, int]] = frozenset()
    """Hosts with their ports that may be anywhere."""

    async def addresses(self, url: URL) -> list[str]:
        """The addresses to connect to, each looked at; Refused if one of them is not public, or the URL is odd."""
        host, port = self.host_of(url)
        try:
            found = list(dict.fromkeys(await self.resolve(host, port)))
        except (OSError, UnicodeError) as error:
            raise Refused("unknown host") from error
        if not found:
            raise Refused("unknown host")
        if (host, port) not in self.allowed and not all(map(is_public, found)):
            raise Refused("private address")
        return found

    def host_of(self, url: URL) -> tuple[str, int]:
        """Host and port of an address that is fit to be asked."""
        host, port = url.raw_host, url.port
        if url.scheme not in ("http", "https") or not host or not port or len(str(url)) > MAX_URL:
            raise Refused("no address of a page")
        if not HOST.fullmatch(host.lower()):
            raise Refused("no address of a page")
        if url.user is not None or url.password is not None:
            raise Refused("credentials in the address")
        if port not in PORTS and (host, port) not in self.allowed:
            raise Refused("unusual port")
        return host, port


def is_public(address: str) -> bool:
    """Whether this is an address of the internet at large, as far as the registries say."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:  # with a zone, or nothing that we know
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None or ip not in PUBLIC_IPV6:
            return False
    elif ip.is_multicast or ip.is_reserved or not ip.is_global:
        return False
    return not any(ip.version == each.version and ip in each for each in NOT_OF_THE_PUBLIC)
