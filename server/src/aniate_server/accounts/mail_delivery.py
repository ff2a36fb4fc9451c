"""The way out for mail: a server that speaks SMTP (RFC 5321) if one is set, else a folder of files."""

from __future__ import annotations

import asyncio
import os
import smtplib
import ssl
from contextlib import suppress
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from uuid import UUID

from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.settings import Settings, SmtpServer

TIMEOUT_S = 20.0


class Undeliverable(AniateError):
    """Not now; perhaps later."""


def folder(settings: Settings) -> Path:
    """Where mail lies when no server takes it."""
    return settings.data / "mail"


async def deliver(settings: Settings, mail_id: UUID, message: EmailMessage) -> None:
    """Hand it on; Undeliverable if that can't be done now. A second time replaces the first, where it is a file."""
    if settings.smtp:
        await asyncio.to_thread(send, settings.smtp, message)
    else:
        await asyncio.to_thread(put, folder(settings) / f"{mail_id}.eml", message)


def put(file: Path, message: EmailMessage) -> None:
    """Write it where only the server's user can read it, whole or not at all."""
    draft = file.with_suffix(".new")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as written:
            written.write(message.as_bytes(policy=SMTP))
        draft.replace(file)
    except OSError as error:
        raise Undeliverable(f"Cannot write to {file.parent}: {error.strerror}.") from None


def forget_old(settings: Settings, older_than_s: float, now_s: float) -> None:
    """Mail in files is there to be read now, and not kept."""
    for file in folder(settings).glob("*.eml"):
        with suppress(OSError):
            if file.stat().st_mtime < now_s - older_than_s:
                file.unlink()


def send(server: SmtpServer, message: EmailMessage) -> None:
    """Hand it to the server. Never in plain text but to this machine, and never to who has no valid certificate."""
    try:
        with connected(server) as smtp:
            if server.user:
                smtp.login(server.user, server.password)
            smtp.send_message(message)
    except (OSError, smtplib.SMTPException) as error:
        raise Undeliverable(f"The mail server {server.host} did not take it: {type(error).__name__}.") from None


def connected(server: SmtpServer) -> smtplib.SMTP:
    """A connection that may carry passwords and links."""
    context = ssl.create_default_context()
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT_S, context=context)
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT_S)
    try:
        smtp.ehlo()
        if smtp.has_extn("starttls"):
            smtp.starttls(context=context)
            smtp.ehlo()
        elif not server.loopback:
            raise Undeliverable(f"The mail server {server.host} offers no encryption.")
    except BaseException:
        smtp.close()
        raise
    return smtp
