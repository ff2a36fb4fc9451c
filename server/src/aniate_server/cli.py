"""`aniate-server`: parses, dispatches, and turns an error into one sentence and an exit code."""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

from aniate_server import __version__
from aniate_server.limits.store import MEASURES, SCOPES
from aniate_server.plumbing.errors import AniateError
from aniate_server.plumbing.logging import configure_logging
from aniate_server.plumbing.settings import Settings

FAILED, INTERRUPTED, CLOSED_PIPE = 1, 130, 141
MAX_PORT = 65535
MAX_SHOWN = 1000
MAX_DIGITS = 18


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command. The exit code: 0 it did its work, 1 it did not, 2 wrong usage, 130 Ctrl-C, 141 closed pipe."""
    try:
        mend_streams()
        arguments = parser().parse_args(argv)
        command = import_module(f"aniate_server.commands.{arguments.command}")
        configure_logging(level=logging.ERROR)  # a command speaks in sentences; `up` and `worker` set their own
        code = int(command.run(settings_of(arguments), arguments))
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        give_up_stdout()
        return CLOSED_PIPE
    except Exception as error:  # noqa: BLE001 - the one place where all errors end
        return fail(error)
    return code


def mend_streams() -> None:
    """Closed streams lead nowhere; what a stream's encoding cannot say is replaced."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115 - open until the end
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def give_up_stdout() -> None:
    """What cannot be written any more is not written, or Python would complain once more at its end."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def fail(error: Exception) -> int:
    """Say in a sentence what went wrong, and in a second what to do."""
    message, hint = told(error)
    give_up_stdout()
    sys.stderr.write(f"aniate-server: {message}\n" + (f"  {hint}\n" if hint else ""))
    return FAILED


def told(error: Exception) -> tuple[str, str]:
    """The sentence and the hint for an error; of a bug, with its traceback if ANIATE_DEBUG is set."""
    if isinstance(error, AniateError):
        return error.message, error.hint
    if isinstance(error, UnicodeError):
        return "What was typed, or a file of ours, is not text in UTF-8.", ""
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{(error.strerror or str(error)).lower()}.", ""
    if os.environ.get("ANIATE_DEBUG"):
        traceback.print_exception(error)
    return f"A mistake of ours ({type(error).__name__}).", "Set ANIATE_DEBUG=1 and run it again to see where."


def settings_of(arguments: argparse.Namespace) -> Settings:
    """Flags go before the environment, which goes before the defaults."""
    settings = Settings.from_environment(os.environ, data=arguments.data)
    given = {name: getattr(arguments, name, None) for name in ("host", "port", "database_url")}
    return replace(settings, **{name: value for name, value in given.items() if value is not None})


class Parser(argparse.ArgumentParser):
    """Options are typed whole: `--data` after a command must not be taken for `--database-url`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # Any: handed on to argparse as they come
        super().__init__(*args, **{**kwargs, "allow_abbrev": False})


def parser() -> argparse.ArgumentParser:
    """The commands and their options."""
    top = Parser(prog="aniate-server", description="The Aniate server.")
    top.add_argument("--version", action="version", version=f"aniate-server {__version__}")
    top.add_argument("--data", type=folder, metavar="FOLDER", help="where the server keeps its data")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add_up(commands.add_parser("up", help="start everything in one go"))
    commands.add_parser("down", help="stop the server of this data folder")
    status = commands.add_parser("status", help="say whether a server is running on this data folder, and where")
    status.add_argument("--url", action="store_true", help="print its address alone")
    add_database(commands.add_parser("migrate", help="bring a database up to date"))
    add_database(commands.add_parser("worker", help="run the background jobs alone, beside other processes"))
    add_admin(commands.add_parser("admin", help="users, workspaces, plans and API keys"))
    models = commands.add_parser("models", help="which models answer under which name, at what price, until when")
    add_database(models)
    models.add_argument("--check", action="store_true", help="ask the providers that are set whether they have them")
    add_reconcile(commands.add_parser("reconcile", help="do usage, ledger, meters and the providers' totals agree"))
    add_model(commands.add_parser("model", help="the local models"))
    add_prompt(commands.add_parser("prompt", help="what the brews tell a model"))
    mail = commands.add_parser("mail", help="show the mail that no mail server took, the newest last")
    mail.add_argument("--last", type=a_number, default=1, metavar="N", help="how many (default 1)")
    mail.add_argument("--to", default="", metavar="EMAIL", help="only what was written to that address")
    add_database(commands.add_parser("doctor", help="say what this machine has and lacks"))
    return top


def port(text: str) -> int:
    """A port's number, for argparse."""
    if not text.isdecimal() or int(text) > MAX_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: a number from 0 to {MAX_PORT}")
    return int(text)


def a_number(text: str) -> int:
    """A whole number above zero, for argparse."""
    if not text.isdecimal() or not 0 < int(text) <= MAX_SHOWN:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 to {MAX_SHOWN}")
    return int(text)


def an_amount(text: str) -> int | None:
    """A whole number, or `none`, for argparse."""
    if text == "none":
        return None
    if not text.isdecimal() or len(text) > MAX_DIGITS:
        raise argparse.ArgumentTypeError(f"{text!r} is neither a whole number nor none")
    return int(text)


def a_day(text: str) -> date:
    """A day as it is written, for argparse."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day: it looks like 2026-11-24") from None


def not_empty(text: str) -> str:
    """A word that says something, for argparse: an empty variable in a script must not open the server to all."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it must not be empty")
    return text


def folder(text: str) -> Path:
    """A folder's path that can stand in a line, for argparse."""
    if not text.strip() or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r} is no folder's name")
    return Path(text).absolute()


def add_database(command: argparse.ArgumentParser) -> None:
    """`--database-url`, for the commands that reach the database."""
    command.add_argument(
        "--database-url", metavar="URL", help="any PostgreSQL, Supabase's included; else the embedded one"
    )


def add_up(up: argparse.ArgumentParser) -> None:
    """Options of `up`."""
    add_database(up)
    up.add_argument("--host", type=not_empty, help="the address to listen on (default 127.0.0.1)")
    up.add_argument("--port", type=port, help="the port to listen on (default 8484; 0 takes a free one)")
    up.add_argument("--background", action="store_true", help="come back when it is ready and leave it running")
    up.add_argument("--no-worker", action="store_true", help="leave the background jobs to other processes")


def add_admin(admin: argparse.ArgumentParser) -> None:
    """`admin user|workspace|plan|key …`."""
    add_database(admin)
    things = admin.add_subparsers(dest="thing", required=True, metavar="user|workspace|plan|key")
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
    moved = workspace.add_parser("plan", help="put it on another plan")
    moved.add_argument("id")
    moved.add_argument("plan", choices=("free", "pro", "enterprise"))
    plan = things.add_parser("plan", help="what each plan allows").add_subparsers(dest="verb", required=True)
    plan.add_parser("list")
    allow = plan.add_parser("allow", help="change what a plan allows")
    allow.add_argument("plan", choices=("free", "pro", "enterprise"))
    allow.add_argument("scope", choices=SCOPES, help="to whom: all of a workspace, each member, each key")
    allow.add_argument("measure", choices=MEASURES)
    allow.add_argument("amount", type=an_amount, help="how many (credit: micro-USD), or none for no limit")
    key = things.add_parser("key", help="add, list or revoke API keys").add_subparsers(dest="verb", required=True)
    added = key.add_parser("add", help="make a key and print it, once, alone on standard output")
    added.add_argument("email")
    added.add_argument("--workspace", metavar="ID", help="the workspace's id, if the user has several")
    added.add_argument("--name", default="key", help="what the key is for")
    added.add_argument("--replace", action="store_true", help="revoke the user's earlier keys of that name")
    key.add_parser("list")
    key.add_parser("revoke").add_argument("id")


def add_reconcile(reconcile: argparse.ArgumentParser) -> None:
    """`reconcile`, and `reconcile import`."""
    add_database(reconcile)
    span = reconcile.add_mutually_exclusive_group()
    span.add_argument("--day", type=a_day, metavar="YYYY-MM-DD", help="that day alone (UTC)")
    span.add_argument("--days", type=a_number, default=2, metavar="N", help="so many, today included (default 2)")
    reconcile.add_argument("--json", action="store_true", help="for programs")
    verbs = reconcile.add_subparsers(dest="verb", metavar="import")
    imported = verbs.add_parser("import", help="keep what a provider says that it counted")
    imported.add_argument("file", help="CSV or JSON lines; - is standard input")


def add_model(model: argparse.ArgumentParser) -> None:
    """`model list|pull|use`."""
    verbs = model.add_subparsers(dest="verb", required=True, metavar="list|pull|use")
    verbs.add_parser("list", help="which local models there are, which is here, which is used")
    pull = verbs.add_parser("pull", help="download a model's weights and check them")
    pull.add_argument("name", nargs="?", help="a name from `model list` (default: the one in use)")
    pull.add_argument("--mirror", type=Path, metavar="FILE", help="a file that names other places of the same bytes")
    verbs.add_parser("use", help="choose the model that `up` starts").add_argument("name")


def add_prompt(prompt: argparse.ArgumentParser) -> None:
    """`prompt list|try`."""
    verbs = prompt.add_subparsers(dest="verb", required=True, metavar="list|try")
    verbs.add_parser("list", help="each brew with the version, the length and the summary of its prompt")
    tried = verbs.add_parser("try", help="show what a model would be told, and what it answers")
    tried.add_argument("brew", help="a name from `prompt list`")
    tried.add_argument("file", nargs="?", help="what goes along with the question; - is standard input")
    tried.add_argument("--question", nargs="+", default=[], metavar="WORD", help="what is asked")
    tried.add_argument("--model", type=not_empty, default="default", metavar="ALIAS", help="which model answers")
    tried.add_argument("--show", action="store_true", help="show the messages and ask nothing")
