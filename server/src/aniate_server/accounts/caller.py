"""Who asks, however they proved it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class Caller:
    """A user in a workspace. `name` is what the user calls the key or the machine that asks.

    One of `key_id` and `session_id` is set: an API key, or a login.
    """

    user_id: UUID
    email: str
    workspace_id: UUID
    workspace: str
    plan: str
    name: str
    key_id: UUID | None = None
    session_id: UUID | None = None
