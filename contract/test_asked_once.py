"""The same question twice, by a real `ant` of a real server: the model hears it once, unless it is to be asked anew."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from contract.conftest import standing
from contract.house import House, environment
from server.tests.doubles.groq import Groq


@pytest.fixture
def remembering_house(folder: Path, groq: Groq) -> Iterator[House]:
    """One that gives answers again, as it is without any setting."""
    env = environment(folder, groq)
    del env["ANIATE_CACHE"]
    with standing(House(folder, env)) as built:
        yield built


def test_ant_is_answered_again_for_nothing_and_anew_on_demand(remembering_house: House, groq: Groq) -> None:
    ant, asked = remembering_house.ant, []
    for options in ([], ["--json"], ["--no-cache"], []):
        said = ant("ask", *options, "why", "so")
        assert said.returncode == 0, said.stderr
        asked.append(len(groq.asked))
        if "--json" in options:
            answer = json.loads(said.stdout)
            assert answer["usage"] == {"input_tokens": 0, "output_tokens": 0, "cost_micro_usd": 0, "estimated": False}
            said.stdout = answer["text"] + "\n"
        assert said.stdout == "Hello from Groq.\n"
    assert asked == [1, 1, 2, 2]
    assert remembering_house.rows("select count(*), sum(cost_micro_usd) from aniate.usage") == [(2, 12)]
    assert remembering_house.rows("select count(*) from inference.answers") == [(1,)]
