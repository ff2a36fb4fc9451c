"""The server's door on a real socket, and a client of it that looks into the database, too."""

from __future__ import annotations

import asyncio
import json
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import uvicorn

from aniate_server.app import create_app
from aniate_server.inference.services import Services, open_services
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.http_protocol import BoundedProtocol
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.data.cluster import TestDatabase

NOWHERE = "http://127.0.0.1:9/v1"
"""A provider that is not there: nothing listens on the port for discarding."""
SILENCE_S = 1.0
KEEP_ALIVE_S = 0.3


@dataclass
class Events:
    """What a stream brought, in its order."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes = b""

    @property
    def listed(self) -> list[tuple[str, dict[str, Any]]]:
        return [
            (lines[0].removeprefix("event: "), json.loads(lines[1].removeprefix("data: ")))
            for block in self.raw.decode().split("\n\n")
            if len(lines := block.split("\n")) == 2
        ]

    @property
    def names(self) -> list[str]:
        """The events' names, neighbours of the same name once."""
        names = [name for name, _ in self.listed]
        return [name for at, name in enumerate(names) if at == 0 or names[at - 1] != name]

    @property
    def text(self) -> str:
        return "".join(data["text"] for name, data in self.listed if name == "delta")

    def data(self, name: str) -> dict[str, Any]:
        [found] = [data for each, data in self.listed if each == name]
        return found

    @property
    def error(self) -> dict[str, str]:
        """The one error, wherever it came."""
        if self.status != 200:
            return dict(json.loads(self.raw)["error"])
        assert self.listed[-1][0] == "error"
        return self.data("error")


@dataclass
class Gateway:
    """The running server, a client of it, and a look into its database."""

    url: str
    services: Services
    http: aiohttp.ClientSession
    database_url: str
    stop: Any

    async def chat(self, key: str, text: str = "Say hello.", **fields: Any) -> Events:
        """One whole exchange."""
        async with self.asking(key, text, **fields) as answer:
            headers = {name.lower(): value for name, value in answer.headers.items()}
            return Events(answer.status, headers, await answer.read())

    def asking(
        self, key: str, text: str = "Say hello.", *, cache_control: str | None = "no-store", **fields: Any
    ) -> Any:
        """An exchange that the caller reads. Without another `cache_control` each question goes to the model."""
        body = {"messages": [{"role": "user", "content": text}], **fields}
        headers = {"authorization": f"Bearer {key}"}
        if cache_control is not None:
            headers["cache-control"] = cache_control
        return self.http.post(f"{self.url}/v1/chat", json=body, headers=headers)

    def rows(self, columns: str = "state, outcome") -> list[tuple[Any, ...]]:
        """The usage rows, oldest first."""
        with psycopg.connect(self.database_url) as connection:
            return connection.execute(f"select {columns} from aniate.usage order by opened_at").fetchall()

    async def settled(self, count: int = 1) -> list[tuple[Any, ...]]:
        """The rows, as soon as that many are closed."""
        for _ in range(200):
            rows = self.rows()
            if len(rows) == count and all(state == "closed" for state, _ in rows):
                return rows
            await asyncio.sleep(0.02)
        raise AssertionError(f"not settled: {rows}")

    def balance(self) -> tuple[int, int]:
        """Σ closed rows, Σ ledger."""
        with psycopg.connect(self.database_url) as connection:
            row = connection.execute(
                "select (select coalesce(sum(cost_micro_usd), 0) from aniate.usage where state = 'closed'),"
                " (select coalesce(sum(amount_micro_usd), 0) from ledger.entries)"
            ).fetchone()
        assert row
        return int(row[0]), int(row[1])


@asynccontextmanager
async def serving(
    db: Database,
    database: TestDatabase,
    provider: Provider,
    silence_s: float = SILENCE_S,
    metrics_token: str | None = None,
    beside: tuple[Provider, ...] = (),
    answers_kept: bool = True,
    **waits: Any,
) -> AsyncIterator[Gateway]:
    """The server's door on a free port, with shorter waits than in production; `waits` are of `Settings`."""
    with tempfile.TemporaryDirectory() as folder, socket.socket(proto=socket.IPPROTO_TCP) as listener:
        settings = Settings(
            Path(folder),
            Path("/nowhere"),
            secret="s" * 32,
            answers_kept=answers_kept,
            beside=beside,
            metrics_token=metrics_token,
            **{
                "upstream_connect_s": 1.0,
                "upstream_first_token_s": silence_s,
                "upstream_silence_s": silence_s,
                "upstream_tries": 1,  # so that a test sees each question once; those of trying again set more
                "upstream_wait_s": 0.02,
                **waits,
            },
        )
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        services = await open_services(settings, db, provider, url)
        app = create_app(services, keep_alive_s=KEEP_ALIVE_S)
        config = uvicorn.Config(
            app, http=BoundedProtocol, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=3
        )
        config.proxy_headers, config.forwarded_allow_ips = True, "127.0.0.1"  # so that a test can come from elsewhere
        server = uvicorn.Server(config)
        task = asyncio.create_task(server._serve([listener]))
        while not server.started:  # noqa: ASYNC110 - uvicorn offers no more
            await asyncio.sleep(0.005)

        async def stop() -> None:
            services.stopping.set()
            server.should_exit = True
            await task

        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
            yield Gateway(url, services, http, database.superuser_url, stop)
        await stop()
        await services.close()
