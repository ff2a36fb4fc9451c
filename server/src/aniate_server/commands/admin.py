"""`aniate-server admin`: users, workspaces, plans and API keys, from the machine that holds the database."""

from __future__ import annotations

import argparse
import asyncio
import sys
from uuid import UUID

from aniate_server.accounts import store
from aniate_server.limits import store as limits_store
from aniate_server.parts import database_url
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest, NotFound
from aniate_server.plumbing.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what thing and verb say."""
    with database_url(settings) as url:
        asyncio.run(act(url, arguments))
    return 0


async def act(url: str, arguments: argparse.Namespace) -> None:
    """Open the database, do it, close."""
    db = await Database.open(url, connections=1)
    try:
        await VERBS[arguments.thing, arguments.verb](db, arguments)
    finally:
        await db.close()


async def add_user(db: Database, arguments: argparse.Namespace) -> None:
    """A user, with the workspace that everyone has from the first day."""
    if "@" not in arguments.email:
        raise BadRequest(f"{arguments.email!r} is no e-mail address.")
    name = arguments.name or arguments.email.partition("@")[0]
    user_id = await store.create_account(db, arguments.email, name)
    say(f"{user_id}  {arguments.email}")


async def add_workspace(db: Database, arguments: argparse.Namespace) -> None:
    """One more workspace for a user."""
    owner = await user_named(db, arguments.owner)
    say(f"{await store.create_workspace(db, arguments.name, owner.id)}  {arguments.name}")


async def add_key(db: Database, arguments: argparse.Namespace) -> None:
    """A key, alone on standard output so that it can be piped on; all else goes to standard error."""
    user = await user_named(db, arguments.email)
    workspace_id = await workspace_of(db, user, arguments.workspace)
    if arguments.replace:
        for old in await store.list_keys(db):
            if (old.user_id, old.workspace_id, old.name) == (user.id, workspace_id, arguments.name):
                await store.revoke_key(db, old.id)
    key_id, key = await store.create_key(db, workspace_id, user.id, arguments.name)
    if sys.stdout.isatty():
        sys.stderr.write(f"Key {key_id} for {arguments.email}; it is shown this once:\n")
    try:
        sys.stdout.write(f"{key}\n")
        sys.stdout.flush()
    except OSError:  # nobody has seen it, so nobody shall have it
        await store.revoke_key(db, key_id)
        raise


async def revoke_key(db: Database, arguments: argparse.Namespace) -> None:
    """End a key, at once."""
    if not await store.revoke_key(db, uuid_of(arguments.id)):
        raise NotFound(f"No live key has the id {arguments.id}.", "See: aniate-server admin key list")
    say("Revoked.")


async def list_users(db: Database, arguments: argparse.Namespace) -> None:
    """One line a user."""
    for user in await store.list_users(db):
        say(f"{user.id}  {user.email}")


async def list_workspaces(db: Database, arguments: argparse.Namespace) -> None:
    """One line a workspace."""
    for workspace in await store.list_workspaces(db):
        say(f"{workspace.id}  {workspace.plan:<10}  {workspace.owner_email}  {workspace.name}")


async def list_keys(db: Database, arguments: argparse.Namespace) -> None:
    """One line a live key; never the key itself."""
    for key in await store.list_keys(db):
        say(f"{key.id}  {key.prefix}…  {key.email}  {key.name}")


async def user_named(db: Database, email: str) -> store.User:
    """The user with that e-mail; NotFound if there is none."""
    for user in await store.list_users(db):
        if user.email == email.lower():
            return user
    raise NotFound(f"No user has the e-mail {email}.", f"Make one: aniate-server admin user add {email}")


async def workspace_of(db: Database, user: store.User, wanted: str | None) -> UUID:
    """The workspace that a key is for: the one asked for, or the user's only one."""
    owned = [workspace.id for workspace in await store.list_workspaces(db) if workspace.owner_email == user.email]
    if wanted:
        if uuid_of(wanted) in owned:
            return uuid_of(wanted)
        raise NotFound(f"{user.email} owns no workspace {wanted}.", "See: aniate-server admin workspace list")
    if len(owned) == 1:
        return owned[0]
    raise BadRequest(f"{user.email} owns {len(owned)} workspaces.", "Choose one with --workspace ID")


def uuid_of(text: str) -> UUID:
    """An id that was typed; BadRequest if it is none."""
    try:
        return UUID(text)
    except ValueError:
        raise BadRequest(f"{text!r} is no id.") from None


async def set_plan(db: Database, arguments: argparse.Namespace) -> None:
    """Put a workspace on another plan, from the next request on."""
    await store.set_plan(db, uuid_of(arguments.id), arguments.plan)
    say(f"{arguments.id}  {arguments.plan}")


async def list_plans(db: Database, arguments: argparse.Namespace) -> None:
    """What each plan allows, a limit a line."""
    for each in await limits_store.allowances(db):
        say(f"{each.plan:<11} {each.scope:<10} {each.measure:<16} {each.amount}")


async def allow(db: Database, arguments: argparse.Namespace) -> None:
    """Change what a plan allows, from the next request on."""
    await limits_store.allow(db, arguments.plan, arguments.scope, arguments.measure, arguments.amount)
    left = "no limit" if arguments.amount is None else str(arguments.amount)
    say(f"{arguments.plan}  {arguments.scope}  {arguments.measure}  {left}")


def say(line: str) -> None:
    """One line of the result."""
    sys.stdout.write(f"{line}\n")


VERBS = {
    ("user", "add"): add_user,
    ("user", "list"): list_users,
    ("workspace", "add"): add_workspace,
    ("workspace", "list"): list_workspaces,
    ("workspace", "plan"): set_plan,
    ("plan", "list"): list_plans,
    ("plan", "allow"): allow,
    ("key", "add"): add_key,
    ("key", "list"): list_keys,
    ("key", "revoke"): revoke_key,
}
