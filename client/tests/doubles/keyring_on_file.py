"""Keyrings for tests: one keeps its secrets in a file, one never answers, one is no good for secrets."""

import json
import os
import time
from pathlib import Path

from keyring.backend import KeyringBackend
from keyring.errors import PasswordDeleteError


class Keyring(KeyringBackend):
    """Keeps secrets in the file that $TEST_KEYRING names."""

    priority = 1

    @property
    def _path(self) -> Path:
        return Path(os.environ["TEST_KEYRING"])

    def _read(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self._path.read_text()) if self._path.exists() else {}
        return found

    def get_password(self, service: str, username: str) -> str | None:
        os.system("echo a keyring that talks")
        return self._read().get(f"{service}/{username}")

    def set_password(self, service: str, username: str, password: str) -> None:
        self._path.write_text(json.dumps({**self._read(), f"{service}/{username}": password}))

    def delete_password(self, service: str, username: str) -> None:
        kept = self._read()
        if kept.pop(f"{service}/{username}", None) is None:
            raise PasswordDeleteError(username)
        self._path.write_text(json.dumps(kept))


class Hanging(Keyring):
    """Waits to be unlocked, and has started a process that holds its pipes."""

    def get_password(self, service: str, username: str) -> str | None:
        os.system(f"sleep 60 & echo $! > {self._path}.pid")
        time.sleep(60)
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        time.sleep(60)


class Failing(Keyring):
    """Its service is away."""

    def get_password(self, service: str, username: str) -> str | None:
        raise RuntimeError("no such service")


class ReadOnly(Keyring):
    """Gives, and takes nothing more."""

    def set_password(self, service: str, username: str, password: str) -> None:
        raise RuntimeError("read only")


class Worthless(Keyring):
    """As the one that keyring has where there is none."""

    priority = 0
