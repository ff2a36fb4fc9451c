"""A browser without a screen: it keeps cookies, follows redirects of ours, and fills in the forms that it is shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from html.parser import HTMLParser
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

import aiohttp

from aniate_server.accounts.mail_delivery import folder
from aniate_server.accounts.mails import send_due
from server.tests.inference.gateway import Gateway

PASSWORD = "seven purple otters juggle"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36"


@dataclass
class Form:
    """A form as it stands on a page."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)


class Forms(HTMLParser):
    """Reads the forms of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(given["action"]))
        if tag == "input" and self.found and "name" in given and given.get("type") != "checkbox":
            self.found[-1].fields[given["name"]] = given.get("value", "")


@dataclass
class Page:
    """What the browser shows."""

    status: int
    url: str
    html: str
    headers: dict[str, str]

    @property
    def path(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return parts.path + (f"?{parts.query}" if parts.query else "")

    @property
    def text(self) -> str:
        """What a person reads, without the layout."""
        return " ".join(re.sub(r"<[^>]+>", " ", self.html).split())

    def form(self, action: str) -> Form:
        """The form that is sent there."""
        return next(form for form in Forms(self.html).found if form.action == action)


class Browser:
    """One browser before the server of `gateway`."""

    def __init__(self, gateway: Gateway, address: str = "") -> None:
        self.gateway = gateway
        self.headers = {"user-agent": AGENT, **({"x-forwarded-for": address} if address else {})}
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=self.headers)
        self.page = Page(0, "", "", {})

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.http.close()

    async def open(self, path: str) -> Page:
        """Go there."""
        return await self._request("GET", path if path.startswith("http") else self.gateway.url + path)

    async def send(self, action: str, headers: dict[str, str] | None = None, **typed: str) -> Page:
        """Fill the page's form in and send it."""
        fields = {**self.page.form(action).fields, **typed}
        return await self._request("POST", self.gateway.url + action, fields, headers)

    async def _request(
        self, method: str, url: str, fields: dict[str, str] | None = None, headers: dict[str, str] | None = None
    ) -> Page:
        """One request; redirects are followed as far as they stay here."""
        async with self.http.request(method, url, data=fields, headers=headers, allow_redirects=False) as answer:
            html = await answer.text()
            sent = {name.lower(): value for name, value in answer.headers.items()}
            self.page = Page(answer.status, url, html, sent)
        if self.page.status == 303 and (onward := sent["location"]).startswith("/"):
            return await self._request("GET", self.gateway.url + onward)
        return self.page

    async def sign_up(self, email: str, password: str = PASSWORD, following: str = "") -> Page:
        """The whole way to an account."""
        await self.open(f"/sign-up?next={following}" if following else "/sign-up")
        await self.send("/sign-up", email=email)
        link = (await mailed(self.gateway))[-1].link
        await self.open(link)
        return await self.send("/verify", password=password, again=password)

    async def sign_in(self, email: str, password: str = PASSWORD) -> Page:
        """By the form."""
        await self.open("/sign-in")
        return await self.send("/sign-in", email=email, password=password)


@dataclass(frozen=True)
class Letter:
    """A mail that arrived."""

    to: str
    subject: str
    text: str

    @property
    def link(self) -> str:
        """The one link that carries a code."""
        [found] = re.findall(r"http\S+\?code=\S+", self.text)
        return str(found)


async def mailed(gateway: Gateway) -> list[Letter]:
    """Send what is due, as the worker does, and read all that was sent so far."""
    services = gateway.services
    secret, metrics = services.identity.secret, services.metrics.accounts
    await send_due(services.settings, services.db, secret, services.clock, metrics)
    return list(letters(folder(services.settings)))


def letters(mail: Path) -> Iterator[Letter]:
    """The mails in a folder, oldest first."""
    for file in sorted(mail.glob("*.eml")):
        read = message_from_bytes(file.read_bytes(), policy=default)
        yield Letter(read["To"], read["Subject"], read.get_content())


def query_of(url: str) -> dict[str, str]:
    """What an address carries."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
