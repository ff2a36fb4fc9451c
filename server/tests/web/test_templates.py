"""The pages: nothing that somebody typed becomes markup, and everybody can use them, on any screen."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped] # it brings no types
from playwright.sync_api import Browser, Page

from server.tests.web.document import Element, document
from server.tests.web.samples import ATTACK, PAGES, render, shown
from server.tests.web.site import browser, site
from server.tests.web.views import VIEWS, View

PARTS = {"base.html", "fields.html", "account_logins.html", "account_keys.html", "account_events.html"}
PARTS |= {"account_data.html"}
SMALL = """() => [...document.querySelectorAll('a, button, summary, input:not([type=hidden], [hidden])')]
    .map(each => each.closest('label') ?? each)
    .filter(each => each.checkVisibility() && Math.min(each.offsetWidth, each.offsetHeight) < 44)
    .map(each => each.outerHTML)"""
TOO_WIDE = "() => document.documentElement.scrollWidth > innerWidth"

every_page = pytest.mark.parametrize("page", PAGES)


def test_every_template_is_shown_by_a_sample() -> None:
    written = {each.name for each in files("aniate_server.web").joinpath("templates").iterdir()}
    assert {template for template, _ in PAGES.values()} == written - PARTS


@every_page
def test_what_somebody_typed_never_becomes_markup(page: str) -> None:
    html = render(page, ATTACK)
    assert "<script" not in html and ATTACK not in html
    for each in document(html).walk():
        assert each.tag not in {"script", "style", "iframe", "object", "base"}
        assert not [name for name in each.attributes if name == "style" or name.startswith("on")], each
        assert not each.attributes.get("href", "/").startswith("//")
    shape = [(each.tag, sorted(each.attributes)) for each in document(html).walk()]
    assert shape == [(each.tag, sorted(each.attributes)) for each in document(render(page, "harmless")).walk()]


@every_page
def test_a_page_has_a_language_a_title_one_main_and_one_heading(page: str) -> None:
    read = document(render(page))
    assert [each.attributes["lang"] for each in read.all("html")] == ["en-GB"]
    assert len(read.all("main")) == 1
    assert [each.tag for each in read.all("main")[0].walk()].count("h1") == len(read.all("h1")) == 1
    [title] = read.all("title")
    assert title.text.endswith(" · Aniate") and title.text.startswith("Error: ") == page.endswith("_refused")


@every_page
def test_every_form_is_a_post_with_the_secret_against_forgery(page: str) -> None:
    for form in document(render(page)).all("form"):
        assert form.attributes["method"] == "post"
        values = [each.attributes["value"] for each in form.all("input") if each.attributes.get("name") == "csrf"]
        assert values == ["c5rf"], form


@every_page
def test_every_field_has_a_label_and_every_reference_a_target(page: str) -> None:
    read = document(render(page))
    ids = [each.attributes["id"] for each in read.walk() if "id" in each.attributes]
    assert len(ids) == len(set(ids))
    labelled = {each.attributes["for"] for each in read.all("label")}
    assert labelled <= set(ids)
    for field in read.all("input"):
        assert unseen(field) or field.attributes["id"] in labelled, field
    for name in ("aria-describedby", "aria-labelledby", "form"):
        told = [word for each in read.walk() for word in each.attributes.get(name, "").split()]
        assert set(told) <= set(ids)


def unseen(field: Element) -> bool:
    return field.attributes["type"] == "hidden" or "hidden" in field.attributes


@pytest.mark.parametrize("page", [page for page in PAGES if page.endswith("_refused")])
def test_a_refusal_is_said_at_once_and_belongs_to_the_field(page: str) -> None:
    read = document(render(page))
    alerts = {each.attributes["id"] for each in read.walk() if each.attributes.get("role") == "alert"}
    fields = [each for each in read.all("input") if "aria-invalid" in each.attributes]
    assert alerts == {each.attributes["aria-describedby"].split()[0] for each in fields}
    assert len([each for each in fields if "autofocus" in each.attributes]) == 1


def test_password_managers_are_told_what_each_field_is() -> None:
    def told(page: str) -> list[str]:
        fields = document(render(page)).all("input")
        return [each.attributes["autocomplete"] for each in fields if "autocomplete" in each.attributes]

    assert told("sign_in") == ["username", "current-password"]
    assert told("verify") == ["username", "new-password", "new-password"]
    assert told("account") == ["username", "current-password", "new-password", "new-password", *told("sign_in")]


def test_where_to_go_next_is_carried_along_whole() -> None:
    sign_in, sign_up = render("sign_in"), render("sign_up")
    assert 'href="/sign-up?next=/device%3Fuser_code%3DWDJB-MJHT"' in sign_in
    assert 'href="/sign-in?next=/device%3Fuser_code%3DWDJB-MJHT"' in sign_up
    assert 'name="next" value="/device?user_code=WDJB-MJHT"' in sign_in
    assert 'href="/sign-up"' in render("sign_in_blank")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with site() as running:
        yield running


@pytest.mark.parametrize("view", VIEWS, ids=lambda view: view.name)
def test_a_browser_shows_every_page_whole_and_axe_finds_nothing(chromium: Browser, address: str, view: View) -> None:
    with chromium.new_context(viewport=view.size, color_scheme=view.scheme) as context:
        page = context.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        wrong = {name: faults(page, f"{address}/{name}", said) for name, _ in shown()}
    assert {name: found for name, found in wrong.items() if found} == {}


def faults(page: Page, address: str, said: list[str]) -> list[str]:
    """What is wrong with a page, a line each: what the browser, the measures and axe say."""
    said.clear()
    page.goto(address)
    found = [*said, *page.evaluate(SMALL)]
    if page.evaluate(TOO_WIDE):
        found.append("scrolls sideways")
    return [*found, *Axe().run(page).generate_snapshot().splitlines()]
