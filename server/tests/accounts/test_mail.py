"""Mail on its way out: by SMTP to a real server, encrypted unless it stays on this machine, and never lost."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from aniate_server.accounts import mail_delivery, people_store
from aniate_server.accounts.mail_delivery import Undeliverable, deliver
from aniate_server.accounts.mails import send_due, written
from aniate_server.accounts.people import fresh_code, mail_code
from aniate_server.accounts.people_store import Mail
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.ids import new_id
from aniate_server.plumbing.secret import Secret
from aniate_server.plumbing.settings import Settings, SmtpServer, smtp_from
from server.tests.data.cluster import TestDatabase

pytestmark = pytest.mark.anyio
CERTIFICATE = Path(__file__).parents[3] / "client" / "tests" / "data" / "localhost.pem"
SECRET = Secret(b"s" * 32)
ADA = "ada@example.com"


@dataclass
class PostOffice:
    """A real SMTP server, and what it was handed."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, server: object, session: object, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(message_from_bytes(envelope.content, policy=default))
        return "250 OK"

    def authenticate(self, server: object, session: object, envelope: object, kind: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"p@ss", handled=False)  # "handled": it has answered itself


def free_port() -> int:
    """aiosmtpd's controller calls itself at the port that it was given, so it can't be 0."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def post_office(tls: bool = False, starttls: bool = False, auth: bool = False) -> Iterator[PostOffice]:
    """One that listens on a free port of this machine."""
    context = None
    if tls or starttls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    office = PostOffice(free_port())
    controller = Controller(
        office,
        hostname="127.0.0.1",
        port=office.port,
        ssl_context=context if tls else None,
        tls_context=context if starttls else None,
        require_starttls=starttls,
        authenticator=office.authenticate if auth else None,
        auth_require_tls=starttls or tls,
        auth_required=auth,
    )
    controller.start()
    try:
        yield office
    finally:
        controller.stop()


def settings(folder: Path, smtp: SmtpServer | None = None) -> Settings:
    return Settings(folder, folder, smtp=smtp, mail_from="Aniate <hello@aniate.example>")


def mail(kind: str = "verify") -> Mail:
    return Mail(new_id(), kind, ADA, new_id(), "https://aniate.example")


def letter() -> EmailMessage:
    return written(mail(), "Aniate <hello@aniate.example>", SECRET, SystemClock())


@pytest.mark.parametrize("kind", ["verify", "known", "reset", "changed", "deleted"])
def test_each_mail_says_who_what_and_where(kind: str) -> None:
    sent = mail(kind)
    message = written(sent, "Aniate <hello@aniate.example>", SECRET, SystemClock())
    assert (message["To"], message["From"]) == (ADA, "Aniate <hello@aniate.example>")
    assert "Aniate" in message["Subject"] and message["Date"] and message["Message-ID"].endswith("@aniate.example>")
    text = message.get_content()
    assert "{" not in text and max(map(len, text.splitlines())) < 110
    assert sent.code_id is not None
    assert (mail_code(SECRET, sent.code_id) in text) == (kind in ("verify", "reset"))


async def test_a_mail_server_takes_it_with_a_login_over_starttls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with post_office(starttls=True, auth=True) as office:
        smtp = SmtpServer("127.0.0.1", office.port, tls=False, user="me", password="p@ss")
        await deliver(settings(tmp_path, smtp), new_id(), letter())
    assert office.logins == [(b"me", b"p@ss")]
    [arrived] = office.mails
    assert arrived["To"] == ADA and "/verify?code=" in arrived.get_content()


async def test_a_mail_server_with_tls_from_the_first_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with post_office(tls=True) as office:
        await deliver(settings(tmp_path, SmtpServer("127.0.0.1", office.port, tls=True)), new_id(), letter())
    assert len(office.mails) == 1


@pytest.mark.parametrize("tls", [True, False])
async def test_who_has_no_valid_certificate_gets_nothing(tmp_path: Path, tls: bool) -> None:
    refused = pytest.raises(Undeliverable, match="did not take it: SSLCertVerificationError")
    with post_office(tls=tls, starttls=not tls) as office, refused:
        await deliver(settings(tmp_path, SmtpServer("127.0.0.1", office.port, tls=tls)), new_id(), letter())
    assert office.mails == []


async def test_nothing_leaves_this_machine_in_plain_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SmtpServer, "loopback", False)
    with post_office() as office, pytest.raises(Undeliverable, match="offers no encryption"):
        await deliver(settings(tmp_path, SmtpServer("127.0.0.1", office.port, tls=False)), new_id(), letter())
    assert office.mails == []


async def test_a_wrong_password_is_told_without_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with post_office(starttls=True, auth=True) as office:
        smtp = SmtpServer("127.0.0.1", office.port, tls=False, user="me", password="wrong-one")
        with pytest.raises(Undeliverable, match="SMTPAuthenticationError") as refused:
            await deliver(settings(tmp_path, smtp), new_id(), letter())
    assert "wrong-one" not in str(refused.value) and "wrong-one" not in repr(smtp)


async def test_what_can_not_be_sent_is_sent_later_and_once(
    db: Database, database: TestDatabase, tmp_path: Path
) -> None:
    await people_store.ask_code(db, "verify", fresh_code(SECRET, ADA), "https://aniate.example")
    nobody = settings(tmp_path, SmtpServer("127.0.0.1", 9, tls=False))
    await send_due(nobody, db, SECRET, SystemClock())
    await send_due(nobody, db, SECRET, SystemClock())
    with psycopg.connect(database.superuser_url, autocommit=True) as connection:
        tried = connection.execute("select attempts, next_at > now() + interval '5 seconds' from accounts.mails")
        assert tried.fetchall() == [(1, True)], "it waits before the next try"
        connection.execute("update accounts.mails set next_at = now()")
    with post_office() as office:
        smtp = SmtpServer("127.0.0.1", office.port, tls=False)
        for _ in range(2):
            await send_due(settings(tmp_path, smtp), db, SECRET, SystemClock())
    assert [each["To"] for each in office.mails] == [ADA]


async def test_without_a_mail_server_it_lies_where_only_we_can_read_it(tmp_path: Path) -> None:
    mail_id: UUID = new_id()
    for _ in range(2):
        await deliver(settings(tmp_path / "data"), mail_id, letter())
    [file] = (tmp_path / "data" / "mail").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600 and file.parent.stat().st_mode & 0o777 == 0o700
    assert mail_delivery.folder(settings(tmp_path / "data")) == file.parent


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 587, tls=False)),
        (
            "smtps://me:p%40ss@mail.example.com",
            SmtpServer("mail.example.com", 465, tls=True, user="me", password="p@ss"),
        ),
        ("smtp://127.0.0.1:2525", SmtpServer("127.0.0.1", 2525, tls=False)),
    ],
)
def test_the_mail_servers_address_is_read(url: str, server: SmtpServer) -> None:
    assert smtp_from({"ANIATE_SMTP_URL": url}) == server


@pytest.mark.parametrize(
    "url", ["mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:0", "smtp://h:99999"]
)
def test_what_is_no_mail_servers_address_is_told(url: str) -> None:
    with pytest.raises(SetupError, match="ANIATE_SMTP_URL is not an address"):
        smtp_from({"ANIATE_SMTP_URL": url})
