"""What the accounts' modules work with: built once at start, handed down."""

from __future__ import annotations

from dataclasses import dataclass

from aniate_server.accounts.access_tokens import AccessTokens
from aniate_server.accounts.guards import Guards
from aniate_server.accounts.key_owners import KeyOwners
from aniate_server.accounts.passwords import Passwords
from aniate_server.accounts.revocations import RevocationFeed
from aniate_server.accounts.signing_keys import SigningKeys
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.metrics import AccountMetrics
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Addresses


@dataclass(frozen=True)
class Identity:
    """Accounts over an open database."""

    db: Database
    secret: Secret
    addresses: Addresses
    clock: Clock
    signing: SigningKeys
    tokens: AccessTokens
    keys: KeyOwners
    feed: RevocationFeed
    passwords: Passwords
    guards: Guards
    metrics: AccountMetrics


async def open_identity(
    db: Database, secret: Secret, addresses: Addresses, clock: Clock, metrics: AccountMetrics
) -> Identity:
    """Accounts with a key to sign with; the very first start makes it."""
    signing = SigningKeys(db, secret, clock)
    await signing.open()
    return Identity(
        db=db,
        secret=secret,
        addresses=addresses,
        clock=clock,
        signing=signing,
        tokens=AccessTokens(signing, addresses.issuer, clock),
        keys=KeyOwners(db, clock),
        feed=RevocationFeed(db, clock),
        passwords=Passwords(),
        guards=Guards(db, secret, metrics),
        metrics=metrics,
    )
