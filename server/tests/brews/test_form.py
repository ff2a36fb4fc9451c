"""Where the client acts on an answer, the answer has a form; what is not checked may not stand in it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from aniate_server.brews import catalogue
from aniate_server.brews.form import fits, read_form
from aniate_server.inference.providers import in_form

HEAD = "---\nsummary: x\ntemperature: 0.2\n---\n"
FORMS = {brew.name: brew.form for brew in catalogue.load().values() if brew.form is not None}
SAMPLES: dict[str, dict[str, Any]] = {
    "fix": {"explanation": "It is misspelled.", "diff": ""},
    "review": {"findings": [{"severity": "high", "file": "a.py", "line": 3, "message": "x", "suggestion": ""}]},
    "shell": {"command": "ls", "does": "Lists files.", "touches": ""},
    "maker": {
        "name": "count",
        "description": "Counts.",
        "arguments": [{"name": "folder", "type": "file", "description": "where"}],
        "kind": "script",
        "body": 'ls "$folder" | wc -l',
        "may": ["runs"],
    },
    "commit": {"subject": "Retry a fetch", "body": ""},
}
SMALL = read_form(
    '{"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"], "additionalProperties": false}'
)


def test_these_brews_have_a_form() -> None:
    assert list(FORMS) == list(SAMPLES)


@pytest.mark.parametrize("name", SAMPLES)
def test_an_answer_of_the_form_fits_and_one_that_lacks_something_does_not(name: str) -> None:
    form, sample = FORMS[name], SAMPLES[name]
    assert fits(form, json.dumps(sample))
    for key in sample:
        assert not fits(form, json.dumps({**sample, key: None}))
        assert not fits(form, json.dumps({other: value for other, value in sample.items() if other != key}))
    assert not fits(form, json.dumps({**sample, "more": 1}))


@pytest.mark.parametrize(
    "text",
    ["", "Sure!", '{"a": 1', '{"a": 1} ', '```json\n{"a": 1}\n```', "[]", "[" * 9999, '{"a": true}', '{"a": 1.5}'],
)
def test_only_json_of_that_form_fits(text: str) -> None:
    assert fits(SMALL, text) == (text.strip() == '{"a": 1}')


@pytest.mark.parametrize("severity", ["", "HIGH", 1])
def test_a_word_that_is_not_among_those_allowed_does_not_fit(severity: object) -> None:
    [finding] = SAMPLES["review"]["findings"]
    assert not fits(FORMS["review"], json.dumps({"findings": [{**finding, "severity": severity}]}))


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "maxLength": 3},
        {"type": "number"},
        {"anyOf": []},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False},
        {"type": "object", "properties": {}, "required": [], "additionalProperties": True},
        {"type": "array", "items": {"type": "string", "pattern": "x"}},
    ],
)
def test_a_form_that_nobody_would_hold_a_model_to_is_refused_at_the_start(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        read_form(json.dumps(schema))


def test_a_new_form_is_a_new_version_and_a_new_layout_of_its_file_is_not() -> None:
    loose, tight = json.dumps(SMALL, indent=2), json.dumps(SMALL, separators=(",", ":"))
    free = catalogue.read_brew("x", "meta", f"{HEAD}Do this.")
    one = catalogue.read_brew("x", "meta", f"{HEAD}Do this.", loose)
    same = catalogue.read_brew("x", "meta", f"{HEAD}Do this.", tight)
    other = catalogue.read_brew("x", "meta", f"{HEAD}Do this.", tight.replace('"integer"', '"string"'))
    assert one.prompt_version == same.prompt_version
    assert len({free.prompt_version, one.prompt_version, other.prompt_version}) == 3


def test_a_provider_that_may_refuse_a_schema_is_not_sent_one() -> None:
    assert in_form("custom", "fix", FORMS["fix"]) == {}
    assert in_form("groq", "what", None) == {}
    assert in_form("local", "fix", FORMS["fix"])["response_format"]["json_schema"]["strict"] is True
