"""What happens to accounts in the background."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

from aniate_server.accounts import grant_store, people_store, session_store
from aniate_server.accounts.mail_delivery import forget_old
from aniate_server.accounts.revocations import KEPT_S
from aniate_server.accounts.signing_keys import ROTATE_AFTER, SigningKeys
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Settings

PURGE_EVERY_S = 600.0
MAIL_KEPT_S = 7 * 86_400.0
SESSIONS_KEPT = timedelta(days=30)
"""So long after its end a login is kept, for whoever asks what happened."""


async def purge_logins(db: Database) -> None:
    """Forget ended logins, keys that no token can refer to, spent codes and old attempts."""
    await session_store.purge(db, timedelta(seconds=KEPT_S), SESSIONS_KEPT)
    await people_store.purge(db)
    await grant_store.purge(db)


async def forget_mail(settings: Settings) -> None:
    """Take mail away that lies in files for longer than a week."""
    await asyncio.to_thread(forget_old, settings, MAIL_KEPT_S, time.time())


async def rotate_signing_key(db: Database, secret: Secret) -> None:
    """A new signing key, if the newest has signed for long enough."""
    await SigningKeys(db, secret, SystemClock()).rotate(older_than=ROTATE_AFTER)
