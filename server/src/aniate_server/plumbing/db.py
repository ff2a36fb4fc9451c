"""The way to PostgreSQL: a pool of connections that acts as the serving role, and for a user as that user.

Every wait is bounded, and a database that cannot be reached is `Unavailable`, never a hang.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, LiteralString, Self
from uuid import UUID

import psycopg
from psycopg import AsyncConnection, AsyncCursor
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from aniate_server.plumbing.db_line import Line, Statement, Values
from aniate_server.plumbing.errors import SetupError, Unavailable
from aniate_server.plumbing.migrations import TRANSACTION_POOLER_PORT, files, newest_number, reason

PREPARE_AFTER = 5
AS_SERVER: LiteralString = "select set_config('role', 'aniate_server', true), set_config('statement_timeout', {}, true)"
AS_USER: LiteralString = (
    "select set_config('role', 'authenticated', true), set_config('request.jwt.claims', %s, true),"
    " set_config('statement_timeout', %s, true)"
)

Row = dict[str, Any]
"""A row by column name: what type a column has, only its reader knows."""


@dataclass(frozen=True)
class Patience:
    """How long each wait may be, in seconds."""

    connect_s: int = 3
    pool_s: float = 5.0
    """For a free connection, or for a first one to a server that is coming back."""
    statement_s: int = 10
    """The server's own limit on a statement."""
    silence_s: float = 12.0
    """A server that neither answers nor ends the connection is given up; a user's whole transaction, too."""
    reconnect_s: float = 2.0
    """Short: whoever asks after that tries at once, where the pool itself would pause longer and longer."""


@dataclass(frozen=True)
class Connections:
    """What the pool's connections do, and how many wait for one."""

    in_use: int
    idle: int
    waiting: int


class Database:
    """A pool of connections. Statements run as `aniate_server`, whatever role the URL logs in as."""

    def __init__(
        self,
        conninfo: str,
        settings: Mapping[str, Any],
        pool: AsyncConnectionPool[AsyncConnection[DictRow]],
        patience: Patience,
        *,
        logs_in_as_server: bool,
    ) -> None:
        self._conninfo = conninfo
        self._settings = settings
        self._pool = pool
        self._patience = patience
        self._logs_in_as_server = logs_in_as_server
        self._lines: dict[LiteralString, Line] = {}
        self._checking: asyncio.Task[None] | None = None

    @classmethod
    async def open(cls, conninfo: str, *, connections: int, patience: Patience = Patience()) -> Self:
        """Connect and check what is there; SetupError, with one sentence, if we can't work with it.

        Close it in any case: the pool's own tasks outlive a cancellation and keep the event loop from ending.
        """
        settings: dict[str, Any] = {
            "autocommit": True,
            "row_factory": dict_row,
            "connect_timeout": patience.connect_s,
            "tcp_user_timeout": patience.connect_s * 1000,
            "application_name": "aniate-server",
            "prepare_threshold": PREPARE_AFTER,
        }
        try:
            if str(conninfo_to_dict(conninfo).get("port")) == TRANSACTION_POOLER_PORT:
                settings["prepare_threshold"] = None  # the next transaction may meet another session
            login = await check(conninfo, settings)
        except psycopg.Error as error:
            raise SetupError(f"Cannot connect to the database: {reason(error)}.") from None
        pool = AsyncConnectionPool(
            conninfo,
            connection_class=AsyncConnection[DictRow],
            kwargs=settings,
            min_size=1,
            max_size=connections,
            timeout=patience.pool_s,
            reconnect_timeout=patience.reconnect_s,
            open=False,
        )
        await pool.open()
        return cls(conninfo, settings, pool, patience, logs_in_as_server=login == "aniate_server")

    async def close(self) -> None:
        """End all connections."""
        if self._checking:
            self._checking.cancel()
        for line in self._lines.values():
            await line.close()
        await self._pool.close()

    @property
    def connections(self) -> Connections:
        """The pool at this moment."""
        now = self._pool.get_stats()
        idle = now["pool_available"]
        return Connections(now["pool_size"] - idle, idle, now["requests_waiting"])

    async def one(self, sql: LiteralString, params: Mapping[str, object] = {}) -> Row | None:
        """The first row of a statement run as the serving role, or None. One round trip."""
        async with self._connection() as connection:
            cursor = await self._run(connection, sql, params)
            return await cursor.fetchone()

    async def all(self, sql: LiteralString, params: Mapping[str, object] = {}) -> list[Row]:
        """All rows of a statement run as the serving role. One round trip."""
        async with self._connection() as connection:
            cursor = await self._run(connection, sql, params)
            return await cursor.fetchall()

    async def line(self, sql: LiteralString, argument: str) -> list[Values]:
        """All rows of a statement with one argument, `$1`, as the serving role, on a connection kept for it alone.

        For the few that every question to a model needs, one at a time each.
        """
        line = self._lines.get(sql)
        if line is None:
            line = self._lines[sql] = Line(self._statement(sql), self._connect, self._check_the_others)
        limit = asyncio.timeout(self._patience.silence_s)
        with self._told_apart(limit):
            async with limit:
                return await line.rows(argument)

    async def all_as_user(
        self, user_id: UUID, workspace_id: UUID, sql: LiteralString, params: Mapping[str, object] = {}
    ) -> list[Row]:
        """All rows of one statement under the user's own rights. One round trip."""
        async with self._connection() as connection:
            async with connection.pipeline():
                await connection.execute("begin")
                await connection.execute(AS_USER, [claims(user_id, workspace_id), f"{self._patience.statement_s}s"])
                cursor = await connection.execute(sql, params)
                await connection.execute("commit")
            return await cursor.fetchall()

    @asynccontextmanager
    async def as_user(self, user_id: UUID, workspace_id: UUID) -> AsyncIterator[AsyncCursor[DictRow]]:
        """One short transaction under the user's own rights: row-level security decides what it sees."""
        async with self._connection() as connection:
            async with connection.pipeline():
                await connection.execute("begin")
                await connection.execute(AS_USER, [claims(user_id, workspace_id), f"{self._patience.statement_s}s"])
            async with connection.cursor() as cursor:
                yield cursor
            committed = await connection.execute("commit")
            if committed.statusmessage != "COMMIT":  # the caller went on after an error that it caught
                raise psycopg.errors.InFailedSqlTransaction("the transaction was rolled back")

    async def healthy(self) -> bool:
        """Whether the database answers."""
        try:
            return await self.one("select 1 as answer") is not None
        except Unavailable:
            return False

    async def _run(
        self, connection: AsyncConnection[DictRow], sql: LiteralString, params: Mapping[str, object]
    ) -> AsyncCursor[DictRow]:
        """Execute as the serving role. Within a transaction, so that it holds through a transaction pooler, too."""
        if self._logs_in_as_server:
            return await connection.execute(sql, params)
        async with connection.pipeline():
            await connection.execute("begin")
            await connection.execute(AS_SERVER.format("%s"), [f"{self._patience.statement_s}s"])
            cursor = await connection.execute(sql, params)
            await connection.execute("commit")
        return cursor

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[AsyncConnection[DictRow]]:
        """A connection of the pool."""
        limit = asyncio.timeout(self._patience.silence_s)
        with self._told_apart(limit):
            async with limit, self._pool.connection() as connection:
                yield connection

    async def _connect(self) -> AsyncConnection[DictRow]:
        return await AsyncConnection[DictRow].connect(self._conninfo, **self._settings)

    def _statement(self, sql: LiteralString) -> Statement:
        """It, and what makes it the serving role's: all up to the next answer is one transaction."""
        prepared = self._settings["prepare_threshold"] is not None
        if self._logs_in_as_server:
            return Statement(sql.encode(), prepared=prepared)
        as_server = AS_SERVER.format("$1").encode(), [f"{self._patience.statement_s}s".encode()]
        return Statement(sql.encode(), [as_server], prepared)

    @contextmanager
    def _told_apart(self, limit: asyncio.Timeout) -> Iterator[None]:
        """What is wrong with the way to the database becomes Unavailable."""
        try:
            yield
        except TimeoutError:
            if not limit.expired():
                raise
            raise Unavailable("The database does not answer.") from None
        except psycopg.errors.QueryCanceled:
            raise Unavailable("The database took too long.") from None
        except psycopg.errors.ReadOnlySqlTransaction:  # while one database takes over from another
            raise Unavailable("The database accepts no changes at the moment.") from None
        except (PoolTimeout, TooManyRequests):
            raise Unavailable("The database cannot be reached.") from None
        except (psycopg.OperationalError, psycopg.InterfaceError) as error:
            self._check_the_others()
            raise Unavailable("The database cannot be reached.") from error

    def _check_the_others(self) -> None:
        """Where one connection broke, others did: weed them out now, or each would fail one more request."""
        if self._checking is None or self._checking.done():
            self._checking = asyncio.create_task(self._pool.check())


def claims(user_id: UUID, workspace_id: UUID) -> str:
    """What row-level security goes by."""
    said = {"sub": str(user_id), "role": "authenticated", "session_id": "", "workspace": str(workspace_id)}
    return json.dumps(said)


async def check(conninfo: str, settings: Mapping[str, Any]) -> str:
    """The role we log in as; SetupError if the database is not migrated or its serving role is too mighty."""
    async with await AsyncConnection.connect(conninfo, **settings) as connection:
        cursor = await connection.execute(
            "select session_user as login, obj_description(to_regnamespace('aniate'), 'pg_namespace') as comment,"
            " (select bool_or(rolsuper or rolbypassrls) from pg_catalog.pg_roles"
            "  where rolname in ('aniate_server', 'authenticated')) as mighty,"
            " exists (select from pg_catalog.pg_roles where rolname = 'aniate_server'"
            "   and pg_has_role(session_user, oid, 'member')) as may_serve"
        )
        row = await cursor.fetchone()
    if row is None or row["mighty"] is None or newest_number(row["comment"]) < files()[-1].number:
        raise SetupError("The database is not migrated to this version.", "Run: aniate-server migrate")
    if row["mighty"]:
        raise SetupError("The database's roles aniate_server and authenticated must not bypass row-level security.")
    if not row["may_serve"]:
        raise SetupError(f"The database's login {row['login']} may not act as aniate_server.")
    return str(row["login"])
