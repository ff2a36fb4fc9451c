"""What each page is shown with: an ordinary visit, one with nothing in it, one with long names, and an attack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

Context = dict[str, Any]  # what a template is given is as mixed as the pages are

ATTACK = """"' onfocus=alert(2) style=x '"><script>alert(1)</script>"""
LONG = "a-very-long-name-that-somebody-gave-to-a-machine-without-a-single-space-in-it" * 2
EVERYWHERE: Context = {"user_email": "ada@example.com", "csrf": "c5rf", "style_version": "1", "error": ""}

FORM: Context = {"user_email": "", "email": "ada@example.com", "next": "/device?user_code=WDJB-MJHT"}
ASKING: Context = {
    "client": "ant",
    "device_name": "ada’s laptop",
    "address": "203.0.113.7",
    "email": "ada@example.com",
    "since": "24 November 2026, 06:09 UTC",
}
SESSIONS = [
    ("1", "web", "Firefox on Linux", "Firefox 150", "203.0.113.7", True),
    ("2", "cli", "ada’s laptop", "ant 1.0.0", "203.0.113.7", False),
    ("3", "cli", "build-server", "ant 1.0.0", "2001:db8::8a2e:370:7334", False),
]
ACCOUNT: Context = {
    "email": "ada@example.com",
    "workspace": "Ada’s workspace",
    "plan": "Free",
    "created": "3 October 2026",
    "sessions": [
        {"id": number, "kind": kind, "name": name, "client": client, "address": address, "current": current}
        | {"last_seen": "2 minutes ago", "created": "3 October 2026"}
        for number, kind, name, client, address, current in SESSIONS
    ],
    "keys": [
        {"id": "1", "name": "nightly build", "prefix": "ant_k_7Qm2", "created": "3 October 2026"},
        {"id": "2", "name": "notebook", "prefix": "ant_k_x91B", "created": "20 November 2026"},
    ],
    "events": [
        {"at": "24 Nov, 06:09", "event": "ada’s laptop logged in", "address": "203.0.113.7"},
        {"at": "20 Nov, 18:40", "event": "The key notebook was made", "address": "2001:db8::8a2e:370:7334"},
        {"at": "3 Oct, 09:12", "event": "The password was chosen", "address": "203.0.113.7"},
    ],
    "password_error": "",
    "delete_error": "",
    "notice": "",
}
NOTHING: Context = {"sessions": [], "keys": [], "events": []}

# Every page by the name of its picture: the template, and what it is given on top of EVERYWHERE.
PAGES: dict[str, tuple[str, Context]] = {
    "sign_in": ("sign_in.html", FORM),
    "sign_in_refused": (
        "sign_in.html",
        {**FORM, "error": "That is not the password of this account, or there is no such account."},
    ),
    "sign_in_blank": ("sign_in.html", {**FORM, "email": "", "next": ""}),
    "sign_up": ("sign_up.html", {**FORM, "email": ""}),
    "sign_up_refused": ("sign_up.html", {**FORM, "error": "That is not an address that mail can be sent to."}),
    "check_mail": ("check_mail.html", {**FORM, "purpose": "verify", "minutes": 30}),
    "check_mail_reset": ("check_mail.html", {**FORM, "purpose": "reset", "minutes": 30, "next": ""}),
    "verify": ("choose_password.html", {**FORM, "purpose": "verify", "code": "c0de", "min_length": 12}),
    "reset_new_refused": (
        "choose_password.html",
        {**FORM, "purpose": "reset", "code": "c0de", "min_length": 12, "error": "The two are not the same."},
    ),
    "reset": ("reset.html", {**FORM, "email": ""}),
    "reset_refused": ("reset.html", {**FORM, "error": "Too many mails for now. Try again in an hour."}),
    "authorize": ("authorize.html", {**ASKING, "request": "s1gned", "here": "/authorize?x=1", "wants_new": False}),
    "authorize_new": ("authorize.html", {**ASKING, "request": "s1gned", "here": "/authorize?x=1", "wants_new": True}),
    "device": ("device.html", {"user_code": ""}),
    "device_refused": ("device.html", {"user_code": "WDJB-MJHX", "error": "No terminal waits for this code."}),
    "device_confirm": ("device_confirm.html", {**ASKING, "user_code": "WDJB-MJHT", "here": "/device?code=WDJB-MJHT"}),
    "allowed": ("done.html", {"outcome": "allowed"}),
    "denied": ("done.html", {"outcome": "denied"}),
    "signed_out": ("done.html", {"outcome": "signed_out", "user_email": ""}),
    "deleted": ("done.html", {"outcome": "deleted", "user_email": ""}),
    "confirmed": ("done.html", {"outcome": "confirmed", "user_email": ""}),
    "account": ("account.html", {**ACCOUNT, "notice": "The login build-box was ended."}),
    "account_empty": ("account.html", {**ACCOUNT, **NOTHING}),
    "account_refused": (
        "account.html",
        {
            **ACCOUNT,
            "password_error": "That is not the current password.",
            "delete_error": "That is not the password of this account.",
        },
    ),
    "error": (
        "error.html",
        {
            "heading": "This link is used up",
            "message": "It was opened before, or it is older than 30 minutes.",
            "hint": "Ask for a new one.",
            "ways": [("/sign-in", "Sign in"), ("/sign-up", "Make an account")],
        },
    ),
    "error_without_hint": (
        "error.html",
        {"heading": "Not found", "message": "There is no such page.", "hint": "", "ways": []},
    ),
}
CHOICES = ("purpose", "outcome", "kind")  # one of few words of our own, never what somebody typed


def render(page: str, text: str | None = None) -> str:
    """A page as HTML; with `text`, every free text in it is that one."""
    template, given = PAGES[page]
    context = {**EVERYWHERE, **given}
    return PAGES_ENVIRONMENT.get_template(template).render(everywhere(context, text) if text else context)


def everywhere(value: Any, text: str, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: everywhere(inner, text, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [everywhere(inner, text) for inner in value]
    return text if isinstance(value, str) and name not in CHOICES else value


def shown() -> Iterator[tuple[str, str]]:
    """Every page with its HTML, and each template once more with long words in all its places."""
    for page in PAGES:
        yield page, render(page)
    for page in {template: page for page, (template, _) in PAGES.items()}.values():
        yield f"{page}_long", render(page, LONG)


PAGES_ENVIRONMENT = Environment(
    loader=PackageLoader("aniate_server.web"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
