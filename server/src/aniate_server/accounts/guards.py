"""Against guessing: attempts are counted for each account, for each address, and for each browser that is known.

Who guesses is held back; the account's owner comes in all the same, from a browser that signed in before (it counts
for itself, as OWASP's device cookies do) or by a link in a mail.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from aniate_server.accounts import people_store
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import TooManyAttempts
from aniate_server.plumbing.metrics import AccountMetrics
from aniate_server.plumbing.secret import Secret

PURPOSE = "attempts"


@dataclass(frozen=True)
class Limit:
    """So many attempts in so long a time."""

    at_most: int
    window: timedelta


LIMITS = {
    "password from a known browser": Limit(10, timedelta(minutes=15)),
    "password from an address": Limit(10, timedelta(minutes=15)),
    "password of an account": Limit(50, timedelta(hours=1)),
    "passwords from an address": Limit(100, timedelta(minutes=15)),
    "verify mail to": Limit(5, timedelta(hours=1)),
    "reset mail to": Limit(5, timedelta(hours=1)),
    "mails from": Limit(30, timedelta(hours=1)),
    "new passwords for": Limit(20, timedelta(hours=1)),
    "password changes of": Limit(5, timedelta(hours=1)),
    "exports of": Limit(10, timedelta(hours=1)),
    "mail codes from": Limit(60, timedelta(minutes=15)),
    "device codes by": Limit(20, timedelta(minutes=15)),
    "devices from": Limit(60, timedelta(minutes=15)),
    "codes from": Limit(300, timedelta(minutes=15)),
}

Bucket = tuple[str, str]
"""The name of a limit, and what is counted under it."""


class Guards:
    """Counts in the database, so that all processes count together."""

    def __init__(self, db: Database, secret: Secret, metrics: AccountMetrics) -> None:
        self._db = db
        self._secret = secret
        self._metrics = metrics

    async def count(self, buckets: Sequence[Bucket]) -> None:
        """One attempt more in each; TooManyAttempts if one of them is full."""
        limits = [LIMITS[name] for name, _ in buckets]
        wait_s = await people_store.attempt(
            self._db,
            self._marks(buckets),
            [limit.at_most for limit in limits],
            [limit.window for limit in limits],
        )
        if wait_s:
            self._metrics.held_back[buckets[0][0],].inc()
            raise TooManyAttempts(wait_s)

    async def forgive(self, buckets: Sequence[Bucket]) -> None:
        """The attempt was a good one: it does not count."""
        await people_store.forgive(self._db, self._marks(buckets))

    def _marks(self, buckets: Sequence[Bucket]) -> list[bytes]:
        return [self._secret.sign(PURPOSE, f"{name}\0{value}".encode()) for name, value in buckets]


def network(address: str) -> str:
    """What one party has of addresses: an IPv4 address, or a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))
