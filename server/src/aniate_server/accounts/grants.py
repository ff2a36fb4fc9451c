"""How `ant` comes to a login: a code that a browser carries back, or a device that waits for a yes given elsewhere.

RFC 6749 with PKCE by S256 (RFC 7636) on a loopback address (RFC 8252), and RFC 8628.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aniate import wire
from aniate_server.accounts import audit, grant_store, sessions
from aniate_server.accounts.grant_store import Authorization, NewDevice, Poll, Redemption, WaitingDevice
from aniate_server.accounts.guards import network
from aniate_server.accounts.identity import Identity
from aniate_server.accounts.oauth_errors import OAuthRefused
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.sessions import LONGEST, UNUSED, Machine, shown
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.secret import Secret

CLIENTS = {wire.CLIENT_ID: "ant"}
"""Who may ask, and what people call it. All are public: none has a secret."""
REDIRECT = re.compile(r"http://(?:127\.0\.0\.1|\[::1\]):([1-9][0-9]{0,4})/callback")
CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
CODE_LIFETIME = timedelta(minutes=1)
DEVICE_LIFETIME = timedelta(minutes=15)
INTERVAL_S = 5
LOST_ANSWER = timedelta(seconds=30)
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
"""No vowels, so that no words come out, and nothing that looks like a figure (RFC 8628, section 6.1)."""
USER_CODE_LETTERS = 8
USER_CODE_PURPOSE = "user code"
TRIES = 5
MAX_PORT = 65535

NOT_GRANTED = {
    "unknown": ("invalid_grant", "This code is unknown or is not good any more."),
    "replayed": ("invalid_grant", "This code was used before, so the login that it gave was ended."),
    "expired": ("invalid_grant", "This code is too old."),
    "client": ("invalid_grant", "This code was given to another client."),
    "redirect": ("invalid_grant", "This code was given for another redirect_uri."),
    "verifier": ("invalid_grant", "The code_verifier does not belong to this code."),
    "ended": ("invalid_grant", "The login in the browser that allowed this has ended."),
    "homeless": ("invalid_grant", "This account has no workspace."),
}
NOT_YET = {
    **NOT_GRANTED,
    "pending": ("authorization_pending", "Nobody has decided yet."),
    "slow_down": ("slow_down", "Asked too often: wait five seconds more each time."),
    "denied": ("access_denied", "The login was refused in the browser."),
    "ended": ("access_denied", "The login in the browser that allowed this has ended."),
    "expired": ("expired_token", "Nobody decided in time. Start again."),
}


@dataclass(frozen=True)
class Asked:
    """What a program asks for through a browser."""

    client: str
    redirect_uri: str
    challenge: str
    state: str
    device_name: str


def known_client(client: str) -> str:
    """What people call the client; OAuthRefused if there is none of that id."""
    if client not in CLIENTS:
        raise OAuthRefused("invalid_client", "There is no client of this client_id.")
    return CLIENTS[client]


def is_loopback_redirect(uri: str) -> bool:
    """Whether it leads to a listener of `ant` on the user's own machine."""
    found = REDIRECT.fullmatch(uri)
    return found is not None and int(found[1]) <= MAX_PORT


async def allow(identity: Identity, session: Session, asked: Asked, address: str) -> str:
    """The code that lets the program in, good for one minute and one try."""
    code = secrets.token_urlsafe(32)
    await grant_store.authorize(
        identity.db,
        Authorization(
            hash=hash_of(code),
            user_id=session.user_id,
            client=asked.client,
            redirect_uri=asked.redirect_uri,
            challenge=asked.challenge,
            device_name=shown(asked.device_name),
            by_session=session.id,
            lifetime=CODE_LIFETIME,
        ),
    )
    await audit.note(identity.db, session.user_id, "login_allowed", address, shown(asked.device_name))
    return code


async def redeem_code(
    identity: Identity, client: str, code: str, redirect_uri: str, verifier: str, machine: Machine
) -> wire.Tokens:
    """The login that the code gives; OAuthRefused, in one sentence, if it gives none."""
    known_client(client)
    if not VERIFIER.fullmatch(verifier):
        raise OAuthRefused("invalid_request", "code_verifier must be 43 to 128 letters, figures or any of -._~")
    if not is_loopback_redirect(redirect_uri):
        raise OAuthRefused(*NOT_GRANTED["redirect"])
    await identity.guards.count([("codes from", network(machine.address))])
    outcome, session, owner = await grant_store.redeem_code(
        identity.db,
        Redemption(
            hash=hash_of(code),
            client=client,
            redirect_uri=redirect_uri,
            challenge=challenge_of(verifier),
            session_id=new_id(),
            program=shown(machine.client),
            address=machine.address[:100],
            lifetime=UNUSED["cli"],
            longest=LONGEST["cli"],
        ),
    )
    if outcome == "replayed" and owner is not None:
        await audit.note(identity.db, owner, "code_replayed", machine.address)
    if session is None:
        raise OAuthRefused(*NOT_GRANTED[outcome])
    return await began(identity, session)


async def open_device(identity: Identity, client: str, machine: Machine) -> wire.DeviceAuthorization:
    """A device begins to wait for somebody who types its letters into a browser."""
    known_client(client)
    await identity.guards.count([("devices from", network(machine.address))])
    device_code = secrets.token_urlsafe(32)
    for _ in range(TRIES):
        user_code = "".join(secrets.choice(LETTERS) for _ in range(USER_CODE_LETTERS))
        new = NewDevice(
            device_hash=hash_of(device_code),
            user_code_hash=user_code_hash(identity.secret, user_code),
            client=client,
            device_name=shown(machine.name),
            program=shown(machine.client),
            address=machine.address[:100],
            lifetime=DEVICE_LIFETIME,
            interval_s=INTERVAL_S,
        )
        if await grant_store.open_device(identity.db, new):
            page, letters = f"{identity.addresses.web}/device", spelled(user_code)
            seconds = int(DEVICE_LIFETIME.total_seconds())
            return wire.DeviceAuthorization(device_code, letters, page, f"{page}?code={letters}", seconds, INTERVAL_S)
    raise OAuthRefused("temporarily_unavailable", "Too many devices wait at this moment.")


async def waiting_device(identity: Identity, user_id: UUID, user_code: str, address: str) -> WaitingDevice | None:
    """What waits with those letters; who guesses is held back."""
    await identity.guards.count([("device codes by", str(user_id)), ("codes from", network(address))])
    return await grant_store.waiting_device(identity.db, user_code_hash(identity.secret, letters_of(user_code)))


async def decide_device(identity: Identity, session: Session, user_code: str, allowed: bool, address: str) -> bool:
    """Let the device in or not; False if it does not wait any more."""
    device = await waiting_device(identity, session.user_id, user_code, address)
    mark = user_code_hash(identity.secret, letters_of(user_code))
    if device is None or not await grant_store.decide_device(identity.db, mark, session.user_id, allowed, session.id):
        return False
    event = "login_allowed" if allowed else "login_denied"
    await audit.note(identity.db, session.user_id, event, address, device.device_name)
    return True


async def poll_device(identity: Identity, client: str, device_code: str, machine: Machine) -> wire.Tokens:
    """The login, once it is allowed; OAuthRefused, with RFC 8628's words, until then and if it never is."""
    known_client(client)
    outcome, session = await grant_store.poll_device(
        identity.db,
        Poll(
            device_hash=hash_of(device_code),
            client=client,
            session_id=new_id(),
            program=shown(machine.client),
            address=machine.address[:100],
            lifetime=UNUSED["cli"],
            longest=LONGEST["cli"],
            grace=LOST_ANSWER,
        ),
    )
    if session is None:
        raise OAuthRefused(*NOT_YET[outcome])
    if outcome == "repeated":
        return await sessions.tokens_for(identity, session)
    return await began(identity, session)


async def began(identity: Identity, session: Session) -> wire.Tokens:
    """The tokens of a login that has just begun."""
    identity.metrics.logins["cli",].inc()
    await audit.note(identity.db, session.user_id, "logged_in", session.address, session.name)
    return await sessions.tokens_for(identity, session)


def challenge_of(verifier: str) -> str:
    """RFC 7636, section 4.2: S256."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode("ascii")).digest()).decode().rstrip("=")


def hash_of(code: str) -> bytes:
    """What is kept of a code of 256 random bits."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()


def user_code_hash(secret: Secret, letters: str) -> bytes:
    """What is kept of the few letters: without the server's secret they can't be guessed from it."""
    return secret.sign(USER_CODE_PURPOSE, letters.encode("utf-8", "surrogatepass"))


def letters_of(typed: str) -> str:
    """What was typed, without case, blanks and hyphens."""
    return "".join(letter for letter in typed.upper()[:40] if letter.isalnum())


def spelled(letters: str) -> str:
    """As people read it: in two groups."""
    return f"{letters[:4]}-{letters[4:]}"
