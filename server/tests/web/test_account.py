"""`/account`: logins, keys, password, export and deletion; and the headers of every page."""

from __future__ import annotations

import base64
import json

import psycopg
import pytest

from aniate import wire
from aniate_server.web.visitor import browser_name, browser_version
from server.tests.doubles.groq import Groq
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import AGENT, PASSWORD, Browser, Form, Forms, mailed
from server.tests.web.grants import allowed_code, authorize_path, exchange

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"
OTHER = "eleven yellow kites whisper"


async def logged_in(gateway: Gateway, browser: Browser) -> dict[str, str]:
    return dict((await exchange(gateway, await allowed_code(browser)))[1])


async def api(gateway: Gateway, method: str, path: str, token: str, body: object = None, **headers: str) -> int:
    sent = {"authorization": f"Bearer {token}", **headers}
    async with gateway.http.request(method, gateway.url + path, json=body, headers=sent) as answer:
        return answer.status


async def test_logins_are_ended_one_by_one_and_all_others(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as phone:
        await browser.sign_up(ADA)
        first, second = await logged_in(gateway, browser), await logged_in(gateway, browser)
        await phone.sign_in(ADA)
        await browser.open("/account")
        ids = [form.fields["id"] for form in forms(browser, "/account/sessions/end")]
        assert len(ids) == 4
        [newest] = [i for i in ids if i == session_of(second["access_token"])]
        page = await browser.send("/account/sessions/end", id=newest)
        assert "The login was ended." in page.text
        assert await api(gateway, "GET", wire.WHOAMI_PATH, second["access_token"]) == 401
        assert await api(gateway, "GET", wire.WHOAMI_PATH, first["access_token"]) == 200
        page = await browser.send("/account/sessions/end-others")
        assert "All other logins were ended." in page.text
        assert await api(gateway, "GET", wire.WHOAMI_PATH, first["access_token"]) == 401
        assert (await phone.open("/account")).path.startswith("/sign-in")


def forms(browser: Browser, action: str) -> list[Form]:
    return [form for form in Forms(browser.page.html).found if form.action == action]


def session_of(token: str) -> str:
    body = token.split(".")[1]
    return str(json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))["session_id"])


async def test_nobody_ends_what_is_anothers(gateway: Gateway) -> None:
    async with Browser(gateway) as ada, Browser(gateway) as bob:
        await ada.sign_up(ADA)
        await bob.sign_up("bob@example.com")
        bobs = await logged_in(gateway, bob)
        await ada.open("/account")
        await ada.send("/account/sessions/end", id=session_of(bobs["access_token"]))
        assert await api(gateway, "GET", wire.WHOAMI_PATH, bobs["access_token"]) == 200
        assert (await ada.open("/account")).status == 200
        assert (await ada.send("/account/sessions/end", id="nonsense")).status == 400


async def test_keys_are_shown_by_their_beginning_and_revoked(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        tokens = await logged_in(gateway, browser)
        assert await api(gateway, "POST", wire.KEYS_PATH, tokens["access_token"], {"name": "nightly"}) == 201
        page = await browser.open("/account")
        assert "nightly" in page.text and "The API key nightly was made" in page.text
        page = await browser.send("/account/keys/revoke")
        assert "The key was revoked." in page.text
        assert not forms(browser, "/account/keys/revoke")


async def test_a_new_password_wants_the_old_one_and_ends_the_other_logins(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        tokens = await logged_in(gateway, browser)
        await browser.open("/account")
        for typed, said in [
            ({"current": OTHER, "password": OTHER, "again": OTHER}, "This is not your password."),
            ({"current": PASSWORD, "password": OTHER, "again": PASSWORD}, "are not the same"),
            ({"current": PASSWORD, "password": "short", "again": "short"}, "15 characters"),
        ]:
            page = await browser.send("/account/password", None, **typed)
            assert page.status in (400, 403) and said in page.text
        page = await browser.send("/account/password", current=PASSWORD, password=OTHER, again=OTHER)
        assert page.status == 200 and "The password was changed" in page.text
        assert await api(gateway, "GET", wire.WHOAMI_PATH, tokens["access_token"]) == 401
        assert (await mailed(gateway))[-1].subject == "Your password was changed · Aniate"


async def test_all_of_ones_data_can_be_taken_along_and_no_secret(gateway: Gateway, groq: Groq) -> None:
    groq.prompt_details = {"cached_tokens": 8}
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        token = (await logged_in(gateway, browser))["access_token"]
        text = {"prompt": "You review code.", "model": "default", "summary": ""}
        assert await api(gateway, "PUT", f"{wire.ASSISTANTS_PATH}/coder", token, text, **{"if-none-match": "*"}) == 200
        await api(gateway, "POST", wire.KEYS_PATH, token, {"name": "nightly"})
        await gateway.chat(token)
        page = await browser.open("/account/export")
        assert page.headers["content-disposition"] == 'attachment; filename="aniate-account.json"'
        told = json.loads(page.html)
        assert told["account"]["email"] == ADA and "password" not in page.html
        [workspace] = told["workspaces"]
        assert workspace["assistants"][0]["prompt"] == "You review code."
        assert [key["name"] for key in workspace["keys"]] == ["nightly"]
        [used] = workspace["usage"]
        assert (used["input_tokens"], used["cached_input_tokens"], used["output_tokens"]) == (20, 8, 12)
        assert "upstream_model" not in page.html
        assert {login["kind"] for login in told["logins"]} == {"web", "cli"}
        assert "signed_up" in {event["event"] for event in told["events"]}
        headers = {"authorization": f"Bearer {token}"}
        async with gateway.http.get(f"{gateway.url}/v1/account/export", headers=headers) as answer:
            assert (await answer.json(content_type=None))["account"] == told["account"]


@pytest.mark.parametrize("asked", [False, True])
async def test_a_deleted_account_is_gone_and_the_books_stay(gateway: Gateway, asked: bool) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        token = (await logged_in(gateway, browser))["access_token"]
        if asked:
            await gateway.chat(token)
        await browser.open("/account")
        assert (await browser.send("/account/delete", password=PASSWORD)).status == 400
        assert (await browser.send("/account/delete", password=OTHER, sure="yes")).status == 403
        assert (await browser.send("/account/delete", password=PASSWORD, sure="yes")).path == "/done?deleted"
        assert await api(gateway, "GET", wire.WHOAMI_PATH, token) == 401
        assert (await browser.sign_in(ADA)).status == 403
        assert (await mailed(gateway))[-1].subject == "Your account was deleted · Aniate"
        with psycopg.connect(gateway.database_url) as connection:
            for table in ("users", "sessions", "api_keys", "audit_events", "mail_codes", "authorizations"):
                left = connection.execute(f"select count(*) from accounts.{table}".encode()).fetchone()
                assert left == (0,), table
            names = connection.execute("select name from aniate.workspaces").fetchall()
            assert names == ([("deleted",)] if asked else [])
        assert len(gateway.rows()) == int(asked) and gateway.balance()[0] == gateway.balance()[1]
        assert (await browser.sign_up(ADA)).status == 200


STRICT = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
PAGES = [
    "/sign-in",
    "/sign-up",
    "/reset",
    "/verify?code=x",
    "/reset/new?code=x",
    "/done",
    "/device",
    "/account",
    "/authorize",
]


@pytest.mark.parametrize("signed_in", [False, True])
async def test_every_page_is_bound_by_strict_headers(gateway: Gateway, signed_in: bool) -> None:
    async with Browser(gateway) as browser:
        if signed_in:
            await browser.sign_up(ADA)
        for path in [*PAGES, authorize_path(), "/no/such/page", wire.WHOAMI_PATH, "/healthz"]:
            page = await browser.open(path)
            assert {name: page.headers.get(name) for name in STRICT} == STRICT, path
            policy = dict(
                part.strip().partition(" ")[::2] for part in page.headers["content-security-policy"].split(";")
            )
            assert policy["default-src"] == "'none'" and policy["frame-ancestors"] == "'none'", path
            assert "script-src" not in policy and "unsafe" not in str(policy)
            if page.headers["content-type"].startswith("text/html"):
                assert policy["base-uri"] == "'none'" and policy["style-src"] == "'self'", path
                allowed = "'self' http://127.0.0.1:49152" if page.path == authorize_path() else "'self'"
                assert policy["form-action"] == allowed, path
                assert "<script" not in page.html and " style=" not in page.html and "http-equiv" not in page.html


async def test_a_page_that_is_not_there_is_told_to_people_as_a_page(gateway: Gateway) -> None:
    async with gateway.http.get(f"{gateway.url}/nowhere", headers={"accept": "text/html,*/*"}) as answer:
        assert answer.status == 404 and "There is no such page." in await answer.text()
    async with gateway.http.get(f"{gateway.url}/nowhere") as answer:
        assert answer.status == 404 and (await answer.json())["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("agent", "name", "version"),
    [
        (AGENT, "Chrome on Linux", "Chrome 156"),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:150.0) Gecko/20100101 Firefox/150.0",
            "Firefox on macOS",
            "Firefox 150",
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
            "Edge on Windows",
            "Edge 156",
        ),
        ("", "A browser", "a browser"),
        ("Chrome/", "Chrome", "a browser"),
    ],
)
def test_a_browser_is_called_as_people_call_it(agent: str, name: str, version: str) -> None:
    assert (browser_name(agent), browser_version(agent)) == (name, version)


async def test_the_style_sheet_and_the_mark_are_there_and_nothing_else(gateway: Gateway) -> None:
    for name, kind in (("style.css", "text/css; charset=utf-8"), ("mark.svg", "image/svg+xml")):
        async with gateway.http.get(f"{gateway.url}/static/{name}") as answer:
            assert (answer.status, answer.headers["content-type"]) == (200, kind)
            assert "immutable" in answer.headers["cache-control"]
    for name in ("..%2f__init__.py", "%2e%2e/render.py", "nothing.css"):
        async with gateway.http.get(f"{gateway.url}/static/{name}") as answer:
            assert answer.status == 404
