"""Numbered SQL files, applied in order, each once and in a transaction of its own; never changed afterwards."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.rows import TupleRow

from aniate_server.plumbing.errors import SetupError

FOLDER = Path(__file__).parents[1] / "migrations"
NAME = re.compile(r"(\d{3})_(\w+)\.sql")
ADVISORY_LOCK = 0x616E69617465
LOCK_WAIT_S = 60
TRANSACTION_POOLER_PORT = "6543"
ATTEMPTS = 5
OTHERS_AT_WORK = (psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation, psycopg.errors.InternalError_)
"""A role was made, or changed ("tuple concurrently updated"), by the migration of another database."""
RECORD = """
    create schema if not exists operations;
    create table if not exists operations.migrations (
        number     integer primary key,
        name       text not null,
        sha256     text not null,
        applied_at timestamptz not null default now()
    );
"""
MARK = "migrated to "
"""Stands, with the newest number, in the comment on the schema: every role may read it, and nothing else of this."""


@dataclass(frozen=True)
class Migration:
    """One file."""

    number: int
    name: str
    text: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.text).hexdigest()


def migrate(conninfo: str, folder: Path = FOLDER) -> list[str]:
    """Apply what is missing and return the names of it. Any number of runners may do this at once.

    The login needs no superuser: it must be allowed to create roles, and to create schemas in the
    database. Raises SetupError if it can't, or if a file was edited after it was applied.
    """
    with connect(conninfo) as connection:
        try:
            connection.execute(sql.SQL("set lock_timeout = {}").format(LOCK_WAIT_S * 1000))
            connection.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK])
            run(connection, (folder / "shim.sql").read_bytes(), "shim.sql")
            connection.execute(RECORD)
            return [apply(connection, migration) for migration in missing(connection, folder)]
        except psycopg.errors.LockNotAvailable:
            raise SetupError(f"Another migration has been running for {LOCK_WAIT_S} s.") from None
        except psycopg.errors.InsufficientPrivilege as error:
            raise SetupError(
                f"The database's login may not migrate it: {error.diag.message_primary}.",
                "It needs CREATEROLE, and CREATE on the database.",
            ) from None


def pending(conninfo: str) -> list[str]:
    """The names of the files that were not applied yet. Any login may ask."""
    with connect(conninfo) as connection:
        row = connection.execute("select obj_description(to_regnamespace('aniate'), 'pg_namespace')").fetchone()
    newest = newest_number(row[0] if row else None)
    return [migration.name for migration in files() if migration.number > newest]


def newest_number(comment: str | None) -> int:
    """What the comment on the schema says; 0 if there is none."""
    return int(comment.removeprefix(MARK)) if comment and comment.startswith(MARK) else 0


def files(folder: Path = FOLDER) -> list[Migration]:
    """The numbered files of the folder, in order."""
    found = [
        Migration(int(match[1]), path.name, path.read_bytes())
        for path in sorted(folder.iterdir())
        if (match := NAME.fullmatch(path.name))
    ]
    if len({migration.number for migration in found}) < len(found):
        raise SetupError(f"Two migrations in {folder} bear the same number.")
    return found


def connect(conninfo: str) -> psycopg.Connection[TupleRow]:
    """A connection that keeps a session's locks, in autocommit mode."""
    try:
        if str(psycopg.conninfo.conninfo_to_dict(conninfo).get("port")) == TRANSACTION_POOLER_PORT:
            raise SetupError(
                "Migrations cannot pass through a transaction pooler (port 6543).",
                "Use the database's session or direct address (port 5432).",
            )
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=5, prepare_threshold=None)
    except psycopg.Error as error:
        raise SetupError(f"Cannot connect to the database: {reason(error)}.") from None


def reason(error: Exception) -> str:
    """What libpq said in its first line, where the reason is; further ones guess at it.

    Of an address that it cannot read, libpq repeats all, the password in it, too: nothing of that.
    """
    if isinstance(error, psycopg.ProgrammingError):
        return "its address is not of the form postgresql://USER:PASSWORD@HOST/DATABASE"
    first = str(error).strip().partition("\n")[0].removeprefix("connection failed: ")
    return first.rstrip(".") or type(error).__name__


def missing(connection: psycopg.Connection[TupleRow], folder: Path) -> list[Migration]:
    """What is to be applied; refuses files that were edited or slipped in behind the newest applied one."""
    applied: dict[int, str] = dict(connection.execute("select number, sha256 from operations.migrations").fetchall())
    newest = max(applied, default=0)
    todo = []
    for migration in files(folder):
        if migration.number not in applied:
            if migration.number < newest:
                raise SetupError(f"{migration.name} is older than the newest migration that was applied.")
            todo.append(migration)
        elif applied[migration.number] != migration.sha256:
            raise SetupError(
                f"{migration.name} was changed after it was applied.", "Restore it and put the change in a new file."
            )
    return todo


def apply(connection: psycopg.Connection[TupleRow], migration: Migration) -> str:
    """Run one file and record it, both or neither."""
    record = sql.SQL(
        "insert into operations.migrations (number, name, sha256) values ({}, {}, {}); comment on schema aniate is {};"
    ).format(migration.number, migration.name, migration.sha256, f"{MARK}{migration.number}")
    run(connection, migration.text + b"\n" + record.as_bytes(connection), migration.name)
    return migration.name


def run(connection: psycopg.Connection[TupleRow], script: bytes, name: str) -> None:
    """Run many statements in one transaction, by the simple protocol, which needs no splitting of them.

    Roles are the cluster's, our lock is the database's: where two databases of one cluster are
    migrated at once, one of them may stumble over the other's roles, and tries again.
    """
    for attempt in range(1, ATTEMPTS + 1):
        if try_to_run(connection, script, name, last=attempt == ATTEMPTS):
            return


def try_to_run(connection: psycopg.Connection[TupleRow], script: bytes, name: str, *, last: bool) -> bool:
    """Run it; False if it met another database's migration, unless this is the last attempt."""
    try:
        with connection.transaction():
            connection.execute(script)
    except psycopg.Error as error:
        met_another = isinstance(error, OTHERS_AT_WORK)
        if met_another and not last:
            return False
        error.add_note(f"in {name}")
        raise
    return True
