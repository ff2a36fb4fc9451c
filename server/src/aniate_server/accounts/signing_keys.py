"""The keys that access tokens are signed with: published before they sign, kept until their last token expired."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

from joserfc.jwk import ECKey

from aniate_server.accounts import session_store
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import Unavailable
from aniate_server.plumbing.secret import Secret

PURPOSE = "signing key"
FRESH_S = 30.0
"""So long may a new key take to be known here; an unknown one is looked up at once."""
UNKNOWN_S = 1.0
"""At most this often is the database asked for unknown keys, whatever strangers send."""
JWKS_MAX_AGE_S = 300
PUBLISHED = timedelta(minutes=10)
"""A new key is published for so long before it signs: longer than any cache of ours or of others holds."""
VERIFIED = timedelta(hours=1, minutes=5)
"""An old one verifies for so long after it signed last: longer than a token lives."""
ROTATE_AFTER = timedelta(days=90)


class SigningKeys:
    """The keys of one process, read again from time to time. Call `open` first."""

    def __init__(self, db: Database, secret: Secret, clock: Clock) -> None:
        self._db = db
        self._secret = secret
        self._clock = clock
        self._keys: dict[str, tuple[ECKey, datetime]] = {}
        self._public: list[Any] = []
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def open(self) -> None:
        """Read the keys; make the first one if there is none. Processes that start at once end with the same."""
        await self._read()
        if not self._keys:
            await self._add(None, PUBLISHED)
            await self._read()

    async def rotate(self, older_than: timedelta = timedelta(0), published: timedelta = PUBLISHED) -> bool:
        """A new key, if the newest one signs for longer than `older_than`.

        Never the first, which is a serving process's to make; and SetupError, with nothing changed, if our secret
        does not open the keys that are there: nobody could read what we would add.
        """
        await self._read()
        return bool(self._keys) and await self._add(older_than, published)

    async def _add(self, older_than: timedelta | None, published: timedelta) -> bool:
        """A new key; with `older_than` None only if it is the first."""
        key = ECKey.generate_key("P-256")
        kid = key.thumbprint()
        added = await session_store.add_signing_key(
            self._db,
            {
                "kid": kid,
                "public": json.dumps({**key.as_dict(private=False), "kid": kid, "use": "sig", "alg": "ES256"}),
                "private": self._secret.seal(PURPOSE, json.dumps(key.as_dict(private=True)).encode()),
                "older_than": older_than,
                "published": published,
                "verified": VERIFIED,
            },
        )
        if added:
            await self._read()
        return added

    async def signing(self) -> tuple[str, ECKey]:
        """The name and the key to sign with now."""
        await self._refresh(FRESH_S)
        now = self._clock.now()
        started = [(begin, kid) for kid, (_, begin) in self._keys.items() if begin <= now]
        kid = max(started)[1] if started else next(iter(self._keys))
        return kid, self._keys[kid][0]

    async def verifying(self, kid: str) -> ECKey | None:
        """The key of that name, or None."""
        await self._refresh(FRESH_S if kid in self._keys else UNKNOWN_S)
        found = self._keys.get(kid)
        return found[0] if found else None

    async def jwks(self) -> dict[str, list[Any]]:
        """The public halves (RFC 7517), as of the last reading: a new one is published long before it signs."""
        await self._refresh(FRESH_S)
        return {"keys": self._public}

    async def _refresh(self, fresh_s: float) -> None:
        if self._clock.monotonic() - self._read_at > fresh_s:
            async with self._reading:
                if self._clock.monotonic() - self._read_at > fresh_s:
                    await self._read_again()

    async def _read_again(self) -> None:
        """Read, or go on with what is known while the database is away."""
        try:
            await self._read()
        except Unavailable:
            if not self._keys:
                raise

    async def _read(self) -> None:
        stored = await session_store.signing_keys(self._db)
        self._public = [key.public for key in stored]
        self._keys = {key.kid: (self._unsealed(key.private), key.signs_from) for key in stored}
        self._read_at = self._clock.monotonic()

    def _unsealed(self, private: bytes) -> ECKey:
        return ECKey.import_key(json.loads(self._secret.unseal(PURPOSE, private)))
