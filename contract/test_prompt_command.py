"""`aniate-server prompt`: which prompts there are, and what a model makes of one; without a database where it can."""

from __future__ import annotations

from pathlib import Path

import pytest

from aniate_server.brews import catalogue
from contract.house import House, environment
from server.tests.doubles.groq import KEY, Groq

COMMAND = '{"command": "ls", "does": "Lists files.", "touches": ""}'


@pytest.fixture
def bare(folder: Path) -> House:
    """A machine with nothing: no weights, no provider, no database."""
    return House(folder, {**environment(folder, None), "XDG_CACHE_HOME": str(folder / "nothing")})


@pytest.fixture
def asking(folder: Path, groq: Groq) -> House:
    """A machine that asks a provider whose models are not in any database."""
    provider = {"ANIATE_PROVIDER_URL": groq.base_url, "ANIATE_PROVIDER_KEY": KEY}
    return House(folder, {**environment(folder, None), **provider, "ANIATE_PROVIDER_MODEL": "openai/gpt-oss-20b"})


def test_the_list_has_a_line_for_every_brew_with_its_version(bare: House) -> None:
    lines = bare.server("prompt", "list").stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        [brew.name, brew.prompt_version] for brew in catalogue.load().values()
    ]
    assert not bare.data.exists()


def test_shown_messages_are_those_that_would_be_sent_and_nothing_is_asked(bare: House) -> None:
    trace = bare.folder / "trace.txt"
    trace.write_text("KeyError: 'quantity'\x1b]0;x\x07\n")
    shown = bare.server("prompt", "try", "what", str(trace), "--question", "Why", "this?", "--show").stdout
    assert catalogue.load()["what"].fixed in shown
    assert "KeyError: 'quantity'?]0;x?" in shown
    assert shown.endswith("\n\nWhy this?\n")
    assert not bare.data.exists()


def test_an_answer_and_what_it_took_are_printed_without_a_database(asking: House, groq: Groq) -> None:
    groq.says = [COMMAND]
    tried = asking.server("prompt", "try", "shell", "--question", "list the files")
    assert tried.stdout == COMMAND
    assert "── system" in tried.stderr
    assert "20 tokens read, 12 written" in tried.stderr
    assert "of the form it must have" in tried.stderr
    assert not (asking.data / "postgres").exists()


def test_an_answer_without_its_form_is_a_failure(asking: House) -> None:
    tried = asking.server("prompt", "try", "shell", "--question", "list the files", check=False)
    assert tried.returncode == 1
    assert "NOT of the form" in tried.stderr


def test_a_providers_model_is_looked_up_in_the_database(folder: Path, groq: Groq) -> None:
    house = House(folder, environment(folder, groq))
    house.server("prompt", "try", "ask", "--question", "Why?", "--model", "smart")
    assert groq.asked[0].body["model"] == "openai/gpt-oss-120b"
    beside = {"ANIATE_FRONTIER": "openai", "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": groq.base_url}
    house.env.update(beside)
    house.server("prompt", "try", "ask", "--question", "Hi", "--model", "frontier", check=False)
    assert groq.asked[1].body["model"] == "gpt-4.1"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["what", "--question", "x"], "The local model qwen2.5-coder-0.5b is not on this machine, or not whole."),
        (["nonesuch", "--question", "x"], "There is no brew 'nonesuch'."),
        (["what"], "There is nothing to try it on."),
        (["what", "--question", "x", "--model", "huge"], "There is no model 'huge'."),
        (["what", "/nowhere/x.py"], "/nowhere/x.py: no such file or directory."),
    ],
)
def test_whatever_is_lacking_is_told_in_one_sentence(bare: House, arguments: list[str], said: str) -> None:
    tried = bare.server("prompt", "try", *arguments, check=False)
    assert tried.returncode == 1
    assert said in tried.stderr
    assert "Traceback" not in tried.stderr
