"""What the server writes to people, and the job that sends it."""

from __future__ import annotations

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import structlog

from aniate_server.accounts import people_store
from aniate_server.accounts.mail_delivery import Undeliverable, deliver
from aniate_server.accounts.people import CODE_LIFETIME, mail_code
from aniate_server.accounts.people_store import Mail
from aniate_server.plumbing.clock import Clock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.metrics import AccountMetrics, Metrics
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Settings

AT_ONCE = 20
MAIL_EVERY_S = 1.0
COUNT_EVERY_S = 10.0
MINUTES = int(CODE_LIFETIME.total_seconds() // 60)

log = structlog.get_logger()

TEXTS = {
    "verify": (
        "Confirm your e-mail address",
        (
            "Somebody, probably you, wants an Aniate account with this address.\n\n"
            "Confirm it and choose a password here:\n\n  {web}/verify?code={code}\n\n"
            "The link is good for {minutes} minutes, once. If it was not you, do nothing: no account is made.\n"
        ),
    ),
    "known": (
        "You have an Aniate account",
        (
            "Somebody, probably you, asked for a new Aniate account with this address. There is one already.\n\n"
            "Sign in here:\n\n  {web}/sign-in\n\nIf the password is lost, choose a new one:\n\n  {web}/reset\n"
        ),
    ),
    "reset": (
        "Choose a new password",
        (
            "Somebody, probably you, asked for a new password for the Aniate account with this address.\n\n"
            "Choose one here:\n\n  {web}/reset/new?code={code}\n\n"
            "The link is good for {minutes} minutes, once, and ends all your other logins.\n"
            "If it was not you, do nothing: your password stays as it is.\n"
        ),
    ),
    "changed": (
        "Your password was changed",
        (
            "The password of your Aniate account was changed, and all other logins were ended.\n"
            "API keys stay as they are; they are shown here:\n\n  {web}/account\n\n"
            "If it was not you, choose a new one now:\n\n  {web}/reset\n"
        ),
    ),
    "deleted": (
        "Your account was deleted",
        "Your Aniate account and what was in it were deleted, as you asked. There is nothing left to do.\n",
    ),
}


def written(mail: Mail, sender: str, secret: Secret, clock: Clock) -> EmailMessage:
    """The mail as it is sent."""
    subject, text = TEXTS[mail.kind]
    code = mail_code(secret, mail.code_id) if mail.code_id else ""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = Address(addr_spec=mail.email)
    message["Subject"] = f"{subject} · Aniate" if "Aniate" not in subject else subject
    message["Date"] = format_datetime(clock.now())
    message["Message-ID"] = f"<{mail.id}@{sender.rpartition('@')[2].rstrip('>')}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.format(web=mail.web, code=code, minutes=MINUTES), cte="quoted-printable")
    return message


async def send_due(
    settings: Settings, db: Database, secret: Secret, clock: Clock, metrics: AccountMetrics | None = None
) -> None:
    """Send what is due. What can't be delivered comes again later, each time after a longer pause, for a day."""
    mails = (metrics or Metrics().accounts).mails
    for mail in await people_store.due_mails(db, AT_ONCE):
        if await is_delivered(settings, mail, secret, clock):
            await people_store.mail_sent(db, mail.id)
            mails[mail.kind, "sent"].inc()
        else:
            mails[mail.kind, "failed"].inc()


async def count_waiting(db: Database, metrics: AccountMetrics) -> None:
    """Say how many mails are not handed on yet, of all processes together."""
    metrics.mails_waiting.set(await people_store.mails_waiting(db))


async def is_delivered(settings: Settings, mail: Mail, secret: Secret, clock: Clock) -> bool:
    """Whether somebody took it; if not, the log says why, and never to whom. One that fails keeps no other back."""
    try:
        await deliver(settings, mail.id, written(mail, settings.mail_from, secret, clock))
    except Undeliverable as error:
        log.warning("mail not sent", mail=str(mail.id), kind=mail.kind, reason=error.message)
        return False
    except Exception as bug:  # noqa: BLE001 - whatever an address does to a header
        log.error("mail not written", mail=str(mail.id), kind=mail.kind, error=type(bug).__name__)
        return False
    return True
