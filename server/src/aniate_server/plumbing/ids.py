"""Identifiers: UUIDv7, so that newer rows sort after older ones and indexes stay compact."""

from __future__ import annotations

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A fresh UUIDv7. Python 3.11 and PostgreSQL 17 have none of their own."""
    return uuid7()
