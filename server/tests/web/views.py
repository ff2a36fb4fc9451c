"""How the pages are looked at."""

from __future__ import annotations

from typing import Literal, NamedTuple

from playwright.sync_api import ViewportSize


class View(NamedTuple):
    name: str
    size: ViewportSize
    scheme: Literal["light", "dark"]


DESK: ViewportSize = {"width": 1120, "height": 760}
PHONE: ViewportSize = {"width": 360, "height": 720}
VIEWS = (View("light", DESK, "light"), View("dark", DESK, "dark"), View("phone", PHONE, "light"))
