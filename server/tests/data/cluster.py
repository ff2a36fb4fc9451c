"""What the fixtures on PostgreSQL hand out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import msgspec

from aniate_server.accounts import store as accounts
from aniate_server.accounts.caller import Caller
from aniate_server.limits.standing import Standing
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import AniateError, NotFound
from aniate_server.plumbing.ids import new_id
from aniate_server.usage import store
from aniate_server.usage.store import Closed, OpenRequest, Settlement


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


async def open_request(db: Database, row: OpenRequest) -> Standing:
    """Open it alone; raises what is in the way."""
    [opened] = await store.open_requests(db, [row])
    if isinstance(opened, AniateError):
        raise opened
    return opened


async def settle(
    db: Database,
    request_id: UUID,
    input_tokens: int,
    output_tokens: int,
    outcome: str,
    estimated: bool,
    cached: tuple[int, int | None] = (0, None),
) -> Closed:
    """Settle it alone; NotFound if there is no such request. `cached`: how many tokens, and their price."""
    ended = Settlement(request_id, input_tokens, output_tokens, outcome, estimated, *cached)
    found = await store.settle_requests(db, [ended])
    if request_id not in found:
        raise NotFound("There is no such request.")
    return found[request_id]


OPEN = "select request_id, standing, refused, known from ledger.open_requests(%s::jsonb)"
SETTLE = "select request_id, cost_micro_usd from ledger.settle_requests(%s::jsonb)"


def opening(request: UUID, caller: tuple[UUID, UUID, UUID], **numbers: object) -> dict[str, object]:
    """One request for `OPEN`, asked with a key; `caller` is workspace, user and key."""
    workspace, user, key = caller
    names = dict.fromkeys(("brew", "model", "provider", "upstream_model", "prompt_version", "route"), "x")
    whose = {"request_id": request, "workspace_id": workspace, "user_id": user, "key_id": key, "session_id": None}
    return {**whose, **names, "input_tokens_estimate": 1, **numbers}


def settling(
    request: UUID, tokens: tuple[int, int], outcome: str, estimated: bool, cached: tuple[int, int | None] | None = None
) -> dict[str, object]:
    """One settlement for `SETTLE`. `cached`: how many tokens, and their price; None as by an older process."""
    told = {"request_id": request, "input_tokens": tokens[0], "output_tokens": tokens[1]}
    more = {} if cached is None else {"cached_input_tokens": cached[0], "cached_price": cached[1]}
    return {**told, "outcome": outcome, "estimated": estimated, **more}


def as_json(rows: list[dict[str, object]]) -> str:
    """What the functions of the ledger take."""
    return msgspec.json.encode(rows).decode()


async def owner_of(db: Database, key: str) -> Caller | None:
    """Whom the key belongs to; None if it is unknown or revoked."""
    return next(iter((await accounts.key_owners(db, [accounts.hash_of(key)])).values()), None)
