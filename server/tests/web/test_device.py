"""The device grant: a terminal without a browser waits, somebody says yes or no elsewhere."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from aniate import wire
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import PASSWORD, Browser
from server.tests.web.grants import poll, post

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"


async def begun(gateway: Gateway) -> dict[str, Any]:
    status, told = await post(gateway, wire.DEVICE_PATH, client_id="ant", device_name="build\x1b-box")
    assert status == 200
    return dict(told)


def later(gateway: Gateway, column: str = "polled_at") -> None:
    """Enough time for the next poll passes."""
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        connection.execute(f"update accounts.device_grants set {column} = {column} - interval '1 hour'")


async def test_a_yes_elsewhere_is_a_login_for_the_device(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        waiting = await begun(gateway)
        assert (await poll(gateway, waiting["device_code"]))[1]["error"] == "authorization_pending"
        page = await browser.open(waiting["verification_uri_complete"])
        assert all(word in page.text for word in (waiting["user_code"], "build -box", "ant/1.0.0", "127.0.0.1", "UTC"))
        assert (await browser.send("/device/decide", decision="allow")).path == "/done"
        later(gateway)
        status, tokens = await poll(gateway, waiting["device_code"])
        assert status == 200
        again = await poll(gateway, waiting["device_code"])
        assert again[0] == 200 and again[1]["refresh_token"] == tokens["refresh_token"], "the answer was lost"
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "ant"}
        assert (await post(gateway, wire.TOKEN_PATH, **refresh))[0] == 200
        assert (await poll(gateway, waiting["device_code"]))[1]["error"] == "invalid_grant"
        assert (await browser.open(waiting["verification_uri_complete"])).status == 400


async def test_a_no_too_late_and_too_often_are_told_apart(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        refused = await begun(gateway)
        await browser.open(refused["verification_uri_complete"])
        assert (await browser.send("/device/decide", decision="deny")).path == "/done?denied"
        assert (await poll(gateway, refused["device_code"]))[1]["error"] == "access_denied"

        hasty = await begun(gateway)
        await poll(gateway, hasty["device_code"])
        assert (await poll(gateway, hasty["device_code"]))[1]["error"] == "slow_down"
        later(gateway)
        assert (await poll(gateway, hasty["device_code"]))[1]["error"] == "authorization_pending"
        later(gateway, "expires_at")
        assert (await poll(gateway, hasty["device_code"]))[1]["error"] == "expired_token"
        assert (await browser.open(hasty["verification_uri_complete"])).status == 400

        assert (await poll(gateway, "unknown"))[1]["error"] == "invalid_grant"
        assert (await poll(gateway, hasty["device_code"], "other"))[1]["error"] == "invalid_client"


async def test_each_slow_down_asks_for_five_seconds_more(gateway: Gateway) -> None:
    waiting = await begun(gateway)
    for _ in range(3):
        await poll(gateway, waiting["device_code"])
    with psycopg.connect(gateway.database_url) as connection:
        assert connection.execute("select interval_s from accounts.device_grants").fetchall() == [(15,)]


async def test_the_letters_may_be_typed_in_any_way(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as other:
        await browser.sign_up(ADA)
        waiting = await begun(gateway)
        letters = waiting["user_code"]
        assert len(letters) == 9 and letters[4] == "-"
        await browser.open("/device")
        page = await browser.send("/device", user_code=f" {letters.lower().replace('-', ' ')} ")
        assert page.status == 200 and letters in page.text
        await browser.open("/device")
        assert "No terminal waits with this code." in (await browser.send("/device", user_code="BBBB-BBBB")).text

        page = await other.open(waiting["verification_uri_complete"])
        assert page.path.startswith("/sign-in?next=")
        page = await other.send("/sign-in", email=ADA, password=PASSWORD)
        assert letters in page.text


async def test_who_guesses_letters_is_held_back(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        await browser.open("/device")
        statuses = [(await browser.send("/device", user_code=f"BBBB-{n:04}")).status for n in range(22)]
        assert statuses == [400] * 20 + [429] * 2


async def test_codes_lie_hashed(gateway: Gateway) -> None:
    waiting = await begun(gateway)
    with psycopg.connect(gateway.database_url) as connection:
        kept = str(connection.execute("select d::text from accounts.device_grants d").fetchall())
    assert waiting["device_code"] not in kept
    assert waiting["user_code"].replace("-", "") not in kept
