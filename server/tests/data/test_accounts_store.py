"""Users, workspaces and keys through the stores."""

from __future__ import annotations

from uuid import UUID

import psycopg
import pytest

from aniate_server.accounts import store
from aniate_server.accounts.caller import Caller
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import BadRequest
from aniate_server.plumbing.ids import new_id
from server.tests.data.cluster import MakeTenant, TestDatabase, owner_of

pytestmark = pytest.mark.anyio


async def test_a_key_leads_to_its_owner(db: Database, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    await tenant("bob")
    owner = await owner_of(db, ada.key)
    assert owner == Caller(
        ada.user_id, "ada@example.com", ada.workspace_id, "ada's workspace", "free", "test", key_id=ada.key_id
    )


async def test_an_unknown_key_leads_nowhere(db: Database, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    assert await owner_of(db, ada.key + "x") is None


async def test_a_revoked_key_leads_nowhere_and_is_revoked_once(db: Database, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    assert await store.revoke_key(db, ada.key_id) is True
    assert await store.revoke_key(db, ada.key_id) is False
    assert await owner_of(db, ada.key) is None
    assert await store.list_keys(db) == []


async def test_revoking_one_key_leaves_the_others(db: Database, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await store.revoke_key(db, ada.key_id)
    assert [key.id for key in await store.list_keys(db)] == [bob.key_id]
    assert await owner_of(db, bob.key) is not None


async def test_a_key_has_its_documented_form_and_is_kept_as_a_hash_alone(
    db: Database, tenant: MakeTenant, database: TestDatabase
) -> None:
    ada = await tenant("ada")
    assert ada.key.startswith("aniate_sk_")
    assert len(ada.key) == len("aniate_sk_") + 43
    with psycopg.connect(database.superuser_url) as connection:
        kept = connection.execute("select k::text from accounts.api_keys k").fetchall()
    secret = ada.key.removeprefix("aniate_sk_")
    assert len(kept) == 1
    assert secret not in kept[0][0]
    assert store.hash_of(ada.key).hex() in kept[0][0]


async def test_who_leaves_a_workspace_loses_its_keys(db: Database, tenant: MakeTenant, database: TestDatabase) -> None:
    ada = await tenant("ada")
    with psycopg.connect(database.superuser_url) as connection:
        connection.execute("delete from aniate.members")
    assert await owner_of(db, ada.key) is None


async def test_an_email_is_taken_whatever_its_case(db: Database, tenant: MakeTenant) -> None:
    await tenant("ada")
    with pytest.raises(BadRequest, match=r"There is a user with the e-mail ADA@example\.com already\."):
        await store.create_user(db, "ADA@example.com", "Ada")


@pytest.mark.parametrize("email", ["", "ada", "ada@", "a da@example.com", "@example.com"])
async def test_what_is_no_email_is_refused(db: Database, email: str) -> None:
    with pytest.raises(BadRequest, match=r"The e-mail address is none"):
        await store.create_user(db, email, "Ada")


async def test_a_key_is_made_for_members_only(db: Database, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    with pytest.raises(BadRequest, match=r"no such member"):
        await store.create_key(db, ada.workspace_id, bob.user_id, "sneaky")
    await store.add_member(db, ada.workspace_id, bob.user_id)
    _, key = await store.create_key(db, ada.workspace_id, bob.user_id, "invited")
    owner = await owner_of(db, key)
    assert owner is not None
    assert (owner.user_id, owner.workspace_id) == (bob.user_id, ada.workspace_id)


async def test_a_workspace_needs_an_owner_that_exists_and_a_plan_that_exists(db: Database, tenant: MakeTenant) -> None:
    with pytest.raises(BadRequest, match=r"no such user"):
        await store.create_workspace(db, "nobody's", new_id())
    ada = await tenant("ada")
    with pytest.raises(BadRequest, match=r"There is no plan 'gold'"):
        await store.create_workspace(db, "golden", ada.user_id, "gold")
    assert [workspace.id for workspace in await store.list_workspaces(db)] == [ada.workspace_id]


async def test_lists_show_what_there_is(db: Database, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    assert [(user.id, user.email) for user in await store.list_users(db)] == [
        (ada.user_id, "ada@example.com"),
        (bob.user_id, "bob@example.com"),
    ]
    assert [(w.id, w.owner_email, w.plan) for w in await store.list_workspaces(db)] == [
        (ada.workspace_id, "ada@example.com", "free"),
        (bob.workspace_id, "bob@example.com", "free"),
    ]
    assert [(key.id, key.prefix) for key in await store.list_keys(db)] == [
        (ada.key_id, ada.key[:14]),
        (bob.key_id, bob.key[:14]),
    ]


def test_ids_grow_with_time() -> None:
    ids = [new_id() for _ in range(1000)]
    assert all(isinstance(one, UUID) and one.version == 7 for one in ids)
    assert ids == sorted(ids)
