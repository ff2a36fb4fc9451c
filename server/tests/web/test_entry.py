"""Coming in, as a browser meets it: sign up by mail, sign in, choose a new password, sign out."""

from __future__ import annotations

import psycopg
import pytest

from server.tests.inference.gateway import Gateway
from server.tests.web.browser import PASSWORD, Browser, mailed

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"
OTHER = "eleven yellow kites whisper"


def rows(gateway: Gateway, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        done = connection.execute(query.encode())
        return done.fetchall() if done.description else []


async def test_whoever_reads_the_mail_has_an_account_and_is_in(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/sign-up")
        told = await browser.send("/sign-up", email=" Ada@Example.com ")
        assert told.status == 200 and ADA in told.text
        assert rows(gateway, "select 1 from accounts.users") == []
        [letter] = await mailed(gateway)
        assert letter.to == ADA and "choose a password" in letter.text
        page = await browser.open(letter.link)
        assert rows(gateway, "select 1 from accounts.users") == [], "a mail scanner that follows the link makes nobody"
        assert ADA in page.html
        done = await browser.send("/verify", password=PASSWORD, again=PASSWORD)
        assert (done.status, done.path) == (200, "/done?confirmed")
        account = await browser.open("/account")
        assert "The account was made" in account.text and ADA in account.text


async def test_a_link_is_good_once(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as thief:
        await browser.open("/sign-up")
        await browser.send("/sign-up", email=ADA)
        link = (await mailed(gateway))[0].link
        await thief.open(link)
        await browser.open(link)
        assert (await browser.send("/verify", password=PASSWORD, again=PASSWORD)).status == 200
        late = await thief.send("/verify", password=OTHER, again=OTHER)
        assert late.status == 410 and "used before, or is too old" in late.text
        assert (await thief.open(link)).status == 410
        assert (await thief.sign_in(ADA, OTHER)).status == 403


async def test_links_grow_old_and_lie_hashed(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/sign-up")
        await browser.send("/sign-up", email=ADA)
        link = (await mailed(gateway))[0].link
        code = link.partition("code=")[2]
        kept = rows(
            gateway,
            "select (c.*)::text || coalesce(m::text, '') from accounts.mail_codes c left join accounts.mails m on true",
        )
        assert code not in str(kept)
        rows(gateway, "update accounts.mail_codes set expires_at = now()")
        assert (await browser.open(link)).status == 410


async def test_of_many_mails_one_makes_the_account_and_the_others_are_void(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/sign-up")
        for _ in range(2):
            await browser.send("/sign-up", email=ADA)
            await browser.open("/sign-up")
        first, second = await mailed(gateway)
        await browser.open(second.link)
        assert (await browser.send("/verify", password=PASSWORD, again=PASSWORD)).status == 200
        assert (await browser.open(first.link)).status == 410


async def test_an_email_that_is_known_gets_a_mail_that_says_so(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as other:
        await browser.sign_up(ADA)
        await other.open("/sign-up")
        told = await other.send("/sign-up", email=ADA)
        assert told.status == 200
        letter = (await mailed(gateway))[-1]
        assert letter.subject == "You have an Aniate account" and "code=" not in letter.text


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("short", "15 characters"),
        ("a" * 201, "at most 200"),
        ("passwordpassword", "known from leaks"),
        ("ababababababababab", "known from leaks"),
        ("qwertyuiopasdfgh", "too easy to guess"),
        ("ada@example.com1", "too easy to guess"),
    ],
)
async def test_a_weak_password_is_refused_and_the_link_stays_good(gateway: Gateway, password: str, said: str) -> None:
    async with Browser(gateway) as browser:
        assert (refused := await browser.sign_up(ADA, password)).status == 400
        assert said in refused.text
        assert (await browser.send("/verify", password=PASSWORD, again=OTHER)).status == 400
        assert (await browser.send("/verify", password=PASSWORD, again=PASSWORD)).status == 200


async def test_letters_that_look_the_same_are_the_same_password(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as other:
        await browser.sign_up(ADA, "Zwölf \N{LATIN SMALL LIGATURE FI}nstere Dachse")
        assert (await other.sign_in(ADA, "Zwo\N{COMBINING DIAERESIS}lf finstere Dachse")).path == "/account"


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.com",
        "ada@",
        "a b@example.com",
        "ada@exa\nmple.com",
        "a@b..c",
        "a" * 65 + "@b.c",
        "=?utf-8?q?=61da?=@example.com",
        "a?=@e.com",
        "ä@b.c",
        ".a@b.c",
        "a.@b.c",
    ],
)
async def test_what_is_no_email_is_told_on_the_form(gateway: Gateway, email: str) -> None:
    async with Browser(gateway) as browser:
        for path in ("/sign-up", "/reset", "/sign-in"):
            await browser.open(path)
            assert (page := await browser.send(path, email=email)).status == 400
            assert "This is no e-mail address." in page.text


async def test_sign_in_leads_on_and_sign_out_ends_the_login(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        await browser.open("/account")
        assert (await browser.send("/sign-out")).path == "/done?signed_out"
        assert (await browser.open("/account")).path == "/sign-in?next=%2Faccount"
        page = await browser.send("/sign-in", email=ADA.upper(), password=PASSWORD)
        assert page.path == "/account" and "Signed in by password in Chrome on Linux" in page.text


@pytest.mark.parametrize(
    "following",
    ["https://evil.example", "//evil.example", "/\\evil.example", "/account@evil", "/sign-out", "javascript:1"],
)
async def test_sign_in_leads_to_our_own_pages_alone(gateway: Gateway, following: str) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        await browser.open("/account")
        await browser.send("/sign-out")
        await browser.open(f"/sign-in?next={following}")
        assert (await browser.send("/sign-in", email=ADA, password=PASSWORD, next=following)).path == "/account"


async def test_a_reset_ends_the_other_logins_and_is_told_by_mail(gateway: Gateway) -> None:
    async with Browser(gateway) as laptop, Browser(gateway) as phone:
        await laptop.sign_up(ADA)
        await phone.open("/reset")
        assert (await phone.send("/reset", email=ADA)).status == 200
        letter = (await mailed(gateway))[-1]
        await phone.open(letter.link)
        assert (await phone.send("/reset/new", password=OTHER, again=OTHER)).path == "/account"
        assert (await laptop.open("/account")).path.startswith("/sign-in")
        assert (await mailed(gateway))[-1].subject == "Your password was changed · Aniate"
        assert (await laptop.sign_in(ADA)).status == 403
        assert (await laptop.sign_in(ADA, OTHER)).path == "/account"
        assert (await phone.open(letter.link)).status == 410


async def test_a_new_reset_voids_the_earlier_one(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        for _ in range(2):
            await browser.open("/reset")
            await browser.send("/reset", email=ADA)
        first, second = [letter.link for letter in await mailed(gateway) if "reset/new" in letter.text]
        assert (await browser.open(first)).status == 410
        assert (await browser.open(second)).status == 200


async def test_a_reset_for_nobody_sends_nothing(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/reset")
        told = await browser.send("/reset", email="nobody@example.com")
        assert told.status == 200 and await mailed(gateway) == []
        assert rows(gateway, "select 1 from accounts.mails") == []


async def test_a_code_for_one_purpose_does_not_serve_the_other(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.open("/sign-up")
        await browser.send("/sign-up", email=ADA)
        code = (await mailed(gateway))[0].link.partition("code=")[2]
        assert (await browser.open(f"/reset/new?code={code}")).status == 410


async def test_a_form_that_is_not_from_our_page_is_refused(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as other:
        await browser.sign_up(ADA)
        await browser.open("/account")
        await other.open("/sign-in")
        for headers, typed in [
            (None, {"csrf": ""}),
            (None, {"csrf": "x" * 43}),
            (None, {"csrf": other.page.form("/sign-in").fields["csrf"]}),
            ({"origin": "https://evil.example"}, {}),
            ({"origin": "null"}, {}),
            ({"sec-fetch-site": "cross-site"}, {}),
            ({"sec-fetch-site": "same-site"}, {}),
        ]:
            await browser.open("/account")
            refused = await browser.send("/sign-out", headers, **typed)
            assert refused.status == 403 and "This form has expired." in refused.text, (headers, typed)
        await browser.open("/account")
        assert (await browser.send("/sign-out", {"origin": gateway.url})).path == "/done?signed_out"


async def test_cookies_are_seen_by_no_script_and_no_other_site(gateway: Gateway) -> None:
    async with gateway.http.get(f"{gateway.url}/sign-in") as answer:
        cookies = answer.headers.getall("set-cookie")
    assert cookies and all("HttpOnly" in each and "SameSite=lax" in each and "Path=/" in each for each in cookies)
