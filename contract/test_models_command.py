"""`aniate-server models`: the catalogue as people read it, and the provider's word on it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from contract.house import House, environment
from server.tests.doubles import groq as double
from server.tests.doubles.groq import KEY, Groq

ADD = (
    "insert into inference.models (provider, upstream_model, alias, input_price, output_price, context_tokens,"
    " max_output_tokens, valid_from, retired_on) values ('groq', '{}', '{}', 1, 2, 100, 10, current_date + ({}), {})"
)


def test_the_list_tells_prices_and_days_and_warns_of_what_retires(house: House) -> None:
    house.rows(ADD.format("new/one", "next", 5, "null"))
    house.rows(ADD.format("old/one", "last", -100, "current_date + 10"))
    house.rows(ADD.format("gone/one", "gone", -100, "current_date - 10"))
    shown = house.server("models")
    lines = {line.split()[1]: line for line in shown.stdout.splitlines()}
    assert re.search(
        r"groq\s+fast\s+openai/gpt-oss-20b\s+0\.0750\s+0\.0375\s+0\.3000\s+131072\s+2026-08-01\s+default$",
        lines["fast"],
    )
    assert re.search(
        r"openai\s+frontier\s+.*\s2\.0000\s+0\.5000\s+8\.0000\s.*\sfor pro and enterprise$", lines["frontier"]
    )
    assert (
        lines["next"].endswith("not yet, no json_schema, no tools")
        and "retired 20" in lines["gone"]
        and "retires 20" in lines["last"]
    )
    assert shown.stderr.startswith("last of groq retires on 20") and shown.stderr.count("\n") == 1
    house.rows(ADD.format("last/two", "last", 10, "null"))
    assert house.server("models").stderr == "", "its successor is named in time"


def test_the_provider_is_asked_whether_it_has_them(house: House, groq: Groq, monkeypatch: pytest.MonkeyPatch) -> None:
    good = house.server("models", "--check")
    assert good.stdout.endswith("groq has all 2 of them.\n") and good.returncode == 0
    house.rows(ADD.format("gone/one", "gone", -100, "current_date - 10"))  # what is over is not asked for
    assert house.server("models", "--check").returncode == 0
    monkeypatch.delitem(double.MODELS, "openai/gpt-oss-120b")
    missing = house.server("models", "--check", check=False)
    assert missing.returncode == 1
    assert missing.stdout.endswith("smart: groq does not have openai/gpt-oss-120b (any more).\n")
    own = {"ANIATE_PROVIDER_URL": groq.base_url, "ANIATE_PROVIDER_KEY": KEY}
    for model, said in (("openai/gpt-oss-20b", "has all 1 of them."), ("x", "does not have x (any more).")):
        custom = House(house.folder, {**house.env, **own, "ANIATE_PROVIDER_MODEL": model})
        assert custom.server("models", "--check", check=False).stdout.endswith(f"custom {said}\n")


def test_the_frontier_provider_is_asked_too_where_it_is_named(house: House, groq: Groq) -> None:
    with_key = {**house.env, "OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": groq.base_url}
    unnamed = House(house.folder, with_key).server("models", "--check")
    assert unnamed.returncode == 0 and "openai has" not in unnamed.stdout, "a key alone is not used"
    named = House(house.folder, {**with_key, "ANIATE_FRONTIER": "openai"})
    missing = named.server("models", "--check", check=False)
    assert missing.returncode == 1
    assert missing.stdout.endswith("groq has all 2 of them.\nfrontier: openai does not have gpt-4.1 (any more).\n")
    named.env["GROQ_API_KEY"] = "wrong"  # which is not the other's end
    refused = named.server("models", "--check", check=False)
    assert refused.returncode == 1 and refused.stderr.startswith("aniate-server: groq does not tell what it has.")
    assert refused.stdout.endswith("frontier: openai does not have gpt-4.1 (any more).\n")


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"ANIATE_FRONTIER": "openai"}, "ANIATE_FRONTIER is openai, and OPENAI_API_KEY is not set."),
        ({"ANIATE_FRONTIER": "acme", "OPENAI_API_KEY": "k"}, "ANIATE_FRONTIER names 'acme', which is no provider"),
        ({"ANIATE_FRONTIER": "openai", "OPENAI_API_KEY": "k", "OPENAI_BASE_URL": "x"}, "OPENAI_BASE_URL is not"),
    ],
)  # fmt: skip
def test_a_frontier_that_is_half_set_is_told(folder: Path, env: dict[str, str], sentence: str) -> None:
    refused = House(folder, {**environment(folder, None), **env}).server("models", check=False)
    assert refused.returncode == 1 and sentence in refused.stderr


def test_a_provider_that_refuses_or_is_away_is_told_in_one_sentence(house: House) -> None:
    wrong = House(house.folder, {**house.env, "GROQ_API_KEY": "wrong"}).server("models", "--check", check=False)
    away = House(house.folder, {**house.env, "GROQ_BASE_URL": "http://127.0.0.1:9"}).server(
        "models", "--check", check=False
    )
    for refused in (wrong, away):
        assert refused.returncode == 1 and refused.stderr.count("\n") <= 2 and "Traceback" not in refused.stderr
        assert refused.stderr.startswith("aniate-server: groq does not tell what it has. The model")
        assert refused.stdout.endswith("pro and enterprise\n"), "no line of a log among it"


def test_without_a_provider_there_is_nobody_to_ask(house: House) -> None:
    env = {name: value for name, value in house.env.items() if not name.startswith("GROQ")}
    refused = House(house.folder, env).server("models", "--check", check=False)
    assert refused.returncode == 1 and "No provider is set" in refused.stderr
