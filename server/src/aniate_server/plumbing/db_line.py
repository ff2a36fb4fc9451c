"""A connection that is kept for one statement, which every request needs: no pool, no cursor, no objects for its rows.

The pool and psycopg's cursors cost six times as much; `docs/decisions/0014-the-hot-path.md` has the figures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import AsyncConnection
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from psycopg.rows import DictRow

Values = Sequence[str | None]
"""One row, each value as PostgreSQL writes it; None for null."""
TOLD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


@dataclass(frozen=True)
class Statement:
    """A statement of one argument, `$1`, and what must be run before it in the same transaction."""

    sql: bytes
    before: Sequence[tuple[bytes, Sequence[bytes]]] = ()
    prepared: bool = True
    """Not where the next transaction may meet another session."""


class Line:
    """Asks one after the other. What goes wrong is raised as psycopg's error, and ends the connection."""

    def __init__(
        self,
        statement: Statement,
        connect: Callable[[], Awaitable[AsyncConnection[DictRow]]],
        lost: Callable[[], None],
    ) -> None:
        """`lost` is called when the connection breaks while nobody asks."""
        self._statement = statement
        self._connect = connect
        self._lost = lost
        self._connection: AsyncConnection[DictRow] | None = None
        self._socket = -1
        self._prepared = False
        self._turn = asyncio.Lock()
        self._results: list[PGresult] = []
        self._told: asyncio.Future[None] | None = None

    async def rows(self, argument: str) -> list[Values]:
        """What the statement says of that argument."""
        async with self._turn:
            if self._connection is None:
                self._open(await self._connect())
            try:
                return await self._ask(argument.encode())
            except BaseException:
                await self.close()  # what may still come belongs to nobody
                raise

    def _open(self, connection: AsyncConnection[DictRow]) -> None:
        self._connection, self._prepared = connection, False
        self._socket = connection.pgconn.socket  # kept: a connection that broke does not tell it any more
        connection.pgconn.enter_pipeline_mode()
        asyncio.get_running_loop().add_reader(self._socket, self._read)

    async def close(self) -> None:
        """End the connection; the next question opens another one."""
        connection, self._connection, self._told = self._connection, None, None
        self._results = []
        if connection is not None:
            self._listen_no_more()
            await connection.close()

    def _listen_no_more(self) -> None:
        if self._socket < 0:  # once alone: its number may be somebody else's by now
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._socket)
        loop.remove_writer(self._socket)
        self._socket = -1

    async def _ask(self, argument: bytes) -> list[Values]:
        assert self._connection is not None  # noqa: S101 - see `rows`
        pgconn, statement, name = self._connection.pgconn, self._statement, b"line"
        for sql, arguments in statement.before:
            pgconn.send_query_params(sql, arguments)
        if not statement.prepared:
            pgconn.send_query_params(statement.sql, [argument])
        else:
            if not self._prepared:
                pgconn.send_prepare(name, statement.sql)
            pgconn.send_query_prepared(name, [argument])
        pgconn.pipeline_sync()
        self._told = asyncio.get_running_loop().create_future()
        self._write()
        await self._told
        results, self._results, self._told = self._results, [], None
        rows = values_of(results)
        self._prepared = True
        return rows

    def _write(self) -> None:
        """Send what the socket takes; the rest as soon as it takes more."""
        assert self._connection is not None  # noqa: S101 - called with one
        loop, pgconn = asyncio.get_running_loop(), self._connection.pgconn
        try:
            if pgconn.flush():
                loop.add_writer(self._socket, self._write)
            else:
                loop.remove_writer(self._socket)
        except psycopg.Error as broken:
            self._broke(broken)

    def _read(self) -> None:
        """Take in what came; the question is answered when the pipeline is in step again."""
        assert self._connection is not None  # noqa: S101 - it is its reader
        pgconn = self._connection.pgconn
        try:
            pgconn.consume_input()
            while self._told is not None and not self._told.done() and not pgconn.is_busy():
                result = pgconn.get_result()
                if result is None:
                    continue
                if result.status == ExecStatus.PIPELINE_SYNC:
                    self._told.set_result(None)
                else:
                    self._results.append(result)
        except psycopg.Error as broken:
            self._broke(broken)

    def _broke(self, error: psycopg.Error) -> None:
        """The connection is gone, perhaps while nobody asked: then the next question finds another one."""
        assert self._connection is not None  # noqa: S101 - called with one
        self._listen_no_more()
        if self._told is None or self._told.done():
            self._connection.pgconn.finish()
            self._connection = None
            self._lost()
        else:
            self._told.set_exception(error)


def values_of(results: Sequence[PGresult]) -> list[Values]:
    """The rows of the last one; the error of the first that failed."""
    for result in results:
        if result.status not in TOLD:
            raise psycopg.errors.error_from_result(result)
    last = results[-1]
    return [[text(last.get_value(row, column)) for column in range(last.nfields)] for row in range(last.ntuples)]


def text(value: bytes | None) -> str | None:
    """A value as PostgreSQL writes it."""
    return None if value is None else value.decode()
