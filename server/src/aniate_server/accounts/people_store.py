"""Passwords, mailed codes, mail to be sent, attempts and the audit log, through the functions of schema `accounts`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from aniate_server.plumbing.db import Database
from aniate_server.plumbing.ids import new_id


@dataclass(frozen=True)
class MailCode:
    """A code that is mailed: what is kept of it."""

    id: UUID
    hash: bytes
    email: str
    lifetime: timedelta


@dataclass(frozen=True)
class Mail:
    """A mail to be sent."""

    id: UUID
    kind: str
    email: str
    code_id: UUID | None
    web: str


@dataclass(frozen=True)
class Profile:
    """One's own account. `password_hash` is None until a password was chosen."""

    email: str
    name: str
    created_at: datetime
    email_verified_at: datetime | None
    password_hash: str | None


@dataclass(frozen=True)
class Event:
    """Something that happened to an account; what the codes mean is in `audit`."""

    at: datetime
    event: str
    address: str
    detail: str


async def ask_code(db: Database, purpose: str, code: MailCode, web: str) -> None:
    """Keep the code and let it be mailed; `purpose` is `verify` or `reset`."""
    await db.one(
        "select accounts.ask_code(%(purpose)s, %(id)s, %(hash)s, %(email)s, %(lifetime)s, %(mail)s, %(web)s)",
        {**vars(code), "purpose": purpose, "mail": new_id(), "web": web},
    )


async def pending_code(db: Database, code_hash: bytes, purpose: str) -> str | None:
    """The e-mail that the code is good for."""
    row = await db.one("select email from accounts.pending_code(%(h)s, %(p)s)", {"h": code_hash, "p": purpose})
    return str(row["email"]) if row else None


async def confirm_sign_up(db: Database, code_hash: bytes, name: str, password_hash: str) -> UUID | None:
    """The new user, with a workspace of that name; None if the code is not good any more."""
    row = await db.one(
        "select accounts.confirm_sign_up(%(code)s, %(user)s, %(name)s, %(password)s, %(workspace)s) as id",
        {"code": code_hash, "user": new_id(), "name": name, "password": password_hash, "workspace": new_id()},
    )
    return row["id"] if row else None


async def reset_password(db: Database, code_hash: bytes, password_hash: str, web: str) -> UUID | None:
    """Whose password was changed, and all logins ended; None if the code is not good any more."""
    row = await db.one(
        "select accounts.reset_password(%(code)s, %(password)s, %(mail)s, %(web)s) as id",
        {"code": code_hash, "password": password_hash, "mail": new_id(), "web": web},
    )
    return row["id"] if row else None


async def change_password(db: Database, user_id: UUID, verified: str, password_hash: str, kept: UUID, web: str) -> bool:
    """Change it, and end all logins but the one that is kept; False if `verified` is not what is kept any more."""
    row = await db.one(
        "select accounts.change_password(%(user)s, %(verified)s, %(password)s, %(kept)s, %(mail)s, %(web)s) as changed",
        {
            "user": user_id,
            "verified": verified,
            "password": password_hash,
            "kept": kept,
            "mail": new_id(),
            "web": web,
        },
    )
    return bool(row and row["changed"])


async def credentials(db: Database, email: str) -> tuple[UUID | None, str | None]:
    """The user of that e-mail and what is kept of the password; (None, None) if there is none."""
    row = await db.one("select * from accounts.credentials(%(email)s)", {"email": email})
    return (row["user_id"], row["password_hash"]) if row else (None, None)


async def profile(db: Database, user_id: UUID) -> Profile | None:
    """The account; None if it is gone."""
    row = await db.one("select * from accounts.profile(%(id)s)", {"id": user_id})
    return Profile(**row) if row else None


async def attempt(db: Database, buckets: list[bytes], limits: list[int], windows: list[timedelta]) -> int:
    """Count one attempt in each bucket: the seconds until the first full one is empty, or 0."""
    row = await db.one(
        "select accounts.attempt(%(buckets)s, %(limits)s, %(windows)s) as wait_s",
        {"buckets": buckets, "limits": limits, "windows": windows},
    )
    return int(row["wait_s"]) if row else 0


async def forgive(db: Database, buckets: list[bytes]) -> None:
    """Take one attempt back."""
    await db.one("select accounts.forgive(%(buckets)s)", {"buckets": buckets})


async def due_mails(db: Database, at_most: int) -> list[Mail]:
    """What is to be sent now; each comes again later unless `mail_sent` is called."""
    rows = await db.all("select id, kind, email, code_id, web from accounts.due_mails(%(n)s)", {"n": at_most})
    return [Mail(**row) for row in rows]


async def mail_sent(db: Database, mail_id: UUID) -> None:
    """It need not be sent again."""
    await db.one("select accounts.mail_sent(%(id)s)", {"id": mail_id})


async def mails_waiting(db: Database) -> int:
    """How many are not sent yet."""
    row = await db.one("select accounts.mails_waiting() as waiting")
    return int(row["waiting"]) if row else 0


async def audit(db: Database, user_id: UUID, event: str, address: str, detail: str) -> None:
    """Note what happened to the account."""
    await db.one(
        "select accounts.audit(%(id)s, %(user)s, %(event)s, %(address)s, %(detail)s)",
        {"id": new_id(), "user": user_id, "event": event, "address": address, "detail": detail},
    )


async def audit_log(db: Database, user_id: UUID, at_most: int) -> list[Event]:
    """What happened to the account, newest first."""
    rows = await db.all("select * from accounts.audit_log(%(user)s, %(n)s)", {"user": user_id, "n": at_most})
    return [Event(**row) for row in rows]


async def workspaces_of(db: Database, user_id: UUID) -> list[dict[str, Any]]:
    """The user's workspaces, with the user's role in each."""
    return await db.all("select * from accounts.workspaces_of(%(id)s)", {"id": user_id})


async def assistants_of(db: Database, user_id: UUID, workspace_id: UUID) -> list[dict[str, Any]]:
    """The workspace's assistants, whole, under the user's own rights."""
    return await db.all_as_user(
        user_id,
        workspace_id,
        "select name, prompt, model, summary, version, created_at, updated_at from aniate.assistants"
        " where workspace_id = %(id)s order by name",
        {"id": workspace_id},
    )


async def conversations_of(db: Database, user_id: UUID, workspace_id: UUID, after: int) -> list[dict[str, Any]]:
    """The user's own conversations, as far as they are kept here; sealed, and only the next few in their order."""
    return await db.all_as_user(
        user_id,
        workspace_id,
        "select id, sealed, sequence, updated_at from aniate.conversations"
        " where user_id = %(user)s and sealed is not null and sequence > %(after)s order by sequence limit 8",
        {"user": user_id, "after": after},
    )


async def commands_of(db: Database, user_id: UUID, workspace_id: UUID) -> list[dict[str, Any]]:
    """The workspace's brewed commands, whole, under the user's own rights."""
    return await db.all_as_user(
        user_id,
        workspace_id,
        "select c.name, c.description, c.kind, c.arguments, c.body, c.may, c.version, c.created_at, c.updated_at,"
        " s.code as shared_by_code from aniate.brewed_commands c"
        " left join aniate.shared_commands s using (workspace_id, name)"
        " where c.workspace_id = %(id)s order by c.name",
        {"id": workspace_id},
    )


async def usage_of(db: Database, user_id: UUID, workspace_id: UUID) -> list[dict[str, Any]]:
    """What the user asked in the workspace, as far as it is kept: never the words."""
    return await db.all_as_user(
        user_id,
        workspace_id,
        "select id, brew, model, state, input_tokens, cached_input_tokens, output_tokens, cost_micro_usd, outcome,"
        " estimated, opened_at, closed_at from aniate.usage where workspace_id = %(id)s and user_id = %(user)s"
        " order by opened_at",
        {"id": workspace_id, "user": user_id},
    )


async def delete_account(db: Database, user_id: UUID, web: str) -> None:
    """Delete the user and what is theirs alone; the books stay."""
    await db.one(
        "select accounts.delete_account(%(id)s, %(mail)s, %(web)s)", {"id": user_id, "mail": new_id(), "web": web}
    )


async def purge(db: Database) -> None:
    """Forget what is over."""
    await db.one("select accounts.purge_people()")
