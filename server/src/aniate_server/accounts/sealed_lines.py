"""A conversation's lines, sealed for the one user and the one conversation that they are of."""

from __future__ import annotations

import json
import zlib
from uuid import UUID

import structlog

from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.secret import Secret

log = structlog.get_logger()


def sealed(secret: Secret, user_id: UUID, identity: UUID, lines: list[str]) -> bytes:
    """The lines, packed and encrypted."""
    return secret.seal(purpose(user_id, identity), zlib.compress(json.dumps(lines).encode()))


def opened(secret: Secret, user_id: UUID, identity: UUID, data: bytes) -> list[str] | None:
    """The lines; None if they were sealed with another secret, or for somebody else, or are no such thing at all."""
    try:
        lines: list[str] = json.loads(zlib.decompress(secret.unseal(purpose(user_id, identity), data)))
    except (SetupError, ValueError, zlib.error):
        log.warning("conversation_can_not_be_opened", conversation=identity.hex)
        return None
    return lines


def purpose(user_id: UUID, identity: UUID) -> str:
    """What a conversation is sealed for: put into another's row, it can't be opened."""
    return f"conversation {user_id} {identity}"
