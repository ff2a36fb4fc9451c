"""Brewed commands over HTTP: made, changed, deleted, shared by a code, and one name space with assistants."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from aniate_server.accounts.people_store import commands_of
from server.tests.data.cluster import MakeTenant, Tenant
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio
TEXT: dict[str, Any] = {
    "description": "count the lines of a file",
    "kind": "script",
    "arguments": [
        {"name": "path", "type": "file", "description": "the file", "required": True},
        {"name": "loud", "type": "flag", "description": "say more", "required": False},
    ],
    "body": 'wc -l -- "$path"',
    "may": ["runs"],
}
ASSISTANT = {"prompt": "You review code."}
Answer = tuple[int, Any, dict[str, str]]


async def call(gateway: Gateway, who: Tenant, method: str, path: str, body: object = None, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with gateway.http.request(
        method, f"{gateway.url}/v1{path}", json=body, headers={"authorization": f"Bearer {who.key}", **named}
    ) as answer:
        told = await answer.json() if await answer.read() else None
        return answer.status, told, {name.lower(): value for name, value in answer.headers.items()}


async def brew(gateway: Gateway, who: Tenant, name: str = "lines", **changes: Any) -> Answer:
    return await call(gateway, who, "PUT", f"/commands/{name}", {**TEXT, **changes}, if_none_match="*")


async def test_a_command_is_made_listed_read_changed_and_deleted(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    status, made, headers = await brew(gateway, ada)
    assert (status, made["version"], headers["etag"]) == (200, 1, '"1"')
    assert {key: made[key] for key in TEXT} == TEXT
    [listed] = (await call(gateway, ada, "GET", "/commands"))[1]["commands"]
    assert (listed["name"], listed["kind"], "body" in listed) == ("lines", "script", False)

    changed = await call(gateway, ada, "PUT", "/commands/lines", {**TEXT, "body": "true"}, if_match='"1"')
    assert (changed[0], changed[1]["version"], changed[1]["body"]) == (200, 2, "true")
    assert (await call(gateway, ada, "GET", "/commands/lines"))[1] == changed[1]
    assert (await call(gateway, ada, "PUT", "/commands/lines", TEXT, if_match='"1"'))[0] == 412
    assert (await call(gateway, ada, "DELETE", "/commands/lines", if_match='"1"'))[0] == 412
    assert (await call(gateway, ada, "DELETE", "/commands/lines"))[0] == 204
    assert (await call(gateway, ada, "GET", "/commands/lines"))[0] == 404
    assert (await call(gateway, ada, "PUT", "/commands/lines", TEXT, if_match='"2"'))[0] == 404


async def test_of_two_that_make_or_change_the_same_one_is_told(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    made = await asyncio.gather(*(brew(gateway, ada) for _ in range(4)))
    assert sorted(status for status, _, _ in made) == [200, 412, 412, 412]
    assert (await call(gateway, ada, "PUT", "/commands/lines", TEXT))[0] == 428
    changes = (call(gateway, ada, "PUT", "/commands/lines", TEXT, if_match='"1"') for _ in range(2))
    assert sorted(status for status, _, _ in await asyncio.gather(*changes)) == [200, 412]


async def test_a_name_is_an_assistants_or_a_commands_and_never_both(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    both = [
        answer
        for n in range(4)
        for answer in [
            await asyncio.gather(
                brew(gateway, ada, f"n{n}"),
                call(gateway, ada, "PUT", f"/assistants/n{n}", ASSISTANT, if_none_match="*"),
            )
        ]
    ]
    for pair in both:
        assert sorted(status for status, _, _ in pair) == [200, 412]
        [refused] = [told["error"] for status, told, _ in pair if status == 412]
        assert "of yours already" in refused["message"]
    assert len((await call(gateway, ada, "GET", "/names"))[1]["names"]) == 4
    assert (await brew(gateway, bob, "n0"))[0] == 200


async def test_the_names_of_both_come_in_one_list_and_again_only_if_it_changed(
    gateway: Gateway, tenant: MakeTenant
) -> None:
    ada = await tenant("ada")
    await brew(gateway, ada)
    first = await call(gateway, ada, "GET", "/names")
    assert first[1]["names"] == [{"name": "lines", "kind": "command", "summary": TEXT["description"]}]
    assert (await call(gateway, ada, "GET", "/names", if_none_match=first[2]["etag"]))[0] == 304
    await call(gateway, ada, "PUT", "/assistants/coder", ASSISTANT, if_none_match="*")
    second = await call(gateway, ada, "GET", "/names", if_none_match=first[2]["etag"])
    assert [(each["name"], each["kind"]) for each in second[1]["names"]] == [
        ("coder", "assistant"),
        ("lines", "command"),
    ]


async def test_each_workspace_has_its_own(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await brew(gateway, ada)
    assert (await call(gateway, bob, "GET", "/commands"))[1] == {"commands": []}
    assert (await call(gateway, bob, "GET", "/names"))[1] == {"names": []}
    for method, path in (("GET", ""), ("DELETE", ""), ("PUT", "/share"), ("DELETE", "/share")):
        assert (await call(gateway, bob, method, f"/commands/lines{path}"))[0] == 404
    assert (await call(gateway, bob, "PUT", "/commands/lines", TEXT, if_match='"1"'))[0] == 404
    assert (await call(gateway, ada, "GET", "/commands/lines"))[1]["version"] == 1


async def test_a_code_gives_a_copy_as_it_was_shared_until_that_is_ended(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await brew(gateway, ada)
    status, share, _ = await call(gateway, ada, "PUT", "/commands/lines/share")
    assert status == 200 and share["code"].startswith("cmd_")
    path = f"/shared/{share['code']}"
    status, copy, _ = await call(gateway, bob, "GET", path)
    assert (status, copy) == (200, {"name": "lines", **TEXT})
    assert "workspace" not in str(copy) and "ada" not in str(copy)

    await call(gateway, ada, "PUT", "/commands/lines", {**TEXT, "body": "other"}, if_match='"1"')
    assert (await call(gateway, bob, "GET", path))[1]["body"] == TEXT["body"]
    assert (await call(gateway, ada, "PUT", "/commands/lines/share"))[1] == share
    assert (await call(gateway, bob, "GET", path))[1]["body"] == "other"

    assert (await call(gateway, ada, "DELETE", "/commands/lines/share"))[0] == 204
    assert (await call(gateway, bob, "GET", path))[0] == 404
    assert (await call(gateway, ada, "DELETE", "/commands/lines/share"))[0] == 404
    again = (await call(gateway, ada, "PUT", "/commands/lines/share"))[1]
    assert again["code"] != share["code"]
    await call(gateway, ada, "DELETE", "/commands/lines")
    assert (await call(gateway, bob, "GET", f"/shared/{again['code']}"))[0] == 404


async def test_a_code_is_for_who_has_an_account_and_nothing_else_is_one(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    await brew(gateway, ada)
    code = (await call(gateway, ada, "PUT", "/commands/lines/share"))[1]["code"]
    async with gateway.http.get(f"{gateway.url}/v1/shared/{code}") as answer:
        assert answer.status == 401
    for other in ("cmd_" + "0" * 32, code[:-1], code + "0", "%25", "lines"):
        assert (await call(gateway, ada, "GET", f"/shared/{other}"))[0] == 404


async def test_a_reserved_name_is_refused(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    for name in ("what", "cmd", "agree", "list", "brew"):
        status, told, _ = await brew(gateway, ada, name)
        assert (status, told["error"]["code"]) == (400, "reserved_name")


def argument(name: object, **fields: object) -> list[dict[str, object]]:
    return [{"name": name, "type": "text", "description": "", **fields}]


NO_COMMANDS: list[dict[str, Any]] = [
    {"description": ""},
    {"description": "two\nlines"},
    {"description": "x" * 201},
    {"kind": "program"},
    {"kind": 3},
    {"body": " \n"},
    {"body": "x" * 16385},
    {"body": "a\x00b"},
    {"body": "\ud800"},
    {"may": "runs"},
    {"may": ["everything"]},
    {"may": [["runs"]]},
    {"kind": "template"},
    {"arguments": {}},
    {"arguments": [3]},
    {"arguments": [argument(f"a{n}")[0] for n in range(21)]},
    {"arguments": argument("a") * 2},
    {"arguments": [*argument("a", required=False), *argument("b")]},
    {"arguments": argument("a", type="secret")},
    {"arguments": argument("a", required="yes")},
    {"arguments": argument("a", description="two\nlines")},
    *(
        {"arguments": argument(name)}
        for name in (
            "PATH", "IFS", "LD_PRELOAD", "BASH_ENV", "HOME", "Path", "1a", "a-b", "a b", "a=b", "", None, "é",
            "_", "a" * 33, "a\n", "help", "json", "http_proxy", "npm_config_registry",
        )
    ),
]  # fmt: skip


async def test_what_is_no_command_is_refused_in_one_sentence(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    for changes in NO_COMMANDS:
        status, told, _ = await brew(gateway, ada, **changes)
        assert (status, told["error"]["code"]) == (400, "bad_request"), changes
        assert "\n" not in told["error"]["message"]


async def test_ones_own_data_holds_the_commands_and_their_codes(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    await brew(gateway, ada)
    code = (await call(gateway, ada, "PUT", "/commands/lines/share"))[1]["code"]
    db = gateway.services.identity.db
    [mine] = await commands_of(db, ada.user_id, ada.workspace_id)
    assert (mine["name"], mine["body"], mine["shared_by_code"]) == ("lines", TEXT["body"], code)
    assert await commands_of(db, bob.user_id, ada.workspace_id) == []


async def test_there_are_at_most_two_hundred(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    answers = await asyncio.gather(*(brew(gateway, ada, f"a{n}") for n in range(198)))
    assert {status for status, _, _ in answers} == {200}
    raced = await asyncio.gather(*(brew(gateway, ada, f"b{n}") for n in range(5)))
    assert sorted(status for status, _, _ in raced) == [200, 200, 400, 400, 400]
    assert any("200 commands" in told["error"]["message"] for status, told, _ in raced if status == 400)
