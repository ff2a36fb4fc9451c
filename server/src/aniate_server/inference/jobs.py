"""What the worker does for inference: forget answers that are too old, or too many."""

from __future__ import annotations

from aniate_server.inference import cache_store
from aniate_server.plumbing.db import Database

MAX_BYTES = 256 << 20
"""Of all kept answers together."""


async def purge_answers(db: Database) -> None:
    """Forget what nobody may be given any more, and the oldest of what is beyond MAX_BYTES."""
    await cache_store.purge(db, MAX_BYTES)
