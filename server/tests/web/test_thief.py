"""Who got in once is out for good when the owner says so: resets, ends of logins, races, what was allowed before."""

from __future__ import annotations

import asyncio
import time

import psycopg
import pytest

from aniate import wire
from aniate_server.accounts import people, sessions
from aniate_server.accounts.passwords import Passwords, checked
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import PASSWORD, Browser, mailed
from server.tests.web.grants import allowed_code, authorize_path, exchange, poll, post

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"
OTHER = "eleven yellow kites whisper"


async def reset(gateway: Gateway, browser: Browser, password: str = OTHER) -> None:
    """The owner's way back in, by mail."""
    await browser.open("/reset")
    await browser.send("/reset", email=ADA)
    await browser.open((await mailed(gateway))[-1].link)
    assert (await browser.send("/reset/new", password=password, again=password)).path == "/account"


async def allowed_device(gateway: Gateway, browser: Browser) -> str:
    """A device that was allowed and has not come back yet."""
    _, waiting = await post(gateway, wire.DEVICE_PATH, client_id="ant", device_name="box")
    await browser.open(waiting["verification_uri_complete"])
    await browser.send("/device/decide", decision="allow")
    return str(waiting["device_code"])


@pytest.mark.parametrize("how", ["reset", "end others", "end one"])
async def test_what_an_ended_login_allowed_is_void(gateway: Gateway, how: str) -> None:
    async with Browser(gateway) as owner, Browser(gateway) as thief:
        await owner.sign_up(ADA)
        await thief.sign_in(ADA)
        code, device = await allowed_code(thief), await allowed_device(gateway, thief)
        await owner.open("/account")
        if how == "reset":
            await reset(gateway, owner)
        elif how == "end others":
            await owner.send("/account/sessions/end-others")
        else:
            [(session_id,)] = rows(gateway, "select id::text from accounts.sessions order by created_at desc limit 1")
            await owner.send("/account/sessions/end", id=str(session_id))
        assert (await exchange(gateway, code))[0] == 400
        assert (await poll(gateway, device))[1]["error"] in ("access_denied", "invalid_grant")


def rows(gateway: Gateway, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        return connection.execute(query.encode()).fetchall()


async def test_what_was_allowed_stays_so_when_its_user_signs_out(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        code, device = await allowed_code(browser), await allowed_device(gateway, browser)
        await browser.open("/account")
        await browser.send("/sign-out")
        assert (await exchange(gateway, code))[0] == 200
        assert (await poll(gateway, device))[0] == 200


async def test_a_change_of_password_does_not_void_the_owners_reset(gateway: Gateway) -> None:
    async with Browser(gateway) as owner, Browser(gateway) as thief:
        await owner.sign_up(ADA)
        await thief.sign_in(ADA)
        await owner.open("/reset")
        await owner.send("/reset", email=ADA)
        link = (await mailed(gateway))[-1].link
        await thief.open("/account")
        same = await thief.send("/account/password", current=PASSWORD, password=PASSWORD, again=PASSWORD)
        assert same.status == 400 and "This is the password that you have." in same.text
        await thief.send("/account/password", current=PASSWORD, password=OTHER, again=OTHER)
        assert (await owner.open(link)).status == 200
        assert (
            await owner.send("/reset/new", password="ten slow turtles hum", again="ten slow turtles hum")
        ).path == "/account"
        assert (await thief.open("/account")).path.startswith("/sign-in")


async def test_a_password_is_not_changed_without_end(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        await browser.open("/account")
        statuses, current = [], PASSWORD
        for n in range(6):
            new = f"number {n} of many quiet llamas"
            page = await browser.send("/account/password", current=current, password=new, again=new)
            statuses.append(page.status)
            current = new
        assert statuses == [200] * 5 + [429]


async def test_a_change_or_a_sign_in_that_a_reset_overtook_comes_to_nothing(gateway: Gateway) -> None:
    identity = gateway.services.identity
    async with Browser(gateway) as owner, Browser(gateway) as thief:
        await owner.sign_up(ADA)
        await thief.sign_in(ADA)
        session = await sessions.web_session(identity, cookie_of(thief))
        assert session is not None
        slow = Slow(identity.passwords)
        object.__setattr__(identity, "passwords", slow)
        changing = asyncio.create_task(people.change_password(identity, session, PASSWORD, OTHER + "!", "::1"))
        signing = asyncio.create_task(people.sign_in(identity, ADA, PASSWORD, "", sessions.Machine("x", "y", "::1")))
        await slow.reached.wait()
        object.__setattr__(identity, "passwords", slow.real)
        await reset(gateway, owner)
        slow.go_on.set()
        for task in (changing, signing):
            with pytest.raises(people.WrongPassword):
                await task
        assert len(rows(gateway, "select 1 from accounts.sessions where revoked_at is null")) == 1
        assert (await thief.sign_in(ADA, OTHER)).path == "/account", "the owner's password is the one that counts"


class Slow(Passwords):
    """Compares rightly and then waits, as in a long queue."""

    def __init__(self, real: Passwords) -> None:
        super().__init__()
        self.real, self.waiting = real, 0
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def match(self, password: str, kept: str | None) -> bool:
        found = await self.real.match(password, kept)
        self.waiting += 1
        if self.waiting == 2:
            self.reached.set()
        await self.go_on.wait()
        return found


def cookie_of(browser: Browser) -> str:
    return next(cookie.value for cookie in browser.http.cookie_jar if cookie.key == "aniate_session")


async def test_a_browser_is_not_known_any_more_after_a_reset(gateway: Gateway) -> None:
    async with Browser(gateway) as owner, Browser(gateway, "198.51.100.1") as thief:
        await owner.sign_up(ADA)
        await thief.sign_in(ADA)
        await reset(gateway, owner)
        statuses = [(await thief.sign_in(ADA, "wrong horse battery staple")).status for _ in range(11)]
        assert statuses == [403] * 10 + [429]
        [(count,)] = rows(gateway, "select max(count) from accounts.attempts")
        assert count == 11


async def test_keys_are_made_by_logins_that_live(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        token = (await exchange(gateway, await allowed_code(browser)))[1]["access_token"]
        headers = {"authorization": f"Bearer {token}"}
        url = gateway.url + wire.KEYS_PATH
        async with gateway.http.post(url, json={"name": "one"}, headers=headers) as answer:
            key = (await answer.json())["key"]
        await gateway.services.identity.feed.poll()
        await browser.open("/account")
        await browser.send("/account/sessions/end-others")
        async with gateway.http.post(url, json={"name": "two"}, headers=headers) as answer:
            assert answer.status == 401, "the feed does not know yet, and the statement does"
        by_key = {"authorization": f"Bearer {key}"}
        for method, path in [("POST", wire.KEYS_PATH), ("DELETE", wire.SESSIONS_PATH), ("GET", "/v1/account/export")]:
            async with gateway.http.request(method, gateway.url + path, json={"name": "x"}, headers=by_key) as answer:
                assert (answer.status, (await answer.json())["error"]["code"]) == (403, "needs_a_login"), path


async def test_logins_are_bounded_and_the_oldest_makes_room(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        with psycopg.connect(gateway.database_url, autocommit=True) as connection:
            connection.execute(
                "insert into accounts.sessions (id, user_id, workspace_id, kind, name, client, address, last_seen_at,"
                " lifetime, expires_at, ends_at) select gen_random_uuid(), user_id, workspace_id, 'cli', 'n', 'c', 'a',"
                " now() - interval '1 day', '1 day', now() + interval '1 day', now() + interval '1 day'"
                " from accounts.sessions, generate_series(1, 120)"
            )
        assert (await browser.open("/account")).status == 200
        assert rows(gateway, "select count(*) from accounts.sessions where revoked_at is null") == [(100,)]


async def test_one_address_that_can_not_be_written_to_keeps_no_mail_back(gateway: Gateway) -> None:
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        connection.execute(
            "insert into accounts.mails (id, kind, email, web, next_at)"
            " values (gen_random_uuid(), 'changed', '=?utf-8?q??=@e0.example', 'w', now() - interval '1 hour')"
        )
    async with Browser(gateway) as browser:
        assert (await browser.sign_up(ADA)).status == 200


async def test_an_origin_that_is_none_is_refused(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/sign-in")
        assert (await browser.send("/sign-in", {"origin": "http://["}, email=ADA)).status == 403


async def test_a_browser_without_cookies_is_told_so(gateway: Gateway) -> None:
    async with gateway.http.post(f"{gateway.url}/sign-in", data={"email": ADA}, cookies={}) as answer:
        assert answer.status == 403
        assert "keeps no cookies of this site" in await answer.text()


async def test_who_is_the_wrong_one_signs_out_and_comes_back(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        await browser.open(authorize_path())
        page = await browser.send("/sign-out", next=authorize_path())
        assert page.path.startswith("/sign-in?next=%2Fauthorize")
        await browser.send("/sign-in", email=ADA, password=PASSWORD, next=authorize_path())
        await browser.open(authorize_path(prompt="create"))
        assert "You are signed in already." in browser.page.text
        page = await browser.send("/sign-out", next=authorize_path(prompt="create"))
        assert page.path.startswith("/sign-up?next=")


async def test_a_visit_alone_does_not_steer_a_later_sign_up(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/sign-in?next=%2Fdevice%3Fcode%3DBBBB-BBBB")
        assert (await browser.sign_up(ADA)).path == "/done?confirmed"


def test_no_password_takes_long_to_judge() -> None:
    worst = "<!/(&6{[&{[etz+093$21//0$9[0+095ie<9%{%4i&(1!270z[+s//i$/#i<@8z(($!{/![|"
    began = time.process_time()
    for _ in range(5):
        checked(worst, ADA)
    assert (time.process_time() - began) / 5 < 0.5
