"""The pictures of the documents show what `ant` prints today, are small, and load nothing."""

from __future__ import annotations

import re

import pytest

from scripts.record_terminal import COLUMNS, PICTURES, ROWS, recorded
from scripts.terminal_picture import on_screen, svg
from scripts.terminal_scenes import SCENES, Scene

SAME_EVERYWHERE = [scene for scene in SCENES if scene.name != "fix"]
"""What a failing test of Python's looks like differs from one Python to another."""


@pytest.mark.parametrize("scene", SAME_EVERYWHERE, ids=lambda scene: scene.name)
def test_a_picture_is_what_a_terminal_shows_today(scene: Scene) -> None:
    drawn = svg(on_screen(recorded(scene, "dark"), COLUMNS, ROWS), scene.title, "dark")
    there = (PICTURES / f"{scene.name}-dark.svg").read_text()
    assert there == drawn, "draw it anew: .venv/bin/python -m scripts.record_terminal"


def test_each_picture_is_small_and_loads_nothing() -> None:
    pictures = sorted(PICTURES.glob("*.svg"))
    assert len(pictures) == 2 * len(SCENES)
    for picture in pictures:
        text = picture.read_text()
        assert len(text) < 60_000, picture.name
        assert not re.search(r"<(script|image|style|foreignObject)|href=|url\(|/tmp/", text), picture.name
