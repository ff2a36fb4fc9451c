"""The parts that the server needs and that a fresh machine lacks: PostgreSQL and a model, as child processes."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from aniate_server.plumbing.embedded import weights
from aniate_server.plumbing.embedded.instance import Instance, running
from aniate_server.plumbing.embedded.local_model import LocalModel
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.migrations import migrate, pending
from aniate_server.plumbing.settings import Provider, Settings


@dataclass(frozen=True)
class Parts:
    """What `up` stands on. `children` are the processes that must stay alive, by what people call them."""

    database_url: str
    provider: Provider
    children: dict[str, subprocess.Popen[bytes]]


@contextmanager
def running_parts(settings: Settings) -> Iterator[Parts]:
    """Start what the settings do not name elsewhere; stop it at the end, PostgreSQL last."""
    with ExitStack() as stack:
        children: dict[str, subprocess.Popen[bytes]] = {}
        if settings.database_url:
            url = migrated(settings.database_url)
        else:
            postgres = embedded_postgres(settings)
            stack.callback(postgres.stop)
            url = start_postgres(postgres)
            children["PostgreSQL"] = postgres.process
        provider = settings.provider
        if provider is None:
            model = LocalModel(weights_of(settings), settings.data / "model.log")
            stack.callback(model.stop)
            model.start()
            children["The local model"] = model.process
            provider = Provider("local", model.base_url, model.key)
        yield Parts(url, provider, children)


@contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """A URL to reach the database with: the one that is set, that of the running server, or one started for now."""
    if settings.database_url:
        yield settings.database_url
    elif running(settings.data):
        yield embedded_postgres(settings).server_url
    else:
        with Instance(settings.data):
            postgres = embedded_postgres(settings)
            try:
                yield start_postgres(postgres)
            finally:
                postgres.stop()


def embedded_postgres(settings: Settings) -> EmbeddedPostgres:
    """The embedded PostgreSQL of this data folder, not started."""
    forget_other_databases()
    return EmbeddedPostgres(settings.data / "postgres")


def forget_other_databases() -> None:
    """What the environment says of other databases (PGHOSTADDR, PGCHANNELBINDING …) must not reach the embedded one.

    libpq offers no other way: it takes from there whatever an address leaves open.
    """
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]


def start_postgres(postgres: EmbeddedPostgres) -> str:
    """Start it and bring it up to date; the URL that the server itself uses."""
    postgres.start()
    migrate(postgres.superuser_url)
    postgres.allow_server_role()
    return postgres.server_url


def migrated(url: str) -> str:
    """An outside database must have been migrated by the command made for it, not by whoever starts first."""
    if missing := pending(url):
        raise SetupError(
            f"The database lacks {len(missing)} of our migrations, {missing[0]} first.",
            "Apply them: aniate-server migrate --database-url URL",
        )
    return url


def weights_of(settings: Settings) -> Path:
    """The weights of the chosen local model; SetupError if they are not on this machine."""
    name = chosen_model(settings)
    file = weights.path(settings.cache, name)
    if not weights.present(settings.cache, name):
        raise SetupError(
            f"The local model {name} is not on this machine, or not whole.",
            f"Download it: aniate-server model pull {name}   (or set GROQ_API_KEY to use Groq)",
        )
    return file


def choice_file(settings: Settings) -> Path:
    """Where the choice of the local model is kept."""
    return settings.data / "model"


def chosen_model(settings: Settings) -> str:
    """The name of the local model in use."""
    try:
        return choice_file(settings).read_text().strip() or weights.DEFAULT
    except FileNotFoundError:
        return weights.DEFAULT


def choose_model(settings: Settings, name: str) -> None:
    """Remember the choice; SetupError if the catalogue does not know the name."""
    if name not in weights.CATALOGUE:
        raise SetupError(f"There is no local model {name!r}.", f"There are: {', '.join(weights.CATALOGUE)}")
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = choice_file(settings).with_suffix(".new")
    draft.write_text(f"{name}\n")
    draft.replace(choice_file(settings))
