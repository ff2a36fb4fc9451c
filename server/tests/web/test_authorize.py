"""`/authorize` and the exchange of its code: who may, where it leads, and all that must be refused."""

from __future__ import annotations

import dataclasses

import psycopg
import pytest

from aniate import wire
from server.tests.inference.gateway import Gateway
from server.tests.web.browser import PASSWORD, Browser, mailed, query_of
from server.tests.web.grants import CALLBACK, STATE, VERIFIER, allowed_code, authorize_path, exchange, post

pytestmark = pytest.mark.anyio
ADA = "ada@example.com"


async def whoami(gateway: Gateway, token: str) -> int:
    headers = {"authorization": f"Bearer {token}"}
    async with gateway.http.get(gateway.url + wire.WHOAMI_PATH, headers=headers) as answer:
        return answer.status


async def test_a_yes_in_the_browser_is_a_login_for_ant(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        page = await browser.open(authorize_path())
        assert "ada's laptop" in page.text.replace("’", "'").replace("&#39;", "'") and ADA in page.text
        assert "form-action 'self' http://127.0.0.1:49152;" in page.headers["content-security-policy"]
        back = await browser.send("/authorize", decision="allow")
        assert back.status == 303 and back.headers["location"].startswith(f"{CALLBACK}?")
        answer = query_of(back.headers["location"])
        assert (answer["state"], answer["iss"], set(answer)) == (STATE, gateway.url, {"state", "iss", "code"})
        status, tokens = await exchange(gateway, answer["code"])
        assert status == 200 and set(tokens) == {"access_token", "refresh_token", "expires_in", "token_type"}
        assert await whoami(gateway, tokens["access_token"]) == 200
        account = await browser.open("/account")
        assert "logged in" in account.text and "was allowed to log in" in account.text


async def test_who_is_not_signed_in_signs_in_first_and_goes_on(gateway: Gateway) -> None:
    async with Browser(gateway) as browser, Browser(gateway) as other:
        await browser.sign_up(ADA)
        page = await other.open(authorize_path())
        assert page.path.startswith("/sign-in?next=")
        page = await other.send("/sign-in", email=ADA, password=PASSWORD)
        assert page.form("/authorize").fields["request"]


async def test_who_has_no_account_makes_one_and_goes_on(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        page = await browser.open(authorize_path(prompt="create"))
        assert page.path.startswith("/sign-up?next=")
        await browser.send("/sign-up", email=ADA)
        await browser.open((await mailed(gateway))[-1].link)
        page = await browser.send("/verify", password=PASSWORD, again=PASSWORD)
        assert page.path == authorize_path() and page.form("/authorize").fields["request"]


async def test_a_no_is_sent_back_without_a_code(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        await browser.open(authorize_path())
        back = await browser.send("/authorize", decision="deny")
        answer = query_of(back.headers["location"])
        assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", STATE, gateway.url)
        assert "code" not in answer
        assert "was not allowed to log in" in (await browser.open("/account")).text


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "https://evil.example/callback",
        "http://127.0.0.1:49152/elsewhere",
        "http://127.0.0.1.evil.example:49152/callback",
        "http://127.0.0.1:49152@evil.example/callback",
        "http://localhost:49152/callback",
        "http://127.0.0.1/callback",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:49152/callback?x=1",
        "http://127.0.0.1:49152/callback\n",
        "",
    ],
)
async def test_an_answer_goes_to_the_users_own_machine_alone(gateway: Gateway, redirect_uri: str) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        page = await browser.open(authorize_path(redirect_uri=redirect_uri))
        assert page.status == 400 and "location" not in page.headers
        assert "The answer would go to another place than your own machine, so it was refused." in page.text


async def test_a_client_that_is_not_known_is_told_on_a_page(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        page = await browser.open(authorize_path(client_id="other"))
        assert page.status == 400 and "No program of this name may log in here." in page.text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"response_type": "token"}, "response_type"),
        ({"code_challenge": ""}, "code_challenge"),
        ({"code_challenge": VERIFIER[:-1]}, "code_challenge"),
        ({"code_challenge_method": "plain"}, "S256"),
        ({"code_challenge_method": ""}, "S256"),
        ({"state": ""}, "state"),
        ({"state": "short"}, "state"),
    ],
)
async def test_a_request_without_proof_or_state_is_sent_back(
    gateway: Gateway, changed: dict[str, str], said: str
) -> None:
    async with Browser(gateway) as browser:
        answer = query_of((await browser.open(authorize_path(**changed))).headers["location"])
        assert answer["error"] == "invalid_request" and said in answer["error_description"]


async def test_a_code_is_for_who_began(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        for changed, error, said in [
            ({"code_verifier": "w" * 43}, "invalid_grant", "code_verifier does not belong"),
            ({"redirect_uri": CALLBACK.replace("49152", "49153")}, "invalid_grant", "another redirect_uri"),
            ({"code_verifier": "short"}, "invalid_request", "code_verifier must be"),
            ({"client_id": "other"}, "invalid_client", "no client"),
            ({"code": "unknown"}, "invalid_grant", "unknown"),
        ]:
            code = await allowed_code(browser)
            status, told = await exchange(gateway, **{"code": code, **changed})
            assert (status, told["error"]) == (401 if error == "invalid_client" else 400, error)
            assert said in told["error_description"]
            if error == "invalid_grant" and "code" not in changed:  # it was good for that one try
                assert (await exchange(gateway, code))[0] == 400


async def test_a_code_that_is_used_again_ends_the_login_it_gave(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        code = await allowed_code(browser)
        _, tokens = await exchange(gateway, code)
        status, told = await exchange(gateway, code)
        assert (status, told["error"]) == (400, "invalid_grant") and "used before" in told["error_description"]
        assert await whoami(gateway, tokens["access_token"]) == 401
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "ant"}
        assert (await post(gateway, wire.TOKEN_PATH, **refresh))[0] == 400


async def test_a_code_grows_old_and_lies_hashed(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        code = await allowed_code(browser)
        with psycopg.connect(gateway.database_url, autocommit=True) as connection:
            assert code not in str(connection.execute("select a::text from accounts.authorizations a").fetchall())
            connection.execute("update accounts.authorizations set expires_at = now()")
        assert (await exchange(gateway, code))[1]["error_description"] == "This code is too old."


async def test_what_was_shown_is_what_is_decided(gateway: Gateway) -> None:
    async with Browser(gateway) as ada, Browser(gateway) as bob:
        await ada.sign_up(ADA)
        await bob.sign_up("bob@example.com")
        await bob.open(authorize_path())
        bobs = bob.page.form("/authorize").fields["request"]
        for forged in ("", "x", bobs, bobs[:-8] + "AAAAAAA="):
            await ada.open(authorize_path())
            assert (await ada.send("/authorize", decision="allow", request=forged)).status == 403


@pytest.mark.parametrize("fields", [{}, {"grant_type": "password"}, {"grant_type": "authorization_code"}])
async def test_what_is_no_grant_is_refused_in_oauths_words(gateway: Gateway, fields: dict[str, str]) -> None:
    status, told = await post(gateway, wire.TOKEN_PATH, **fields)
    assert status in (400, 401) and set(told) == {"error", "error_description"}


async def test_a_refresh_over_http_and_a_revocation(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        _, tokens = await exchange(gateway, await allowed_code(browser))
        refresh = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": "ant"}
        status, renewed = await post(gateway, wire.TOKEN_PATH, **refresh)
        assert status == 200 and renewed["refresh_token"] != tokens["refresh_token"]
        assert await post(gateway, wire.REVOKE_PATH, token="nonsense") == (200, {})
        assert await post(gateway, wire.REVOKE_PATH, token=renewed["refresh_token"]) == (200, {})
        assert await whoami(gateway, renewed["access_token"]) == 401
        assert "The login of ada" in (await browser.open("/account")).text


async def test_the_metadata_says_where_everything_is(gateway: Gateway) -> None:
    async with gateway.http.get(gateway.url + wire.OAUTH_METADATA_PATH) as answer:
        told = wire.AuthorizationServer(**await answer.json())
    assert told.issuer == gateway.url and told.authorization_endpoint == f"{gateway.url}/authorize"
    assert told.token_endpoint == gateway.url + wire.TOKEN_PATH
    async with gateway.http.get(told.jwks_uri) as answer:
        assert (await answer.json())["keys"]


async def test_an_issuer_with_a_path_is_found_where_rfc_8414_says(gateway: Gateway) -> None:
    identity = gateway.services.identity
    named = dataclasses.replace(identity.addresses, issuer=f"{gateway.url}/auth")
    object.__setattr__(identity, "addresses", named)
    async with gateway.http.get(f"{gateway.url}{wire.OAUTH_METADATA_PATH}/auth") as answer:
        assert (await answer.json())["issuer"] == f"{gateway.url}/auth"
    async with gateway.http.get(f"{gateway.url}{wire.OAUTH_METADATA_PATH}/other") as answer:
        assert answer.status == 404


async def test_a_very_long_request_is_told_and_breaks_nothing(gateway: Gateway) -> None:
    async with Browser(gateway) as browser:
        await browser.sign_up(ADA)
        page = await browser.open(authorize_path(device_name="x" * 5000))
        assert page.status == 200 and "x" * 200 in page.html and "x" * 201 not in page.html
