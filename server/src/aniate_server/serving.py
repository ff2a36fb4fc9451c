"""The serving process: the socket, the HTTP server, the background work, and the end of all of it."""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
import subprocess
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from aniate_server.app import create_app
from aniate_server.inference.answer import warm
from aniate_server.inference.services import Services, open_services
from aniate_server.parts import Parts
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.http_protocol import BoundedProtocol
from aniate_server.plumbing.settings import Settings
from aniate_server.usage.jobs import sweep_abandoned
from aniate_server.worker import heartbeats, jobs, work

GRACE_S = 5
"""How long open streams may take to say goodbye when the server stops."""
CHILD_POLL_S = 0.1
YOUNG_OBJECTS = 20_000
"""So many objects more than before start a collection: those of some requests at the same time are no garbage."""
AGAIN = "Nothing that was settled is lost. Start again: aniate-server up"


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A listening socket; SetupError with one sentence if the address can't be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    # The protocol is named, or asyncio would not set TCP_NODELAY on what is accepted: 45 ms an answer.
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((settings.host, settings.port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise SetupError(
                f"Cannot listen on {settings.host} port {settings.port}: {reason}.",
                "Choose another one with --port, or another address with --host.",
            ) from error
        yield listener


def url_of(listener: socket.socket) -> str:
    """The address that clients on this machine use."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - this is how it is told, not bound
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class HttpServer(uvicorn.Server):
    """uvicorn, but the signals are ours: streams must be told before connections are closed."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self.ready = ready

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, then say so."""
        await super().startup(sockets)
        if self.started:
            self.ready()


def run(serving: Coroutine[None, None, None]) -> None:
    """Run it to its end on the fastest event loop that this platform has, with as many files as it allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(serving)


def fastest_loop() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's, or None for asyncio's own where there is no uvloop."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def serve(
    settings: Settings, parts: Parts, listener: socket.socket, ready: Callable[[str], None], *, with_worker: bool
) -> None:
    """Serve until SIGINT or SIGTERM, or until a child dies, which is a SetupError that names it."""
    async with opened(settings, parts, url_of(listener)) as services:
        work_to_do = [
            *heartbeats(settings, services),
            *(jobs(settings, services.db, services.metrics) if with_worker else ()),
        ]
        ends = [
            asyncio.create_task(signalled()),
            asyncio.create_task(first_death(parts.children)),
            asyncio.create_task(work(work_to_do, services.metrics)),
        ]
        server = HttpServer(config(services), lambda: ready(url_of(listener)))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        done, _ = await asyncio.wait([serving, *ends], return_when=asyncio.FIRST_COMPLETED)
        services.stopping.set()
        server.should_exit = True
        await serving
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
        for task in done:
            task.result()


async def signalled() -> None:
    """Wait for SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()


@asynccontextmanager
async def opened(settings: Settings, parts: Parts, own_url: str) -> AsyncIterator[Services]:
    """Database and services, closed at the end."""
    db = await Database.open(parts.database_url, connections=settings.database_connections)
    try:
        if settings.database_url is None:  # an embedded database has one server: what is open, a dead one left
            await sweep_abandoned(db, older_than_s=0)
        services = await open_services(settings, db, parts.provider, own_url)
        try:
            await warm(services)
            gc.freeze()  # what is here now stays, so that no collection walks over it again
            gc.set_threshold(YOUNG_OBJECTS, *gc.get_threshold()[1:])
            yield services
        finally:
            await services.close()
    finally:
        await db.close()


def config(services: Services) -> uvicorn.Config:
    """How uvicorn runs the app."""
    return uvicorn.Config(
        create_app(services),
        http=BoundedProtocol,
        lifespan="off",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=bool(services.settings.trusted_proxies),
        forwarded_allow_ips=services.settings.trusted_proxies,
        timeout_graceful_shutdown=GRACE_S,
    )


async def first_death(children: dict[str, subprocess.Popen[bytes]]) -> None:
    """Wait for ever, or until one of the processes that we stand on is gone."""
    while True:
        for name, process in children.items():
            if process.poll() is not None:
                raise SetupError(f"{name} stopped unexpectedly, so the server stops, too.", AGAIN)
        await asyncio.sleep(CHILD_POLL_S)
