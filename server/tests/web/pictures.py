"""`python -m server.tests.web.pictures FOLDER`: every page as a picture; light, dark and on a phone."""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Browser

from server.tests.web.samples import shown
from server.tests.web.site import browser, site
from server.tests.web.views import VIEWS, View


def take(running: Browser, address: str, view: View, folder: Path) -> None:
    with running.new_context(viewport=view.size, color_scheme=view.scheme) as context:
        page = context.new_page()
        for name, _ in shown():
            page.goto(f"{address}/{name}")
            page.screenshot(path=folder / f"{name}-{view.name}.png", full_page=True)


def main() -> None:
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    with site() as address, browser() as running:
        for view in VIEWS:
            take(running, address, view, folder)


if __name__ == "__main__":
    main()
