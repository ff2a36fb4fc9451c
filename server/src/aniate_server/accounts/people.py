"""How people come in and go: sign-up by mail, passwords, resets, deletion.

Whether an e-mail is known here shows neither in an answer nor in the time it takes: what differs is in the mail.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aniate_server.accounts import audit, people_store, sessions
from aniate_server.accounts.guards import Bucket, network
from aniate_server.accounts.identity import Identity
from aniate_server.accounts.passwords import WeakPassword
from aniate_server.accounts.people_store import MailCode
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.sessions import Machine
from aniate_server.plumbing.errors import AniateError, BadRequest, TooManyAttempts
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.secret import Secret

EMAIL = re.compile(r"[a-z0-9!#$%&'*+/^_`{|}~-][a-z0-9.!#$%&'*+/^_`{|}~-]{0,63}@[a-z0-9](?:[a-z0-9.-]{0,180}[a-z0-9])?")
"""Atoms of RFC 5321 without `=` and `?`, of which headers make other words (RFC 2047)."""
CODE_LIFETIME = timedelta(hours=1)
CODE_PURPOSE = "mail code"
KNOWN_PURPOSE = "known browser"
REFUSED = "E-mail and password do not belong together."


class WrongPassword(AniateError):
    """The same for an unknown e-mail and for a wrong password."""

    code, status = "wrong_password", 403


class CodeSpent(AniateError):
    """A link from a mail that is not good any more."""

    code, status = "code_spent", 410

    def __init__(self) -> None:
        super().__init__("This link was used before, or is too old.", "Ask for a new one.")


@dataclass(frozen=True)
class Entry:
    """Somebody came in by a browser: the login, its cookie, and the cookie by which the browser is known later."""

    session: Session
    cookie: str
    known: str


def valid_email(text: str) -> str:
    """The address in the one spelling that we keep; BadRequest if it is none."""
    email = text.strip().lower()
    if not EMAIL.fullmatch(email) or ".." in email or ".@" in email:
        raise BadRequest("This is no e-mail address.", "It looks like you@example.com.")
    return email


async def ask_for_mail(identity: Identity, purpose: str, email: str, address: str) -> None:
    """A mail with a link to choose a password, for a new account (`verify`) or for the one there is (`reset`).

    Who has an account and asks for one gets a mail that says so; who has none and asks for a reset gets none. Where so
    many went to an address that it needs no more, one of them is still good.
    """
    await identity.guards.count([("mails from", network(address))])
    try:
        await identity.guards.count([(f"{purpose} mail to", email)])
    except TooManyAttempts:
        return
    await people_store.ask_code(identity.db, purpose, fresh_code(identity.secret, email), identity.addresses.web)


async def email_of_code(identity: Identity, code: str, purpose: str, address: str) -> str:
    """The e-mail that a mailed code is good for; CodeSpent if it is not good (any more)."""
    await identity.guards.count([("mail codes from", network(address))])
    email = await people_store.pending_code(identity.db, code_hash(code), purpose)
    if email is None:
        raise CodeSpent
    return email


async def confirm_sign_up(identity: Identity, code: str, password: str, machine: Machine) -> Entry:
    """The account that the code is for, made now, and its first login; WeakPassword leaves the code as it is."""
    email = await email_of_code(identity, code, "verify", machine.address)
    await identity.guards.count([("new passwords for", email)])
    kept = await identity.passwords.hashed(password, email)
    user_id = await people_store.confirm_sign_up(identity.db, code_hash(code), email.partition("@")[0], kept)
    if user_id is None:
        raise CodeSpent
    await audit.note(identity.db, user_id, "signed_up", machine.address)
    return await entered(identity, user_id, email, kept, machine)


async def reset_password(identity: Identity, code: str, password: str, machine: Machine) -> Entry:
    """The new password, all earlier logins ended, and a login here; WeakPassword leaves the code as it is."""
    email = await email_of_code(identity, code, "reset", machine.address)
    await identity.guards.count([("new passwords for", email)])
    kept = await identity.passwords.hashed(password, email)
    user_id = await people_store.reset_password(identity.db, code_hash(code), kept, identity.addresses.web)
    if user_id is None:
        raise CodeSpent
    await audit.note(identity.db, user_id, "password_reset", machine.address)
    return await entered(identity, user_id, email, kept, machine)


async def sign_in(identity: Identity, email: str, password: str, known: str, machine: Machine) -> Entry:
    """A login by password; WrongPassword, whatever of both is wrong. `known` is the browser's cookie, if it has one."""
    user_id, kept = await people_store.credentials(identity.db, email)
    buckets = password_buckets(identity.secret, email, kept, known, machine.address)
    await identity.guards.count(buckets)
    if not await identity.passwords.match(password, kept) or user_id is None or kept is None:
        identity.metrics.passwords_refused.inc()
        raise WrongPassword(REFUSED)
    begun = await sessions.sign_in(identity, user_id, kept, machine)
    if begun is None:  # the password was changed while we looked
        identity.metrics.passwords_refused.inc()
        raise WrongPassword(REFUSED)
    await identity.guards.forgive(buckets)
    await audit.note(identity.db, user_id, "signed_in", machine.address, machine.name)
    return Entry(*begun, known_cookie(identity.secret, email, kept))


async def entered(identity: Identity, user_id: UUID, email: str, kept: str, machine: Machine) -> Entry:
    """A browser's login, and the cookie by which this browser is known for that account from now on."""
    session, cookie = await sessions.start_web(identity, user_id, machine)
    return Entry(session, cookie, known_cookie(identity.secret, email, kept))


async def confirm_password(identity: Identity, session: Session, password: str, address: str) -> str:
    """Whoever sits there must be the owner: what is kept of the password; WrongPassword if not."""
    buckets: list[Bucket] = [("password from a known browser", str(session.id))]
    await identity.guards.count(buckets)
    profile = await people_store.profile(identity.db, session.user_id)
    kept = profile.password_hash if profile else None
    if not await identity.passwords.match(password, kept) or kept is None:
        await audit.note(identity.db, session.user_id, "password_refused", address)
        identity.metrics.passwords_refused.inc()
        raise WrongPassword("This is not your password.")
    await identity.guards.forgive(buckets)
    return kept


async def change_password(identity: Identity, session: Session, current: str, password: str, address: str) -> None:
    """A new password, and all other logins ended; a reset that comes meanwhile goes before it."""
    verified = await confirm_password(identity, session, current, address)
    if password == current:
        raise WeakPassword("This is the password that you have.")
    await identity.guards.count([("password changes of", str(session.user_id))])
    await identity.guards.count([("new passwords for", session.email)])
    kept = await identity.passwords.hashed(password, session.email)
    if not await people_store.change_password(
        identity.db, session.user_id, verified, kept, session.id, identity.addresses.web
    ):
        raise WrongPassword("The password was changed elsewhere meanwhile.", "Sign in again.")
    await audit.note(identity.db, session.user_id, "password_changed", address)


async def delete_account(identity: Identity, session: Session, password: str, address: str) -> None:
    """The end of the account and of what is in it; nothing brings it back."""
    await confirm_password(identity, session, password, address)
    await people_store.delete_account(identity.db, session.user_id, identity.addresses.web)


def password_buckets(secret: Secret, email: str, kept: str | None, known: str, address: str) -> list[Bucket]:
    """What is counted when somebody types a password."""
    where = network(address)
    if is_known(secret, email, kept, known):
        return [
            ("password from a known browser", f"{email}\0{known}"),
            ("passwords from an address", f"known\0{where}"),
        ]
    return [
        ("password from an address", f"{email}\0{where}"),
        ("password of an account", email),
        ("passwords from an address", where),
    ]


def known_cookie(secret: Secret, email: str, kept: str) -> str:
    """A mark that the owner of that account used this browser; it is void when the password changes."""
    nonce = secrets.token_urlsafe(18)
    return f"{nonce}.{known_mac(secret, email, kept, nonce)}"


def is_known(secret: Secret, email: str, kept: str | None, cookie: str) -> bool:
    """Whether we made this mark for that account and its password."""
    nonce, _, mac = cookie.partition(".")
    return hmac.compare_digest(mac.encode(), known_mac(secret, email, kept or "", nonce).encode())


def known_mac(secret: Secret, email: str, kept: str, nonce: str) -> str:
    mac = secret.sign(KNOWN_PURPOSE, f"{nonce}\0{email}\0{kept}".encode())
    return base64.urlsafe_b64encode(mac).decode().rstrip("=")


def fresh_code(secret: Secret, email: str) -> MailCode:
    """A code for that e-mail: what is kept of it. The code itself is made again when the mail is written."""
    code_id = new_id()
    return MailCode(code_id, code_hash(mail_code(secret, code_id)), email, CODE_LIFETIME)


def mail_code(secret: Secret, code_id: UUID) -> str:
    """The code of that id: 256 bits that only the server's secret gives."""
    return base64.urlsafe_b64encode(secret.sign(CODE_PURPOSE, code_id.bytes)).decode().rstrip("=")


def code_hash(code: str) -> bytes:
    """What is kept of a code. Its 256 random bits need no slow hash."""
    return hashlib.sha256(code.encode("utf-8", "surrogatepass")).digest()
