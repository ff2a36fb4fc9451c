"""The wording of the prompts: short, fixed, and not what anybody else would say."""

from __future__ import annotations

import re
import sysconfig
from pathlib import Path

import pytest

from aniate_server.brews import catalogue

RUN_LENGTH = 6
PROMPTS = sorted(catalogue.FOLDER.rglob("*.md"))
ROOT = Path(__file__).parents[3]


def runs(text: str) -> set[tuple[str, ...]]:
    """All runs of six words, as they are compared in built packages and in answers."""
    words = re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())
    return {tuple(words[at : at + RUN_LENGTH]) for at in range(len(words) - RUN_LENGTH + 1)}


@pytest.fixture(scope="module")
def english() -> set[tuple[str, ...]]:
    """What programmers ordinarily say: the library of Python, and our own documentation."""
    library = Path(sysconfig.get_paths()["stdlib"])
    files = [*library.glob("*.py"), ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    return {run for file in files for run in runs(file.read_text(errors="replace"))}


@pytest.mark.parametrize("file", PROMPTS, ids=lambda file: str(file.relative_to(catalogue.FOLDER)))
def test_no_six_words_in_a_row_are_what_an_ordinary_answer_says(file: Path, english: set[tuple[str, ...]]) -> None:
    secret = file.read_text().rpartition(catalogue.RULE)[2]  # above the rule stands what users are told anyway
    assert runs(secret) & english == set()


def test_every_folder_is_a_brew_that_is_served() -> None:
    assert {file.parent.name for file in catalogue.FOLDER.glob("*/prompt.md")} == set(catalogue.NAMES)


def test_reading_the_files_again_gives_the_same_bytes() -> None:
    assert catalogue.load() == catalogue.load()


def test_who_is_not_offered_yet_says_so() -> None:
    for brew in catalogue.load().values():
        assert ("no command for it yet" in brew.summary) != brew.offered
