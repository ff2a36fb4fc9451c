"""A person before a real Chromium, who reads the server's mail and whose terminal runs `ant`."""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO

from playwright.sync_api import Page, Request

from contract.house import House, until
from server.tests.web.site import browser

PASSWORD = "seven purple otters juggle"
PATIENCE_MS = 15_000


@dataclass
class Person:
    """Somebody with a browser and a home."""

    house: House
    page: Page
    email: str = "ada@example.com"
    asked: list[str] = field(default_factory=list)
    """Every address that the browser asked for, the mail's links left out."""

    def note(self, request: Request) -> None:
        """Keep what was asked for."""
        self.asked.append(request.url)

    def terminal(self, *words: str) -> Terminal:
        """Start `ant` where a browser can be opened: what it opens is written to a file."""
        opened = self.house.folder / f"opened-{time.monotonic_ns()}"
        script = self.house.folder / "browser.sh"
        script.write_text('#!/bin/sh\nprintf %s "$1" > "$OPENED.new" && mv "$OPENED.new" "$OPENED"\n')
        script.chmod(0o700)
        env = {**self.house.env, "BROWSER": str(script), "OPENED": str(opened)}
        return Terminal(replace(self.house, env=env).start_ant(*words), opened)

    def sign_up(self, url: str) -> None:
        """From the form to the page behind the account."""
        self.page.goto(url)
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_role("button", name="Send the link").click()
        self.page.get_by_text("Look into your mail").wait_for(timeout=PATIENCE_MS)
        self.choose_password(self.mail())

    def mail(self) -> str:
        """The link in the newest mail."""
        found: list[str] = []

        def arrived() -> bool:
            shown = self.house.server("mail", "--to", self.email, check=False)
            found[:] = re.findall(r"http\S+\?code=\S+", shown.stdout)
            return bool(found)

        until(arrived, "a mail with a link")
        return found[-1]

    def choose_password(self, link: str, password: str = PASSWORD) -> None:
        """By the link of a mail."""
        self.page.goto(link)
        self.page.get_by_label("Password", exact=True).fill(password)
        self.page.get_by_label("The same again").fill(password)
        self.page.get_by_role("button", name="Save the password").click()

    def sign_in(self, password: str = PASSWORD) -> None:
        """By the form that the browser shows."""
        self.page.get_by_label("E-mail").fill(self.email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def sign_in_by_keyboard(self, password: str) -> None:
        """By the form, without a mouse: Tab to the fields, Enter at the end."""
        for name, text in (("email", self.email), ("password", password)):
            self.tab_to(name)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
        self.page.keyboard.press("Enter")

    def tab_to(self, name: str) -> None:
        """Press Tab until the field has the focus, and see that it shows."""
        for _ in range(12):
            focused = self.page.evaluate("document.activeElement.name || ''")
            if focused == name:
                style = "getComputedStyle(document.activeElement)"
                assert self.page.evaluate(f"{style}.outlineStyle + {style}.boxShadow") != "nonenone"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"no way to {name} by the keyboard")

    def decide(self, answer: str) -> None:
        """Allow or Deny, and wait for the page that says that the window may be closed."""
        self.page.get_by_role("button", name=answer).click()
        self.page.get_by_text("You may close this window").wait_for(timeout=PATIENCE_MS)


@dataclass
class Terminal:
    """A running `ant`."""

    process: subprocess.Popen[str]
    opened: Path

    def url(self) -> str:
        """What it opened in the browser."""
        until(lambda: self.opened.exists() or self.process.poll() is not None, "a page in the browser")
        assert self.opened.exists(), self.process.communicate()[1]
        return self.opened.read_text()

    def said(self, pattern: str) -> str:
        """What it says on standard error, up to the line that holds `pattern`: the part that was looked for."""
        assert self.process.stderr
        lines: IO[str] = self.process.stderr
        for line in lines:
            if found := re.search(pattern, line):
                return found[0]
        raise AssertionError(f"it never said {pattern}")

    def end(self) -> tuple[int, str]:
        """Its exit code and what it said last."""
        _, said = self.process.communicate(timeout=30)
        return self.process.returncode, said


@contextmanager
def at_a_browser(house: House) -> Iterator[Person]:
    """Somebody new before this house."""
    with browser() as chromium:
        page = chromium.new_page()
        person = Person(house, page)
        page.on("request", person.note)
        yield person
