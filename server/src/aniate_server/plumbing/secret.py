"""The server's one secret, and the keys that are derived from it: each purpose has its own."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Settings

MIN_BYTES = 32
NONCE_BYTES = 12


class Secret:
    """All processes of one installation share it. It never appears in a repr, a log or the database."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    @classmethod
    def of(cls, settings: Settings) -> Secret:
        """The one that is set, else that of the data folder, made there the first time; SetupError if it is none."""
        given = settings.secret
        if given is None:
            return cls(kept(settings.data / "secret"))
        if len(given.encode()) < MIN_BYTES:
            raise SetupError(
                f"ANIATE_SECRET is shorter than {MIN_BYTES} characters.", "Make one with: openssl rand -hex 32"
            )
        return cls(given.encode())

    def key(self, purpose: str) -> bytes:
        """32 bytes for one purpose; RFC 5869 (HKDF with SHA-256)."""
        return HKDF(SHA256(), 32, salt=None, info=f"aniate {purpose}".encode()).derive(self._master)

    def sign(self, purpose: str, data: bytes) -> bytes:
        """The HMAC-SHA256 of `data` under that purpose's key; compare it with `hmac.compare_digest`."""
        mac = HMAC(self.key(purpose), SHA256())
        mac.update(data)
        return mac.finalize()

    def seal(self, purpose: str, data: bytes) -> bytes:
        """`data`, encrypted and authenticated by AES-256-GCM, behind its random nonce."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + AESGCM(self.key(purpose)).encrypt(nonce, data, None)

    def unseal(self, purpose: str, sealed: bytes) -> bytes:
        """What was sealed; SetupError if it was sealed with another secret or changed."""
        try:
            return AESGCM(self.key(purpose)).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None)
        except InvalidTag:
            raise SetupError(
                "What the database holds was sealed with another secret.",
                "Set ANIATE_SECRET to the one that this database was used with.",
            ) from None


def kept(file: Path) -> bytes:
    """The secret in the file; made, whole or not at all, if there is none yet."""
    try:
        if not file.exists():
            make(file)
        found = file.read_bytes()
    except OSError as error:
        raise SetupError(f"Cannot keep the server's secret in {file}: {error.strerror}.") from None
    if len(found) < MIN_BYTES:
        raise SetupError(f"The server's secret in {file} is damaged.", "Restore it from a backup of the data folder.")
    return found


def make(file: Path) -> None:
    """A new secret in place; another process may make its own at the same time, and one of the two stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600), "wb") as written:
            written.write(secrets.token_bytes(MIN_BYTES))
            written.flush()
            os.fsync(written.fileno())
        with suppress(FileExistsError):
            os.link(draft, file)
    finally:
        draft.unlink(missing_ok=True)
