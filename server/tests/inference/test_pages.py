"""What a key may ask beside chat: who it belongs to, which brews there are."""

from __future__ import annotations

from typing import Any

import pytest

from aniate_server.accounts import store
from aniate_server.brews.catalogue import offered
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY
from server.tests.inference.gateway import NOWHERE, Gateway, serving

pytestmark = pytest.mark.anyio


async def get(gateway: Any, path: str, key: str) -> tuple[int, Any]:
    async with gateway.http.get(gateway.url + path, headers={"authorization": f"Bearer {key}"}) as answer:
        return answer.status, await answer.json()


async def test_whoami_tells_whose_key_it_is(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    assert await get(gateway, "/v1/whoami", ada.key) == (
        200,
        {
            "user_id": str(ada.user_id),
            "email": "ada@example.com",
            "workspace_id": str(ada.workspace_id),
            "workspace": "ada's workspace",
            "plan": "free",
            "key_name": "test",
            "session_id": "",
        },
    )


async def test_brews_are_listed_with_their_summaries(gateway: Gateway, tenant: MakeTenant) -> None:
    status, body = await get(gateway, "/v1/brews", (await tenant("ada")).key)
    assert status == 200
    assert [brew["name"] for brew in body["brews"]] == [brew.name for brew in offered(gateway.services.catalogue)]
    assert all(set(brew) == {"name", "summary"} and brew["summary"] for brew in body["brews"])


@pytest.mark.parametrize("path", ["/v1/whoami", "/v1/brews"])
async def test_without_a_live_key_nothing_is_told(
    gateway: Gateway, db: Database, tenant: MakeTenant, path: str
) -> None:
    ada = await tenant("ada")
    await store.revoke_key(db, ada.key_id)
    for key in (ada.key, "", "aniate_sk_" + "x" * 43):
        status, body = await get(gateway, path, key)
        assert (status, body["error"]["code"]) == (401, "not_authenticated")


async def test_the_provider_counts_as_healthy_while_it_answers(
    gateway: Gateway, db: Database, database: TestDatabase
) -> None:
    assert await gateway.services.provider.healthy()
    async with serving(db, database, Provider("groq", NOWHERE, KEY)) as lonely:
        assert not await lonely.services.provider.healthy()
