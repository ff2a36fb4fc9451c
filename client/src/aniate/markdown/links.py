"""Addresses that a link may lead to, and whether its text tells them truly."""

import re

_SAFE = re.compile(r"(?i)(?:https?://|mailto:)[^\s\x00-\x20\u241b\"<>\\^`{|}]{1,2000}\Z")
_HOST = re.compile(r"(?i)(?:[\w-]+\.)+[^\W\d_]{2,}|[\w.+-]+@[\w.-]+|\d{1,3}(?:\.\d{1,3}){3}")


def target(address: str) -> str:
    """The address as a terminal may have it; empty if it leads to neither the web nor to a mailbox."""
    if not _SAFE.match(address) or not address.isprintable():
        return ""
    if address.isascii():
        return address
    from urllib.parse import quote

    return quote(address, safe="!#$%&'()*+,/:;=?@[]~-._")


def misleads(text: str, address: str) -> bool:
    """Whether the text of a link looks like an address, and another than the one that it leads to."""
    shown, leads = _bare(text), _bare(address)
    if shown == leads:
        return False
    host = _host(leads)
    if "%" in host or host.startswith("xn--") or ".xn--" in host:
        return True  # letters that only look like others
    if "://" in text:
        return True
    return any(found.lower().removeprefix("www.") != host for found in _HOST.findall(text))


def _bare(address: str) -> str:
    bare = re.sub(r"(?i)^\s*(?:https?://|mailto:)(?:www\.)?", "", address)
    return bare.strip().removeprefix("www.").rstrip("/").lower()


def _host(bare: str) -> str:
    authority = re.split(r"[/?#]", bare, maxsplit=1)[0]
    host = authority.rpartition("@")[2]
    return authority if "@" in bare and "/" not in bare and ":" not in authority else re.sub(r":\d*$", "", host)
