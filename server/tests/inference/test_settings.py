"""The bounds that an operator may set, and what is said of those that make no sense."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from aniate_server.inference.model_router import custom
from aniate_server.inference.waits import Waits
from aniate_server.plumbing.bounds import BOUNDS
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Settings

OWN = {"ANIATE_PROVIDER_URL": "http://127.0.0.1:8080/v1", "ANIATE_PROVIDER_MODEL": "m"}
DOCS = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "set-bounds.md"


def settings(**env: str) -> Settings:
    return Settings.from_environment({"HOME": "/nowhere", **env})


def test_each_bound_is_set_by_its_variable() -> None:
    for at, name in enumerate(BOUNDS, 1):
        assert getattr(settings(**{f"ANIATE_{name.upper()}": str(at)}), name) == at
    slow = Waits.of(settings(ANIATE_UPSTREAM_FIRST_TOKEN_S="0.5", ANIATE_UPSTREAM_SILENCE_S="240"))
    assert (slow.first_token_s, slow.silence_s, slow.answer_s) == (0.5, 240.0, 900.0)


def test_a_model_of_ones_own_reads_as_much_as_is_set() -> None:
    provider = settings(**OWN, ANIATE_PROVIDER_CONTEXT_TOKENS="131072").provider
    assert provider is not None
    assert (custom(provider).context_tokens, custom(provider).max_output_tokens) == (131072, 2048)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ANIATE_UPSTREAM_SILENCE_S", "0"),
        ("ANIATE_UPSTREAM_SILENCE_S", "nan"),
        ("ANIATE_UPSTREAM_ANSWER_S", "inf"),
        ("ANIATE_QUEUE_PLACES", "many"),
        ("ANIATE_QUEUE_PLACES", "1.5"),
        ("ANIATE_DATABASE_CONNECTIONS", "-1"),
        ("ANIATE_PROVIDER_CONTEXT_TOKENS", "2048"),
    ],
)
def test_a_bound_that_makes_no_sense_is_told(variable: str, value: str) -> None:
    with pytest.raises(SetupError, match="ANIATE_") as told:
        settings(**{**OWN, variable: value})
    assert variable in told.value.message


def test_it_is_told_in_a_sentence_before_anything_starts(tmp_path: Path) -> None:
    env = {**os.environ, "ANIATE_QUEUE_PLACES": "many"}
    command = [sys.executable, "-m", "aniate_server", "--data", str(tmp_path), "up"]
    refused = subprocess.run(command, env=env, text=True, capture_output=True, check=False, timeout=60)
    said = "aniate-server: ANIATE_QUEUE_PLACES is 'many', which is no whole number above zero.\n"
    assert (refused.returncode, refused.stderr) == (1, said)


def test_the_page_of_bounds_names_each_with_its_default() -> None:
    page = DOCS.read_text()
    defaults = {each.name: each.default for each in fields(Settings)}
    for name in BOUNDS:
        assert f"| `ANIATE_{name.upper()}` | {defaults[name]:g} |" in page
