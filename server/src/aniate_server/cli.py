"""`aniate-server`: parses, dispatches, and turns an error into one sentence and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from aniate_server import __version__
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.settings import Settings

OK, FAILED, INTERRUPTED = 0, 1, 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0 if it did its work, 1 if not, 2 for wrong usage, 130 for Ctrl-C."""
    arguments = parser().parse_args(argv)
    settings = settings_of(arguments)
    try:
        command = import_module(f"aniate_server.commands.{arguments.command}")
        return int(command.run(settings, arguments))
    except AniateError as error:
        sys.stderr.write(f"aniate-server: {error.message}\n")
        if error.hint:
            sys.stderr.write(f"  {error.hint}\n")
        return FAILED
    except KeyboardInterrupt:
        return INTERRUPTED


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Flags go before the environment, which goes before the defaults."""
    settings = Settings.from_environment(os.environ, data=arguments.data)
    given = {name: getattr(arguments, name, None) for name in ("host", "port", "database_url")}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = argparse.ArgumentParser(prog="aniate-server", description="The Aniate server.")
    top.add_argument("--version", action="version", version=f"aniate-server {__version__}")
    top.add_argument("--data", type=Path, metavar="FOLDER", help="where the server keeps its data")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_up(commands.add_parser("up", help="start everything in one go"))
    commands.add_parser("down", help="stop the server of this data folder")
    status = commands.add_parser("status", help="say whether a server is running on this data folder, and where")
    status.add_argument("--url", action="store_true", help="print its address alone")
    add_database(commands.add_parser("migrate", help="bring a database up to date"))
    add_database(commands.add_parser("worker", help="run the background jobs alone, beside other processes"))
    add_admin(commands.add_parser("admin", help="users, workspaces and API keys"))
    add_model(commands.add_parser("model", help="the local models"))
    add_database(commands.add_parser("doctor", help="say what this machine has and lacks"))
    return top


def add_database(command: argparse.ArgumentParser) -> None:
    """`--database-url`, for the commands that reach the database."""
    command.add_argument(
        "--database-url", metavar="URL", help="any PostgreSQL, Supabase's included; else the embedded one"
    )


def add_up(up: argparse.ArgumentParser) -> None:
    """Options of `up`."""
    add_database(up)
    up.add_argument("--host", help="the address to listen on (default 127.0.0.1)")
    up.add_argument("--port", type=int, help="the port to listen on (default 8484; 0 takes a free one)")
    up.add_argument("--background", action="store_true", help="come back when it is ready and leave it running")
    up.add_argument("--no-worker", action="store_true", help="leave the background jobs to other processes")


def add_admin(admin: argparse.ArgumentParser) -> None:
    """`admin user|workspace|key …`."""
    add_database(admin)
    things = admin.add_subparsers(dest="thing", required=True, metavar="user|workspace|key")
    user = things.add_parser("user", help="add or list users").add_subparsers(dest="verb", required=True)
    added = user.add_parser("add", help="add a user with a workspace of their own")
    added.add_argument("email")
    added.add_argument("--name", default="", help="what the user is called")
    user.add_parser("list")
    workspace = things.add_parser("workspace", help="add or list workspaces").add_subparsers(dest="verb", required=True)
    added = workspace.add_parser("add")
    added.add_argument("name")
    added.add_argument("--owner", required=True, metavar="EMAIL")
    workspace.add_parser("list")
    key = things.add_parser("key", help="add, list or revoke API keys").add_subparsers(dest="verb", required=True)
    added = key.add_parser("add", help="make a key and print it, once, alone on standard output")
    added.add_argument("email")
    added.add_argument("--workspace", metavar="ID", help="the workspace's id, if the user has several")
    added.add_argument("--name", default="key", help="what the key is for")
    added.add_argument("--replace", action="store_true", help="revoke the user's earlier keys of that name")
    key.add_parser("list")
    key.add_parser("revoke").add_argument("id")


def add_model(model: argparse.ArgumentParser) -> None:
    """`model list|pull|use`."""
    verbs = model.add_subparsers(dest="verb", required=True, metavar="list|pull|use")
    verbs.add_parser("list", help="which local models there are, which is here, which is used")
    pull = verbs.add_parser("pull", help="download a model's weights and check them")
    pull.add_argument("name", nargs="?", help="a name from `model list` (default: the one in use)")
    pull.add_argument("--mirror", type=Path, metavar="FILE", help="a file that names other places of the same bytes")
    verbs.add_parser("use", help="choose the model that `up` starts").add_argument("name")
