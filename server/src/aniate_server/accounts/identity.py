"""What the accounts' modules work with: built once at start, handed down."""

from __future__ import annotations

from dataclasses import dataclass

from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Addresses


@dataclass(frozen=True)
class Identity:
    """Accounts over an open database."""

    db: Database
    secret: Secret
    addresses: Addresses
    clock: Clock
