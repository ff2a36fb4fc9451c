"""What the fixtures on PostgreSQL hand out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.ids import new_id
from aniate_server.usage.store import OpenRequest


@dataclass(frozen=True)
class Cluster:
    """The running server. `migrator` is like Supabase's `postgres`: it may make roles, and is no superuser."""

    server: EmbeddedPostgres

    def superuser_url(self, database: str) -> str:
        return on(self.server.superuser_url, database)

    def server_url(self, database: str) -> str:
        return on(self.server.server_url, database)

    def migrator_url(self, database: str) -> str:
        host = urlsplit(self.server.superuser_url).query
        return f"postgresql://migrator:migrator@/{database}?{host}"


@dataclass(frozen=True)
class TestDatabase:
    """One database and the ways into it."""

    __test__ = False
    name: str
    superuser_url: str
    migrator_url: str
    server_url: str


@dataclass(frozen=True)
class Tenant:
    """A user, the workspace that the user owns, and a key to it."""

    user_id: UUID
    email: str
    workspace_id: UUID
    workspace: str
    key_id: UUID
    key: str


def on(url: str, database: str) -> str:
    """The same login to another database."""
    return urlsplit(url)._replace(path=f"/{database}").geturl()


MakeTenant = Callable[..., Awaitable[Tenant]]
"""Called with a name, or without one."""


def request_of(tenant: Tenant, **changes: Any) -> OpenRequest:
    """A request at 0.075 micro-USD for each token of input and 0.3 for each of output."""
    row = OpenRequest(
        request_id=new_id(),
        workspace_id=tenant.workspace_id,
        user_id=tenant.user_id,
        key_id=tenant.key_id,
        brew="what",
        model="fast",
        provider="groq",
        upstream_model="openai/gpt-oss-20b",
        prompt_version="v1",
        input_price=75_000,
        output_price=300_000,
        input_tokens_estimate=1_000,
        max_input_tokens=2_000,
        max_output_tokens=8_192,
        holder=new_id(),
    )
    return replace(row, **changes)
