"""Logins: a session, its short access tokens, and the refresh token that is changed at each use.

A refresh token is the session, a generation and a MAC over both, so nothing of it lies in the database. The
generation before, at most GRACE old, gets the same successor again: its answer was lost. Anything older was
stolen, or its successor was, and ends the session.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aniate import wire
from aniate_server.accounts import audit, session_store
from aniate_server.accounts.identity import Identity
from aniate_server.accounts.oauth_errors import OAuthRefused
from aniate_server.accounts.session_store import NewSession, Session
from aniate_server.plumbing.errors import NotAuthenticated, NotFound
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.secret import Secret

REFRESH_PREFIX = "aniate_rt_"
PURPOSE = "refresh"
GRACE = timedelta(seconds=30)
UNUSED = {"cli": timedelta(days=90), "web": timedelta(days=14)}
"""A login that is not used for so long ends."""
LONGEST = {"cli": timedelta(days=365), "web": timedelta(days=90)}
MAX_TEXT = 200


@dataclass(frozen=True)
class Machine:
    """What logs in: the machine's name, its client, and the network address that it comes from."""

    name: str
    client: str
    address: str


async def start(identity: Identity, user_id: UUID, machine: Machine) -> Session:
    """A login of `ant`, in the user's own workspace; NotFound if there is none."""
    return await begin(identity, user_id, machine, "cli", None)


async def start_web(identity: Identity, user_id: UUID, machine: Machine) -> tuple[Session, str]:
    """A login of a browser, and its cookie's value, of which only the SHA-256 is kept."""
    cookie = secrets.token_urlsafe(32)
    return await begin(identity, user_id, machine, "web", cookie_hash(cookie)), cookie


async def sign_in(identity: Identity, user_id: UUID, verified: str, machine: Machine) -> tuple[Session, str] | None:
    """As `start_web`, by the password that `verified` was made of; None if that was changed meanwhile."""
    cookie = secrets.token_urlsafe(32)
    session = await session_store.sign_in(
        identity.db, new_session(user_id, machine, "web", cookie_hash(cookie)), verified
    )
    if session is None:
        return None
    identity.metrics.logins["web",].inc()
    return session, cookie


async def begin(identity: Identity, user_id: UUID, machine: Machine, kind: str, secret_hash: bytes | None) -> Session:
    """A login of that kind."""
    session = await session_store.start(identity.db, new_session(user_id, machine, kind, secret_hash))
    if session is None:
        raise NotFound("This account has no workspace.")
    identity.metrics.logins[kind,].inc()
    return session


def new_session(user_id: UUID, machine: Machine, kind: str, secret_hash: bytes | None) -> NewSession:
    """What a login of that kind begins with."""
    return NewSession(
        id=new_id(),
        user_id=user_id,
        workspace_id=None,
        kind=kind,
        name=shown(machine.name),
        client=shown(machine.client),
        address=machine.address[:100],
        lifetime=UNUSED[kind],
        longest=LONGEST[kind],
        secret_hash=secret_hash,
    )


async def web_session(identity: Identity, cookie: str) -> Session | None:
    """The login of a browser; None if it has ended."""
    return await session_store.of_cookie(identity.db, cookie_hash(cookie)) if cookie else None


async def tokens_for(identity: Identity, session: Session) -> wire.Tokens:
    """An access token, and the refresh token of the session's generation."""
    access_token, lifetime_s = await identity.tokens.issue(session)
    return wire.Tokens(
        access_token=access_token,
        refresh_token=refresh_token(identity.secret, session.id, session.generation),
        expires_in=lifetime_s,
    )


async def refresh(identity: Identity, token: str, address: str) -> wire.Tokens:
    """The next tokens; OAuthRefused if the login is over."""
    try:
        session_id, generation = parsed(identity.secret, token)
    except OAuthRefused:
        identity.metrics.refreshes["unknown",].inc()
        raise
    outcome, session, owner = await session_store.rotate(identity.db, session_id, generation, GRACE)
    identity.metrics.refreshes[outcome,].inc()
    if outcome == "reused" and owner is not None:
        await audit.note(identity.db, owner, "login_reused", address, str(session_id))
        raise OAuthRefused("invalid_grant", "This login was used from two places, so it was ended everywhere.")
    if session is None:
        raise OAuthRefused("invalid_grant", "This login has ended.")
    return await tokens_for(identity, session)


async def revoke(identity: Identity, token: str, address: str) -> None:
    """End the login that a refresh or access token is of; what is no token of ours is fine (RFC 7009)."""
    session: Session | None = None
    if token.startswith(REFRESH_PREFIX):
        try:
            session = await session_store.live(identity.db, parsed(identity.secret, token)[0])
        except OAuthRefused:
            return
    else:
        try:
            caller = await identity.tokens.caller(token)
        except NotAuthenticated:
            return
        if caller.session_id:
            session = await session_store.live(identity.db, caller.session_id)
    if session is not None and await session_store.end(identity.db, session.id, session.user_id):
        await audit.note(identity.db, session.user_id, "login_ended", address, session.name)


async def listed(identity: Identity, user_id: UUID) -> list[Session]:
    """The user's logins, the one used last first."""
    return await session_store.listed(identity.db, user_id)


async def end(identity: Identity, user_id: UUID, session_id: UUID, address: str) -> bool:
    """End one of the user's logins; False if there is no such one."""
    session = await session_store.live(identity.db, session_id)
    if session is None or not await session_store.end(identity.db, session_id, user_id):
        return False
    await audit.note(identity.db, user_id, "login_ended", address, session.name)
    return True


async def end_all(identity: Identity, user_id: UUID, address: str, kept: UUID | None = None) -> int:
    """End the user's logins but the one that is kept; how many."""
    ended = await session_store.end_all(identity.db, user_id, kept)
    if ended:
        await audit.note(identity.db, user_id, "logins_ended", address, str(ended))
    return ended


def refresh_token(secret: Secret, session_id: UUID, generation: int) -> str:
    """The refresh token of a generation."""
    data = session_id.bytes + generation.to_bytes(4, "big")
    return REFRESH_PREFIX + base64.urlsafe_b64encode(data + secret.sign(PURPOSE, data)).decode().rstrip("=")


def parsed(secret: Secret, token: str) -> tuple[UUID, int]:
    """Session and generation of a refresh token; OAuthRefused if we did not make it."""
    text = token.removeprefix(REFRESH_PREFIX)
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raw = b""
    data, mac = raw[:20], raw[20:]
    if not token.startswith(REFRESH_PREFIX) or not hmac.compare_digest(mac, secret.sign(PURPOSE, data)):
        raise OAuthRefused("invalid_grant", "This is no refresh token of this server.")
    return UUID(bytes=data[:16]), int.from_bytes(data[16:], "big")


def cookie_hash(cookie: str) -> bytes:
    """What is kept of a cookie."""
    return hashlib.sha256(cookie.encode()).digest()


def shown(text: str) -> str:
    """A name from outside as it may stand in a line, on a page and in the database."""
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:MAX_TEXT] or "unknown"
