"""The address of a server: https to anywhere, plain http to this machine alone."""

from _socket import AF_INET, AF_INET6, inet_pton

from aniate.errors import InsecureHost, UsageError
from aniate.safe_text import clean_line

_NAME = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_EXAMPLE = "Write it like https://api.aniate.com."


class Address:
    """Where a server is. `origin` is its one canonical spelling, which tokens are bound to."""

    __slots__ = ("host", "loopback", "origin", "port", "tls")

    def __init__(self, tls: bool, host: str, port: int) -> None:
        self.tls = tls
        self.host = host
        self.port = port
        self.loopback = is_loopback(host)
        standard = 443 if tls else 80
        shown = f"[{host}]" if ":" in host else host
        self.origin = ("https://" if tls else "http://") + shown + ("" if port == standard else f":{port}")


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this machine: 127.0.0.0/8, ::1 or localhost; no other spelling counts."""
    if host == "localhost":
        return True
    packed = packed_ip(host)
    return packed is not None and (packed[0] == 127 if len(packed) == 4 else packed == bytes(15) + b"\1")


def packed_ip(host: str) -> bytes | None:
    """The bytes of an IP address in its usual spelling, or None if `host` is a name."""
    try:
        return inet_pton(AF_INET6 if ":" in host else AF_INET, host)
    except (OSError, ValueError):
        return None


def without_login(url: str) -> str:
    """`url` as it may be shown: a user and a password in it may not."""
    head, at, rest = url.rpartition("@")
    return f"{head.partition('://')[0]}://…@{rest}" if at else url


def parse(url: str) -> Address:
    """The address in `url`. UsageError if it is none; InsecureHost if it is plain http to another machine."""
    shown = without_login(clean_line(url, 100))
    scheme, colon, rest = url.strip().lower().partition("://")
    if not colon or scheme not in ("http", "https"):
        raise UsageError(f"{shown} is not a server's address: it must begin with https://.", _EXAMPLE)
    if rest.endswith("/"):
        rest = rest[:-1]
    host, port = _split(rest.removesuffix("/v1"), shown)
    address = Address(scheme == "https", host, port or (443 if scheme == "https" else 80))
    if not address.tls and not address.loopback:
        bracketed = f"[{host}]" if ":" in host else host
        raise InsecureHost(
            f"Plain http to {bracketed} would show your key to the network, so nothing was sent.",
            f"Use https://{bracketed}; plain http is for this machine alone (127.0.0.1, ::1, localhost).",
        )
    return address


def _split(rest: str, shown: str) -> tuple[str, int]:
    """Host and port (or 0). No user, path, query or any character that two readers might read differently."""
    if rest.startswith("["):
        host, bracket, tail = rest[1:].partition("]")
        good = bool(bracket) and ":" in host and packed_ip(host) is not None and tail[:1] in ("", ":")
        colon, port = tail[:1], tail[1:]
    else:
        host, colon, port = rest.partition(":")
        good = bool(host) and _NAME.issuperset(host)
    if colon:
        good = good and port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536
    if not good:
        raise UsageError(f"{shown} is not a server's address.", _EXAMPLE)
    return host, int(port) if colon else 0
