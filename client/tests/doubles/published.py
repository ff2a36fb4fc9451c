"""What `--json` prints is held to its published schema, wherever a test prints it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from aniate.errors import UsageError
from aniate.options import EVERYWHERE, VERSION, take
from aniate.table import TABLE

SCHEMAS = Path(__file__).parents[2] / "schemas"
"""Each tells in `commands` which commands print it."""


def check(words: Sequence[str], code: int, out: str, err: str) -> None:
    """AssertionError if the command line asked for JSON and did not get what is published."""
    name, given = read(words)
    dry = "dry-run" in given
    if not (dry or "json" in given) or {"help", "version"} & set(given):
        return
    if dry and "json" not in given and not out.startswith("{"):
        return  # a local rule knew it, and nothing would be sent
    if out.strip():
        found = json.loads(out)
        assert dry or out.count("\n") == 1, "more than one line"
        schema = "request" if dry else schema_of(name)
        wrong = [f"{error.instance_path}: {error.message}" for error in validator(schema).iter_errors(found)]
        assert not wrong, f"{schema}.json: {wrong}"
    if "json" in given and code not in (0, 130, 141) and not out.strip():
        last = err.splitlines()[-1]
        assert validator("error").is_valid(json.loads(last)), last


def read(words: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The command that a line calls, and its options; none of a line that can't be read."""
    name = "run"
    given: dict[str, str] = {}
    every = [VERSION, *EVERYWHERE, *(option for command in TABLE.values() for option in command.options)]
    try:
        name, *rest = take(words, every, given, anywhere=False) or ["help"]
        command = TABLE[name if name in TABLE else "run"]
        rest = take(rest, EVERYWHERE + command.options, given, not command.free_text, command.of_others)
        if name == "run":
            take(rest[1:], EVERYWHERE + command.options, given, anywhere=False)
    except UsageError:
        before = words[: list(words).index("--")] if "--" in words else words
        given = {"json": ""} if "--json" in before else {}
    return name if name in TABLE else "run", given


@cache
def schema_of(command: str) -> str:
    """The name of the one schema that tells what the command prints."""
    told = {path.stem: json.loads(path.read_text())["commands"] for path in SCHEMAS.glob("*.json")}
    [name] = [name for name, commands in told.items() if command in commands]
    return name


@cache
def validator(name: str) -> Any:  # Any: jsonschema-rs tells no type that covers all drafts
    """The published schema, made strict: what is printed is all told of."""
    return jsonschema_rs.validator_for(strict(json.loads((SCHEMAS / f"{name}.json").read_text())))


def strict(schema: Any) -> Any:
    """The schema, refusing what it does not name; published ones allow it, since fields may be added."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    return made
