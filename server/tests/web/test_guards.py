"""Against guessing: who guesses is held back, the owner comes in, and nothing tells whether an e-mail is known."""

from __future__ import annotations

import asyncio
import math
import re
import statistics
import time

import psycopg
import pytest

from aniate_server.accounts.guards import network
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import Browser, mailed

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"
WRONG = "wrong horse battery staple"
TRIES = 200


async def test_a_thousand_wrong_passwords_are_held_back_and_the_owner_comes_in(gateway: Gateway) -> None:
    async with Browser(gateway) as owner:
        await owner.sign_up(ADA)
        statuses = [status for batch in range(10) for status in await guesses(gateway, batch)]
        assert len(statuses) == 1000 and set(statuses) == {403, 429}
        assert statuses.count(403) <= 50
        async with Browser(gateway, "203.0.113.9") as stranger:
            held = await stranger.sign_in(ADA)
        assert held.status == 429 and held.headers["retry-after"].isdigit() and "Too many attempts." in held.text

        await owner.open("/account")
        await owner.send("/sign-out")
        assert (await owner.sign_in(ADA)).path == "/account", "a browser that is known counts for itself"

        async with Browser(gateway, "203.0.113.10") as new:
            await new.open("/reset")
            await new.send("/reset", email=ADA)
            await new.open((await mailed(gateway))[-1].link)
            done = await new.send("/reset/new", password="ten slow turtles hum", again="ten slow turtles hum")
            assert done.path == "/account", "a mail lets the owner in from anywhere"


async def guesses(gateway: Gateway, batch: int) -> list[int]:
    """A hundred of them, from ten addresses at once."""

    async def some(address: str) -> list[int]:
        async with Browser(gateway, address) as thief:
            await thief.open("/sign-in")
            form = thief.page
            found = []
            for _ in range(10):
                thief.page = form
                found.append((await thief.send("/sign-in", email=ADA, password=WRONG)).status)
            return found

    batches = await asyncio.gather(*(some(f"198.51.100.{batch * 10 + n}") for n in range(10)))
    return [status for found in batches for status in found]


async def test_one_address_may_try_ten_times_in_a_quarter_of_an_hour(gateway: Gateway) -> None:
    async with Browser(gateway) as owner, Browser(gateway, "198.51.100.1") as thief:
        await owner.sign_up(ADA)
        assert [(await thief.sign_in(ADA, WRONG)).status for _ in range(11)] == [403] * 10 + [429]
        assert (await thief.sign_in(ADA)).status == 429, "not even the right one tells now"
        with psycopg.connect(gateway.database_url, autocommit=True) as connection:
            connection.execute("update accounts.attempts set expires_at = now()")
        assert (await thief.sign_in(ADA)).path == "/account"


async def test_good_sign_ins_do_not_count(gateway: Gateway) -> None:
    async with Browser(gateway) as owner:
        await owner.sign_up(ADA)
        for _ in range(12):
            async with Browser(gateway, "198.51.100.1") as browser:
                assert (await browser.sign_in(ADA)).path == "/account"


async def test_a_known_browser_is_known_for_its_own_account_alone(gateway: Gateway) -> None:
    async with Browser(gateway, "198.51.100.1") as thief, Browser(gateway) as owner:
        await owner.sign_up(ADA)
        await thief.sign_up("eve@example.com")
        await thief.open("/account")
        await thief.send("/sign-out")
        assert [(await thief.sign_in(ADA, WRONG)).status for _ in range(11)] == [403] * 10 + [429]


async def test_mail_is_not_sent_without_end_and_the_last_one_stays_good(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway, "198.51.100.1") as stranger:
        await browser.sign_up(ADA)
        for path in ("/sign-up", "/reset"):
            for _ in range(7):
                await stranger.open(path)
                assert (await stranger.send(path, email=ADA)).status == 200
        letters = await mailed(gateway)
        resets = [letter for letter in letters if "/reset/new" in letter.text]
        assert len(resets) == 5
        assert (
            len([letter for letter in letters if letter.subject == "You have an Aniate account"]) == 4
        )  # and the first
        assert (await browser.open(resets[-1].link)).status == 200


async def test_one_address_asks_for_so_many_mails_an_hour(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/reset")
        form, statuses = browser.page, []
        for n in range(31):
            browser.page = form
            statuses.append((await browser.send("/reset", email=f"{n}@example.com")).status)
        assert statuses == [200] * 30 + [429]


async def test_what_is_counted_tells_nobody_whom(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_in(ADA, WRONG)
    with psycopg.connect(gateway.database_url) as connection:
        kept = connection.execute("select bucket from accounts.attempts").fetchall()
    assert kept and all(len(bucket) == 32 for (bucket,) in kept)


@pytest.mark.parametrize("path", ["/sign-in", "/sign-up", "/reset"])
async def test_nothing_tells_whether_an_email_is_known(gateway: Gateway, path: str) -> None:
    known, unknown = "knownadam@example.com", "strangeeve@example.com"
    times: dict[str, list[float]] = {known: [], unknown: []}
    bodies: dict[str, set[str]] = {known: set(), unknown: set()}
    async with Browser(gateway) as owner, Browser(gateway) as asking:
        await owner.sign_up(known)
        form = await asking.open(path)
        with psycopg.connect(gateway.database_url, autocommit=True) as connection:
            for n in range(2 * TRIES + 4):
                email = (known, unknown)[(n + n // 2) % 2]  # neither is always first
                connection.execute("delete from accounts.attempts")
                asking.page = form
                began = time.perf_counter()
                page = await asking.send(path, None, email=email, password=WRONG)
                if n >= 4:
                    times[email].append(time.perf_counter() - began)
                bodies[email].add(f"{page.status} {re.sub(email, 'EMAIL', page.html)}")
    assert bodies[known] == bodies[unknown] and len(bodies[known]) == 1
    assert abs(rank_sum_z(times[known], times[unknown])) < 3.9, {
        email: statistics.median(each) for email, each in times.items()
    }


def rank_sum_z(left: list[float], right: list[float]) -> float:
    """How many standard deviations the Mann-Whitney U of the two is from what chance gives (|z| > 3.9: p < 0.0001)."""
    ranks = {value: rank for rank, value in enumerate(sorted(left + right), 1)}
    n, m = len(left), len(right)
    u = sum(ranks[value] for value in left) - n * (n + 1) / 2
    return (u - n * m / 2) / math.sqrt(n * m * (n + m + 1) / 12)


def test_the_test_of_times_finds_a_difference() -> None:
    slow = [0.020 + n % 7 * 0.001 for n in range(TRIES)]
    assert abs(rank_sum_z([each + 1e-6 * n for n, each in enumerate(slow)], [each + 0.0011 for each in slow])) > 3.9


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unknown", "unknown"),
    ],
)
def test_what_one_party_has_of_addresses_counts_as_one(address: str, counted: str) -> None:
    assert network(address) == counted
