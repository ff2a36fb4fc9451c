"""Access tokens: nobody but us makes one, and a change of keys costs nobody a 401."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from aniate import wire
from aniate_server.accounts import session_store, sessions
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import Unavailable
from server.tests.accounts.test_sessions import get, logged_in, sql
from server.tests.data.cluster import MakeTenant
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio


def claims_of(token: str) -> dict[str, Any]:
    part = token.split(".")[1]
    return dict(json.loads(base64.urlsafe_b64decode(part + "==")))


def url_safe(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def coded(part: dict[str, Any]) -> str:
    return url_safe(json.dumps(part).encode())


async def forged(gateway: Gateway, token: str, kind: str) -> str:
    """A token like the true one but for what `kind` says."""
    kid, key = await gateway.services.identity.signing.signing()
    head, claims = {"alg": "ES256", "kid": kid, "typ": "JWT"}, claims_of(token)
    now = int(gateway.services.clock.now().timestamp())
    if kind in ("HS256 by the PEM", "HS256 by the JWK"):
        public = key.as_pem(private=False) if kind.endswith("PEM") else json.dumps(key.as_dict(private=False)).encode()
        said = ".".join(coded(part) for part in ({**head, "alg": "HS256"}, claims))
        return f"{said}.{url_safe(hmac.digest(public, said.encode(), 'sha256'))}"
    if kind == "alg none":
        return ".".join([coded({"alg": "none", "kid": kid}), coded(claims), ""])
    changes: dict[str, dict[str, Any]] = {
        "expired": {"exp": now - 120},
        "not yet valid": {"nbf": now + 600},
        "made in the future": {"iat": now + 600},
        "wrong audience": {"aud": "anon"},
        "wrong issuer": {"iss": "https://elsewhere.example"},
        "without a session": {"session_id": ""},
    }
    if kind in changes:
        return jwt.encode(head, {**claims, **changes[kind]}, key, algorithms=["ES256"])
    stranger = ECKey.generate_key("P-256")
    kid = "stranger" if kind == "foreign kid" else kid
    return jwt.encode({**head, "kid": kid}, claims, stranger, algorithms=["ES256"])


KINDS = (
    "alg none", "HS256 by the PEM", "HS256 by the JWK", "foreign kid", "foreign key", "expired", "not yet valid",
    "made in the future", "wrong audience", "wrong issuer", "without a session",
)  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
async def test_a_token_that_we_did_not_make_so_is_refused(gateway: Gateway, tenant: MakeTenant, kind: str) -> None:
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    assert (await get(gateway, wire.WHOAMI_PATH, tokens.access_token))[0] == 200
    status, refused = await get(gateway, wire.WHOAMI_PATH, await forged(gateway, tokens.access_token, kind))
    assert (status, refused["error"]["code"]) == (401, "not_authenticated")


@pytest.mark.parametrize("token", ["x", "a.b.c", "...", "e30.e30.e30", "." * 5000, "A" * 9000 + ".A.A"])
async def test_garbage_is_refused(gateway: Gateway, token: str) -> None:
    assert (await get(gateway, wire.WHOAMI_PATH, token))[0] == 401


async def test_a_token_ends_with_its_hour_although_it_is_remembered(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    await get(gateway, wire.WHOAMI_PATH, tokens.access_token)
    caller, _ = identity.tokens._remembered[tokens.access_token]
    identity.tokens._remembered[tokens.access_token] = caller, identity.clock.now().timestamp() - 1
    identity.tokens._issuer = "https://elsewhere.example"  # what is checked anew now fails
    assert (await get(gateway, wire.WHOAMI_PATH, tokens.access_token))[0] == 401


async def test_keys_change_under_load_without_a_refusal(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    session, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    statuses: list[int] = []
    kids: set[str] = set()
    over = asyncio.Event()

    async def ask() -> None:
        while not over.is_set():
            fresh = await sessions.tokens_for(identity, session)
            kids.add(json.loads(base64.urlsafe_b64decode(fresh.access_token.split(".")[0] + "=="))["kid"])
            answers = [await get(gateway, wire.WHOAMI_PATH, each) for each in (fresh.access_token, tokens.access_token)]
            statuses.extend(status for status, _ in answers)

    asking = [asyncio.create_task(ask()) for _ in range(4)]
    for _ in range(3):
        assert await identity.signing.rotate(published=timedelta(milliseconds=200))
        await asyncio.sleep(0.4)
    over.set()
    await asyncio.gather(*asking)
    assert set(statuses) == {200} and len(kids) == 4


async def test_a_new_key_is_published_before_it_signs(gateway: Gateway) -> None:
    signing = gateway.services.identity.signing
    first, _ = await signing.signing()
    assert await signing.rotate()
    assert (await signing.signing())[0] == first
    async with gateway.http.get(f"{gateway.url}/.well-known/jwks.json") as answer:
        keys = (await answer.json())["keys"]
        assert "max-age" in answer.headers["cache-control"]
    assert len(keys) == 2 and first in {key["kid"] for key in keys}
    assert all("d" not in key for key in keys)


async def test_processes_that_start_at_once_end_with_one_key(gateway: Gateway) -> None:
    sql(gateway, "delete from accounts.signing_keys")
    from aniate_server.accounts.signing_keys import SigningKeys

    services = gateway.services
    many = [SigningKeys(services.db, services.identity.secret, services.clock) for _ in range(5)]
    await asyncio.gather(*(each.open() for each in many))
    assert len({(await each.signing())[0] for each in many}) == 1


async def test_the_private_half_is_sealed_and_another_secret_does_not_open_it(gateway: Gateway) -> None:
    from aniate_server.accounts.signing_keys import SigningKeys
    from aniate_server.plumbing.errors import SetupError
    from aniate_server.plumbing.secret import Secret

    other = SigningKeys(gateway.services.db, Secret(uuid4().bytes * 2), gateway.services.clock)
    with pytest.raises(SetupError, match="another secret"):
        await other.open()


async def test_a_worker_with_another_secret_adds_no_key(gateway: Gateway) -> None:
    from aniate_server.accounts.jobs import rotate_signing_key
    from aniate_server.plumbing.errors import SetupError
    from aniate_server.plumbing.secret import Secret

    sql(gateway, "update accounts.signing_keys set signs_from = now() - interval '100 days'")
    stranger = Secret(uuid4().bytes * 2)
    with pytest.raises(SetupError, match="another secret"):
        await rotate_signing_key(gateway.services.db, stranger)
    assert len(await session_store.signing_keys(gateway.services.db)) == 1
    sql(gateway, "delete from accounts.signing_keys")
    await rotate_signing_key(gateway.services.db, stranger)
    assert await session_store.signing_keys(gateway.services.db) == []


async def test_a_token_is_not_good_beyond_the_end_of_its_login(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    assert tokens.expires_in == 3600
    sql(gateway, "update accounts.sessions set ends_at = now() + interval '90 seconds'")
    renewed = await sessions.refresh(identity, tokens.refresh_token, "::1")
    assert 80 < renewed.expires_in <= 90
    claims = claims_of(renewed.access_token)
    assert claims["exp"] - claims["iat"] == renewed.expires_in


async def test_known_keys_serve_while_the_database_is_away(
    gateway: Gateway, tenant: MakeTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = gateway.services.identity
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)

    async def away(_: Database) -> list[session_store.StoredKey]:
        raise Unavailable("The database cannot be reached.")

    monkeypatch.setattr(session_store, "signing_keys", away)
    identity.signing._read_at = float("-inf")
    assert (await identity.tokens.caller(tokens.access_token)).email == "ada@example.com"
    async with gateway.http.get(f"{gateway.url}/.well-known/jwks.json") as answer:
        assert answer.status == 200 and len((await answer.json())["keys"]) == 1


async def test_a_login_is_ended_by_its_access_token_too(gateway: Gateway, tenant: MakeTenant) -> None:
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    await sessions.revoke(gateway.services.identity, tokens.access_token, "::1")
    assert (await get(gateway, wire.WHOAMI_PATH, tokens.access_token))[0] == 401
    await sessions.revoke(gateway.services.identity, "no token at all", "::1")
