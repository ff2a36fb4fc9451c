"""Addresses of pages: where a browser may be sent, and whose they are."""

from urllib.parse import urlsplit

from aniate import address
from aniate.errors import NotAniate, UsageError
from aniate.safe_text import clean_line

_OURSELVES = ("127.0.0.1", "localhost", "::1")


def page(url: object) -> str:
    """`url`, if it is one that a browser may be sent to: https, or http on this machine. NotAniate if not."""
    text = url if isinstance(url, str) else ""
    plain = text.isascii() and text.isprintable() and " " not in text and len(text) <= 1000
    if not plain or "#" in text or _place(text) is None:
        raise NotAniate(
            f"The server sends the browser to {clean_line(text, 100) or 'nowhere'}, which is not https.",
            "Nothing was opened. Whoever runs the server has to set its web address.",
        )
    return text


def same_origin(url: object, other: str) -> bool:
    """Whether both addresses are of one server; the names of this machine are one name."""
    return isinstance(url, str) and _place(url) is not None and _place(url) == _place(other)


def _place(url: str) -> "tuple[bool, str, int] | None":
    """Scheme, host and port of an address that is https, or http on this machine; else None."""
    try:
        parts = urlsplit(url)
        found = address.parse(f"{parts.scheme}://{parts.netloc}")
    except (ValueError, UsageError):
        return None
    return found.tls, "localhost" if found.host in _OURSELVES else found.host, found.port
