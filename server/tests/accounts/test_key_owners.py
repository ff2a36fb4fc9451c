"""A key is remembered for a second at most, and only where what follows asks the database all the same."""

from __future__ import annotations

import asyncio

import pytest

from aniate_server.accounts import store
from aniate_server.accounts.key_owners import FRESH_S, KeyOwners
from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from server.tests.data.cluster import MakeTenant
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio


class Watch(SystemClock):
    """Stands still until it is told otherwise."""

    now_s = 0.0

    def monotonic(self) -> float:
        return self.now_s


async def test_a_revoked_key_is_remembered_for_a_second_and_no_longer(db: Database, tenant: MakeTenant) -> None:
    ada, watch = await tenant("ada"), Watch()
    keys = KeyOwners(db, watch)
    assert (await keys.owner_lately(ada.key)) == (await keys.owner(ada.key)) is not None
    await store.revoke_key(db, ada.key_id)
    watch.now_s += FRESH_S
    assert await keys.owner_lately(ada.key) is not None
    watch.now_s += 0.001
    assert await keys.owner_lately(ada.key) is None


async def test_who_asks_the_database_is_told_at_once(db: Database, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    keys = KeyOwners(db, Watch())
    await keys.owner(ada.key)
    await store.revoke_key(db, ada.key_id)
    assert await keys.owner(ada.key) is None
    assert await keys.owner_lately(ada.key) is None


async def test_many_at_once_learn_each_their_own(db: Database, tenant: MakeTenant) -> None:
    tenants = [await tenant(name) for name in ("ada", "bob", "cleo")]
    keys = KeyOwners(db, SystemClock())
    found = await asyncio.gather(*(keys.owner(each.key) for each in tenants), keys.owner("nobody's"))
    assert [caller.user_id if caller else None for caller in found] == [*(each.user_id for each in tenants), None]


async def test_a_key_revoked_this_moment_asks_no_model(gateway: Gateway, db: Database, tenant: MakeTenant) -> None:
    """Whoever remembers the key, the row's own transaction does not."""
    ada = await tenant("ada")
    async with gateway.asking(ada.key) as answer:
        assert answer.status == 200
        await answer.read()
    await store.revoke_key(db, ada.key_id)
    async with gateway.asking(ada.key) as refused:
        assert refused.status == 401
    assert len(gateway.rows()) == 1
