"""A server that names another one's pages gets no login that is for that one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ant_process import Home
from ant_stub import Server, Stub
from logging_in import browser_of, keyring_of
from oauth_stub import Logins, agrees


@pytest.fixture
def elsewhere() -> Iterator[Logins]:
    """Another server, where the user has an account."""
    with Server(Stub()) as server:
        yield Logins(server.stub)


@pytest.fixture(autouse=True)
def machine(home: Home) -> None:
    keyring_of(home)
    browser_of(home)


def _names(logins: Logins, other: Logins) -> None:
    """`logins`' server says that it is the other one, and sends the browser there."""
    logins.issuer, logins.web, other.agree = other.issuer, other.web, agrees()


def test_a_host_that_names_another_issuer_opens_nothing(home: Home, logins: Logins, elsewhere: Logins) -> None:
    _names(logins, elsewhere)
    for words in (["login"], ["login", "--device"], ["signup"]):
        ran = home.run(*words, "--host", logins.stub.url)
        assert ran.code == 1
        assert ran.err.splitlines() == [
            f"ant: {logins.stub.url} wants you to log in to {elsewhere.issuer}, which does not vouch for it.",
            "Nothing was opened. Check the address: a server may try to get a login that is for another one.",
        ]
    assert (elsewhere.asked, logins.forms, elsewhere.forms) == ([], [], [])
    assert [request.headers.get("authorization") for request in elsewhere.stub.requests] == [None] * 3


@pytest.mark.parametrize("path", ["", "/tenant", "/tenant/"])
def test_an_issuer_elsewhere_that_vouches_for_the_host_is_believed(
    path: str, home: Home, logins: Logins, elsewhere: Logins
) -> None:
    elsewhere.issuer = logins.issuer = elsewhere.stub.url + path
    elsewhere.token_endpoint = logins.token_endpoint
    logins.web = "https://not.asked.example"  # the issuer's own word counts
    elsewhere.challenges = logins.challenges
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    [asked] = elsewhere.stub.requests[:1]
    assert asked.path == f"/.well-known/oauth-authorization-server{path.rstrip('/')}"
    assert [form["grant_type"] for _, form in logins.forms] == ["authorization_code"]


@pytest.mark.parametrize(
    "issuer", ["http://example.com", "https://a@b.example", "https://aniate.test?x", "ftp://x", "https://[", "x"]
)
def test_an_issuer_that_can_not_be_asked_is_none(issuer: str, home: Home, logins: Logins) -> None:
    logins.issuer = issuer
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 1, ran.err
    assert "Nothing was opened." in ran.err
    assert logins.asked == []


def test_the_issuer_must_be_the_one_that_was_named(home: Home, logins: Logins, elsewhere: Logins) -> None:
    logins.issuer = elsewhere.stub.url
    elsewhere.issuer = "https://third.example"
    elsewhere.token_endpoint = logins.token_endpoint
    assert "does not vouch for it" in home.run("login", "--host", logins.stub.url).err
    assert elsewhere.asked == []


def test_the_names_of_this_machine_are_one(home: Home, logins: Logins) -> None:
    logins.issuer = logins.issuer.replace("127.0.0.1", "localhost")
    ran = home.run("login", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    assert [request.path for request in logins.stub.requests].count("/.well-known/oauth-authorization-server") == 1


def test_a_code_is_typed_at_the_server_itself_alone(home: Home, logins: Logins, elsewhere: Logins) -> None:
    logins.pages = elsewhere.stub.url
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert ran.code == 1
    assert "WDJB-MJHT" not in ran.err
    assert f"wants the code to be typed at {elsewhere.stub.url}/device, where it has no pages." in ran.err


@pytest.mark.parametrize("colludes", [False, True])
def test_a_host_can_not_say_by_itself_that_its_codes_are_typed_elsewhere(
    colludes: bool, home: Home, logins: Logins, elsewhere: Logins
) -> None:
    logins.web = elsewhere.stub.url  # as its pages for the browser, of which an answer would not be believed
    with Server(Stub()) as third:
        if colludes:
            helper = Logins(third.stub)
            helper.web, helper.token_endpoint = elsewhere.stub.url, logins.token_endpoint
            logins.issuer = helper.issuer
        ran = home.run("login", "--device", "--host", logins.stub.url)
    assert ran.code == 1
    assert f"{elsewhere.stub.url}/device, where it has no pages." in ran.err
    assert "WDJB-MJHT" not in ran.err


def test_a_code_is_typed_at_pages_that_vouch_for_the_host(home: Home, logins: Logins, elsewhere: Logins) -> None:
    logins.pages = elsewhere.stub.url
    elsewhere.token_endpoint = logins.token_endpoint
    ran = home.run("login", "--device", "--host", logins.stub.url)
    assert ran.code == 0, ran.err
    assert f"open {elsewhere.stub.url}/device and type this code" in ran.err
