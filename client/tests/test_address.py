"""Which addresses a token may go to."""

import pytest

from aniate.address import parse, without_login
from aniate.errors import InsecureHost, UsageError


@pytest.mark.parametrize(
    ("typed", "origin"),
    [
        ("https://api.aniate.com", "https://api.aniate.com"),
        ("https://API.aniate.com:443/v1/", "https://api.aniate.com"),
        ("https://ant.example.com:8443/", "https://ant.example.com:8443"),
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
        ("http://127.8.9.10", "http://127.8.9.10"),
        ("http://[::1]:80", "http://[::1]"),
        ("http://localhost:1", "http://localhost:1"),
    ],
)
def test_one_place_has_one_spelling(typed: str, origin: str) -> None:
    assert parse(typed).origin == origin


@pytest.mark.parametrize(
    "typed",
    [
        "http://example.com", "http://127.0.0.1.example.com", "http://localhost.example.com", "http://0.0.0.0",
        "http://192.168.0.1", "http://[::2]", "http://127.1", "http://2130706433", "http://0x7f000001", "http://[::ffff:127.0.0.1]",
    ],
)  # fmt: skip
def test_plain_http_is_for_this_machine_alone(typed: str) -> None:
    with pytest.raises(InsecureHost):
        parse(typed)


def test_an_address_in_brackets_keeps_them_in_the_hint() -> None:
    with pytest.raises(InsecureHost) as caught:
        parse("http://[::ffff:127.0.0.1]")
    assert caught.value.hint.startswith("Use https://[::ffff:127.0.0.1];")


@pytest.mark.parametrize(
    "typed",
    [
        "", "api.aniate.com", "ftp://a", "https://", "https://a b", "https://a/b", "https://a?b", "https://a#b", "https://u@a",
        "https://127.0.0.1:80@evil.example", "https://a:0", "https://a:65536", "https://a:", "https://a:1:2", "https://[::1",
        "https://[nonsense]", "https://a\\b", "https://a\r\nX: y", "https://ünicode.example", "http://127.0.0.1\t.example.com",
    ],
)  # fmt: skip
def test_what_two_readers_might_read_differently_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        parse(typed)


@pytest.mark.parametrize("url", ["https://bob:hunter2@example.com", "ftp://bob:hunter2@x", "socks5://bob:hun@ter2@x:1"])
def test_a_login_in_an_address_is_not_shown(url: str) -> None:
    shown = without_login(url)
    assert "hun" not in shown and "bob" not in shown and "@" in shown
    with pytest.raises(UsageError) as refused:
        parse(url)
    assert "hun" not in refused.value.message
