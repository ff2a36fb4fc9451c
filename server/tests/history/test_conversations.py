"""Conversations over HTTP: kept, changed, deleted, told to other machines; each user's own, sealed at rest."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest
from fastapi.responses import StreamingResponse

from aniate_server.accounts import export, people_store
from aniate_server.plumbing.db import Database
from server.tests.data.cluster import MakeTenant, Tenant
from server.tests.inference.cached import sql
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio
LINES = ['{"conversation": "x"}', '{"question": "the secret plan", "answer": "Yes."}']


async def call(
    gateway: Gateway, who: Tenant, method: str, path: str = "", body: object = None, **headers: str
) -> tuple[int, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with gateway.http.request(
        method,
        f"{gateway.url}/v1/conversations{path}",
        json=body,
        headers={"authorization": f"Bearer {who.key}", **named},
    ) as answer:
        return answer.status, await answer.json() if await answer.read() else None


async def keep(gateway: Gateway, who: Tenant, name: str, lines: list[str] = LINES, known: int = 0) -> tuple[int, Any]:
    condition = {"if_match": f'"{known}"'} if known else {"if_none_match": "*"}
    return await call(gateway, who, "PUT", f"/{name}", {"lines": lines}, **condition)


async def changed(gateway: Gateway, who: Tenant, after: int = 0) -> list[dict[str, Any]]:
    status, told = await call(gateway, who, "GET", f"?after={after}")
    assert (status, told["user_id"]) == (200, str(who.user_id))
    found: list[dict[str, Any]] = told["conversations"]
    assert told["more"] == bool(found)
    return found


async def parts_of(gateway: Gateway, who: Tenant) -> list[str]:
    answer = await export.answer(gateway.services.identity, who.user_id, "::1")
    assert isinstance(answer, StreamingResponse)
    return [str(part) async for part in answer.body_iterator]


async def exported(gateway: Gateway, who: Tenant) -> dict[str, Any]:
    found: dict[str, Any] = json.loads("".join(await parts_of(gateway, who)))
    return found


async def test_what_one_machine_keeps_the_other_is_told(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    one, two = uuid4().hex, uuid4().hex
    assert await keep(gateway, ada, one) == (200, {"id": one, "version": 2, "sequence": 1})
    await keep(gateway, ada, two)
    assert (await keep(gateway, ada, one, [*LINES, "{}"], known=2))[1]["sequence"] == 3
    told = await changed(gateway, ada)
    assert [(each["id"], each["version"], each["lines"]) for each in told] == [
        (two, 2, LINES),
        (one, 3, [*LINES, "{}"]),
    ]
    assert [each["id"] for each in await changed(gateway, ada, after=2)] == [one]
    assert await changed(gateway, ada, after=3) == []


async def test_of_two_writers_the_second_is_told(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    one = uuid4().hex
    await keep(gateway, ada, one)
    for refused in (await keep(gateway, ada, one), await keep(gateway, ada, one, known=1)):
        assert (refused[0], refused[1]["error"]["code"]) == (412, "conflict")
    assert (await call(gateway, ada, "PUT", f"/{one}", {"lines": LINES}))[0] == 428


async def test_what_was_deleted_stays_deleted_and_the_others_hear_of_it(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    one, two, three = (uuid4().hex for _ in range(3))
    for each in (one, two, three):
        await keep(gateway, ada, each)
    assert (await call(gateway, ada, "DELETE", f"/{one}"))[0] == 204
    assert (await call(gateway, ada, "DELETE", f"/{one}"))[0] == 404
    assert (await keep(gateway, ada, one))[0] == 412
    assert [(each["id"], each["lines"]) for each in await changed(gateway, ada, after=3)] == [(one, None)]
    assert await call(gateway, ada, "DELETE") == (200, {"deleted": 2})
    assert [each["lines"] for each in await changed(gateway, ada)] == [None, None, None]


async def test_nobody_else_sees_or_changes_them(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    one = uuid4().hex
    await keep(gateway, ada, one)
    assert await changed(gateway, bob) == []
    assert (await call(gateway, bob, "DELETE", f"/{one}"))[0] == 404
    assert await call(gateway, bob, "DELETE") == (200, {"deleted": 0})
    assert (await keep(gateway, bob, one, ["{}"]))[0] == 200, "an id says nothing of others'"
    assert [each["lines"] for each in await changed(gateway, ada)] == [LINES]


async def test_at_rest_they_are_sealed(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    await keep(gateway, ada, uuid4().hex)
    [(sealed,)] = sql(gateway, "select sealed from aniate.conversations")
    assert b"secret plan" not in sealed and b"question" not in sealed


@pytest.mark.parametrize(
    ("name", "body", "status"),
    [
        ("0" * 31, {"lines": LINES}, 404),
        ("G" * 32, {"lines": LINES}, 404),
        ("0" * 32, {}, 400),
        ("0" * 32, {"lines": []}, 400),
        ("0" * 32, {"lines": ["a\nb"]}, 400),
        ("0" * 32, {"lines": ["é"]}, 400),
        ("0" * 32, {"lines": [1]}, 400),
        ("0" * 32, {"lines": ["x" * (640 * 1024)]}, 413),
    ],
)
async def test_what_is_no_conversation_is_refused(
    name: str, body: object, status: int, gateway: Gateway, tenant: MakeTenant
) -> None:
    assert (await call(gateway, await tenant("ada"), "PUT", f"/{name}", body, if_none_match="*"))[0] == status


async def test_many_come_in_several_answers_of_bounded_size(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    names = [uuid4().hex for _ in range(4)]
    for name in names:
        await keep(gateway, ada, name, [json.dumps({"text": "x" * 400_000})])
    seen: list[str] = []
    after = 0
    while page := await changed(gateway, ada, after):
        assert len(json.dumps(page)) < 1 << 20
        seen += [each["id"] for each in page]
        after = page[-1]["sequence"]
    assert seen == names


async def test_the_account_as_a_file_has_them_and_its_end_ends_them(
    db: Database, gateway: Gateway, tenant: MakeTenant
) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    one = uuid4().hex
    for who in (ada, bob):
        await keep(gateway, who, one)
    document = await exported(gateway, ada)
    assert [(each["id"], each["lines"]) for each in document["conversations"]] == [(one, LINES)]
    await people_store.delete_account(db, ada.user_id, "https://aniate.example")
    assert sql(gateway, "select user_id from aniate.conversations") == [(bob.user_id,)]


async def test_the_file_comes_in_parts_and_is_never_whole_in_memory(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    names = [uuid4().hex for _ in range(20)]
    for name in names:  # packed, they are next to nothing
        await keep(gateway, ada, name, [json.dumps({"text": "x" * 100_000})])
    parts = await parts_of(gateway, ada)
    assert max(map(len, parts)) < 110_000
    assert [each["id"] for each in json.loads("".join(parts))["conversations"]] == names


async def test_one_that_can_not_be_opened_is_in_nobodys_way(db: Database, gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    one, two = uuid4().hex, uuid4().hex
    await keep(gateway, ada, one)
    await keep(gateway, ada, two)
    await keep(gateway, bob, one, ["bob's"])
    for sealed in ("select sealed from aniate.conversations where user_id = %s", "select 'x'::bytea where %s <> ''"):
        sql(
            gateway,
            f"update aniate.conversations set sealed = ({sealed}) where user_id = %s and id = %s",
            str(bob.user_id), str(ada.user_id), one,
        )  # fmt: skip
        assert {each["id"]: each["lines"] for each in await changed(gateway, ada)} == {one: [], two: LINES}
        document = await exported(gateway, ada)
        assert sorted(str(each["lines"]) for each in document["conversations"]) == ["None", str(LINES)]


async def test_an_account_keeps_so_many_and_no_more(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    sql(
        gateway,
        "insert into aniate.conversations (id, user_id, version, sealed, sequence)"
        f" select gen_random_uuid(), '{ada.user_id}', 1, 'x', n from generate_series(1, 1000) n",
    )
    status, told = await keep(gateway, ada, uuid4().hex)
    assert (status, told["error"]["message"].split(",")[0]) == (400, "This account keeps 1")
    await call(gateway, ada, "DELETE")
    assert (await keep(gateway, ada, uuid4().hex))[0] == 200
