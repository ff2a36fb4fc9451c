"""Logins: tokens that renew themselves, that are changed at each use, and that are dead when the login ends."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from aniate import wire
from aniate_server.accounts import sessions
from aniate_server.accounts.oauth_errors import OAuthRefused
from aniate_server.accounts.session_store import Session
from aniate_server.accounts.sessions import Machine
from server.tests.data.cluster import MakeTenant
from server.tests.inference.gateway import Gateway

pytestmark = pytest.mark.anyio
LAPTOP = Machine("ada's laptop", "ant/1.0.0 Linux", "127.0.0.1")


async def logged_in(gateway: Gateway, user_id: UUID, machine: Machine = LAPTOP) -> tuple[Session, wire.Tokens]:
    session = await sessions.start(gateway.services.identity, user_id, machine)
    return session, await sessions.tokens_for(gateway.services.identity, session)


async def get(gateway: Gateway, path: str, token: str, method: str = "GET", **more: Any) -> tuple[int, Any]:
    headers = {"authorization": f"Bearer {token}"}
    async with gateway.http.request(method, gateway.url + path, headers=headers, **more) as answer:
        return answer.status, (await answer.json() if answer.status != 204 else None)


def sql(gateway: Gateway, statement: str) -> None:
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        connection.execute(statement.encode())


async def test_an_access_token_says_who_asks_and_on_which_machine(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    session, tokens = await logged_in(gateway, ada.user_id)
    status, account = await get(gateway, wire.WHOAMI_PATH, tokens.access_token)
    assert status == 200
    assert account == {
        "user_id": str(ada.user_id),
        "email": ada.email,
        "workspace_id": str(ada.workspace_id),
        "workspace": ada.workspace,
        "plan": "free",
        "key_name": "ada's laptop",
        "session_id": str(session.id),
    }


async def test_a_question_is_charged_to_the_login(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    session, tokens = await logged_in(gateway, ada.user_id)
    await gateway.chat(tokens.access_token)
    assert gateway.rows("key_id, session_id, user_id") == [(None, session.id, ada.user_id)]


async def test_a_refresh_gives_new_tokens_and_the_lost_answer_once_more(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    _, first = await logged_in(gateway, (await tenant("ada")).user_id)
    second = await sessions.refresh(identity, first.refresh_token, "::1")
    again = await sessions.refresh(identity, first.refresh_token, "::1")
    assert second.refresh_token == again.refresh_token != first.refresh_token
    assert (await get(gateway, wire.WHOAMI_PATH, again.access_token))[0] == 200
    third = await sessions.refresh(identity, again.refresh_token, "::1")
    assert third.refresh_token not in (first.refresh_token, second.refresh_token)


@pytest.mark.parametrize("age", ["31 seconds", "2 days"])
async def test_a_rotated_token_used_again_later_ends_the_login_everywhere(
    gateway: Gateway, tenant: MakeTenant, age: str
) -> None:
    identity = gateway.services.identity
    _, first = await logged_in(gateway, (await tenant("ada")).user_id)
    second = await sessions.refresh(identity, first.refresh_token, "::1")
    sql(gateway, f"update accounts.sessions set rotated_at = now() - interval '{age}'")
    with pytest.raises(OAuthRefused, match="two places"):
        await sessions.refresh(identity, first.refresh_token, "::1")
    with pytest.raises(OAuthRefused, match="has ended"):
        await sessions.refresh(identity, second.refresh_token, "::1")
    assert (await get(gateway, wire.WHOAMI_PATH, second.access_token))[0] == 401


async def test_a_token_whose_successor_was_used_ends_the_login_at_once(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    _, first = await logged_in(gateway, (await tenant("ada")).user_id)
    second = await sessions.refresh(identity, first.refresh_token, "::1")
    await sessions.refresh(identity, second.refresh_token, "::1")
    with pytest.raises(OAuthRefused, match="two places"):
        await sessions.refresh(identity, first.refresh_token, "::1")


async def test_many_refreshes_at_once_are_one(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    session, first = await logged_in(gateway, (await tenant("ada")).user_id)
    renewed = await asyncio.gather(*(sessions.refresh(identity, first.refresh_token, "::1") for _ in range(8)))
    assert len({tokens.refresh_token for tokens in renewed}) == 1
    [(generation,)] = rows(gateway, "select generation from accounts.sessions")
    assert generation == session.generation + 1


def rows(gateway: Gateway, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(gateway.database_url) as connection:
        return connection.execute(query.encode()).fetchall()


@pytest.mark.parametrize("token", ["", "x", "aniate_rt_", "aniate_rt_AAAA", "aniate_rt_" + "A" * 70, "aniate_rt_é"])
async def test_what_we_did_not_make_is_refused(gateway: Gateway, token: str) -> None:
    with pytest.raises(OAuthRefused, match="no refresh token"):
        await sessions.refresh(gateway.services.identity, token, "::1")


async def test_a_token_with_another_generation_does_not_carry_our_mark(gateway: Gateway, tenant: MakeTenant) -> None:
    session, first = await logged_in(gateway, (await tenant("ada")).user_id)
    forged = sessions.refresh_token(gateway.services.identity.secret, session.id, 0)[:-4] + "AAAA"
    assert first.refresh_token[:20] == forged[:20]
    with pytest.raises(OAuthRefused, match="no refresh token"):
        await sessions.refresh(gateway.services.identity, forged, "::1")


async def test_logins_are_listed_and_ended_one_by_one(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    laptop, tokens = await logged_in(gateway, ada.user_id)
    desktop, others = await logged_in(gateway, ada.user_id, Machine("desk\x1btop\n", "ant/1.0.0", "::1"))
    _, bobs = await logged_in(gateway, bob.user_id)
    _, told = await get(gateway, wire.SESSIONS_PATH, tokens.access_token)
    assert [(each["name"], each["current"]) for each in told["sessions"]] == [("desk top", False), (LAPTOP.name, True)]

    assert (await get(gateway, f"{wire.SESSIONS_PATH}/{desktop.id}", bobs.access_token, "DELETE"))[0] == 404
    assert (await get(gateway, f"{wire.SESSIONS_PATH}/{desktop.id}", tokens.access_token, "DELETE"))[0] == 204
    assert (await get(gateway, f"{wire.SESSIONS_PATH}/{desktop.id}", tokens.access_token, "DELETE"))[0] == 404
    assert (await get(gateway, wire.WHOAMI_PATH, others.access_token))[0] == 401
    assert (await get(gateway, wire.WHOAMI_PATH, tokens.access_token))[0] == 200
    with pytest.raises(OAuthRefused):
        await sessions.refresh(gateway.services.identity, others.refresh_token, "::1")
    assert (await get(gateway, wire.SESSIONS_PATH, tokens.access_token, "DELETE")) == (200, {"ended": 1})
    assert (await get(gateway, wire.WHOAMI_PATH, tokens.access_token))[0] == 401
    assert laptop.kind == "cli"


async def test_all_others_can_be_ended(gateway: Gateway, tenant: MakeTenant) -> None:
    ada = await tenant("ada")
    _, tokens = await logged_in(gateway, ada.user_id)
    _, others = await logged_in(gateway, ada.user_id)
    answered = await get(gateway, f"{wire.SESSIONS_PATH}?others=true", tokens.access_token, "DELETE")
    assert answered == (200, {"ended": 1})
    assert (await get(gateway, wire.WHOAMI_PATH, others.access_token))[0] == 401
    assert (await get(gateway, wire.WHOAMI_PATH, tokens.access_token))[0] == 200


async def test_an_ended_login_is_known_within_one_poll_of_the_feed(gateway: Gateway, tenant: MakeTenant) -> None:
    feed = gateway.services.identity.feed
    session, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    await feed.poll()
    assert not await feed.has_ended(session.id)
    await sessions.revoke(gateway.services.identity, tokens.refresh_token, "::1")
    await feed.poll()
    assert session.id in feed._ended
    assert await feed.has_ended(session.id)


async def test_an_end_that_is_committed_late_is_not_missed(gateway: Gateway, tenant: MakeTenant) -> None:
    feed = gateway.services.identity.feed
    session, _ = await logged_in(gateway, (await tenant("ada")).user_id)
    with psycopg.connect(gateway.database_url) as slow:
        slow.execute("update accounts.sessions set revoked_at = now()")
        await feed.poll()
        sql(gateway, "create table public.later (at int)")  # other transactions come and go meanwhile
        await feed.poll()
        assert session.id not in feed._ended
    await feed.poll()
    assert session.id in feed._ended


async def test_an_unused_login_ends_by_itself(gateway: Gateway, tenant: MakeTenant) -> None:
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    sql(gateway, "update accounts.sessions set expires_at = now() - interval '1 second'")
    with pytest.raises(OAuthRefused, match="has ended"):
        await sessions.refresh(gateway.services.identity, tokens.refresh_token, "::1")


async def test_a_browsers_login_is_found_by_its_cookie_alone(gateway: Gateway, tenant: MakeTenant) -> None:
    identity = gateway.services.identity
    session, cookie = await sessions.start_web(identity, (await tenant("ada")).user_id, LAPTOP)
    found = await sessions.web_session(identity, cookie)
    assert found is not None and found.id == session.id and found.kind == "web"
    assert await sessions.web_session(identity, cookie + "x") is None
    assert await sessions.web_session(identity, "") is None
    assert cookie not in str(rows(gateway, "select * from accounts.sessions"))
    await sessions.end(identity, session.user_id, session.id, "::1")
    assert await sessions.web_session(identity, cookie) is None


async def test_old_logins_are_forgotten(gateway: Gateway, tenant: MakeTenant) -> None:
    from aniate_server.accounts import session_store

    session, _ = await logged_in(gateway, (await tenant("ada")).user_id)
    await sessions.end(gateway.services.identity, session.user_id, session.id, "::1")
    await session_store.purge(gateway.services.db, timedelta(hours=1), timedelta(days=1))
    assert rows(gateway, "select count(*) from accounts.revocations") == [(1,)]
    await session_store.purge(gateway.services.db, timedelta(0), timedelta(0))
    assert rows(gateway, "select (select count(*) from accounts.revocations), count(*) from accounts.sessions") == [
        (0, 0)
    ]


async def test_keys_are_made_shown_once_and_revoked(gateway: Gateway, tenant: MakeTenant) -> None:
    ada, bob = await tenant("ada"), await tenant("bob")
    _, tokens = await logged_in(gateway, ada.user_id)
    status, made = await get(gateway, wire.KEYS_PATH, tokens.access_token, "POST", json={"name": "ci"})
    assert status == 201 and made["key"].startswith("aniate_sk_")
    assert (await get(gateway, wire.WHOAMI_PATH, made["key"]))[1]["key_name"] == "ci"
    _, told = await get(gateway, wire.KEYS_PATH, tokens.access_token)
    assert {key["name"] for key in told["keys"]} == {"test", "ci"}
    assert made["key"] not in str(told)
    assert (await get(gateway, f"{wire.KEYS_PATH}/{made['id']}", bob.key, "DELETE"))[0] == 404
    assert (await get(gateway, f"{wire.KEYS_PATH}/{made['id']}", tokens.access_token, "DELETE"))[0] == 204
    assert (await get(gateway, wire.WHOAMI_PATH, made["key"]))[0] == 401


@pytest.mark.parametrize("name", [None, "", "  ", 7, "x" * 201, "a\nb"])
async def test_a_key_needs_a_name(gateway: Gateway, tenant: MakeTenant, name: object) -> None:
    status, refused = await get(gateway, wire.KEYS_PATH, (await tenant("ada")).key, "POST", json={"name": name})
    assert (status, refused["error"]["code"]) == (400, "bad_request")


async def test_a_user_has_at_most_fifty_keys(gateway: Gateway, tenant: MakeTenant) -> None:
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    answers = [
        await get(gateway, wire.KEYS_PATH, tokens.access_token, "POST", json={"name": f"k{n}"}) for n in range(50)
    ]
    assert [status for status, _ in answers] == [201] * 49 + [400]


async def test_no_such_login_or_key_is_told(gateway: Gateway, tenant: MakeTenant) -> None:
    _, tokens = await logged_in(gateway, (await tenant("ada")).user_id)
    for path in (wire.SESSIONS_PATH, wire.KEYS_PATH):
        assert (await get(gateway, f"{path}/{uuid4()}", tokens.access_token, "DELETE"))[0] == 404
