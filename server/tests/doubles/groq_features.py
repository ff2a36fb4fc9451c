"""Tools and structured outputs, as Groq documents them: console.groq.com/docs/tool-use and /structured-outputs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

SAYS = ["Hello", " from", " Groq", "."]
"""What a double says that was told nothing in particular."""


@dataclass
class Wish:
    """A function that the model wants to have called; `parts` is how its arguments are cut in a stream."""

    name: str
    parts: tuple[str, ...] = ("{}",)
    id: str = "fc_2b4f5a2c-double"


def wished(body: dict[str, Any], wishes: list[Wish]) -> list[Wish]:
    """What it wants: nothing where there are no tools, where none may be used, or where they have answered."""
    if not body.get("tools") or body.get("tool_choice") == "none" or body["messages"][-1]["role"] == "tool":
        return []
    return wishes


def whole_calls(wishes: list[Wish]) -> list[dict[str, Any]]:
    """As a message bears them."""
    return [
        {"id": wish.id, "type": "function", "function": {"name": wish.name, "arguments": "".join(wish.parts)}}
        for wish in wishes
    ]


def deltas(wishes: list[Wish]) -> list[dict[str, Any]]:
    """As a stream bears them: the first part of each has its id and its name."""
    found = []
    for index, wish in enumerate(wishes):
        for at, part in enumerate(wish.parts):
            head = {"id": wish.id, "type": "function"} if at == 0 else {}
            named = {"name": wish.name} if at == 0 else {}
            found.append({"tool_calls": [{**head, "index": index, "function": {**named, "arguments": part}}]})
    return found


def structured(body: dict[str, Any], says: list[str]) -> list[str]:
    """What it `says`; if that is nothing in particular, JSON of the schema that was asked for, in two pieces."""
    if says != SAYS:
        return says
    asked = body.get("response_format") or {}
    if asked.get("type") == "json_object":
        return ['{"any":', ' "json"}']
    if asked.get("type") != "json_schema":
        return says
    said = json.dumps(sample(asked["json_schema"]["schema"]))
    return [said[:5], said[5:]]


def sample(schema: dict[str, Any]) -> Any:
    """The plainest value of a schema."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema["type"] == "object":
        return {key: sample(each) for key, each in schema.get("properties", {}).items()}
    if schema["type"] == "array":
        return [sample(schema["items"])]
    return {"string": "a ☃", "integer": 7, "number": 1.5, "boolean": True, "null": None}[schema["type"]]


def misuse(body: dict[str, Any]) -> str:
    """What is wrong with a question that Groq would refuse with 400, or nothing."""
    if body.get("tool_choice") not in (None, "none", "auto") and not body.get("tools"):
        return "'tool_choice' : tool choice requires 'tools'"
    for at, message in enumerate(body["messages"]):
        if message["role"] not in ("system", "developer", "user", "assistant", "tool"):
            return f"'messages.{at}' : discriminator property 'role' has invalid value"
        if message["role"] == "tool" and "tool_call_id" not in message:
            return f"'messages.{at}.tool_call_id' : property 'tool_call_id' is missing"
    if body.get("n", 1) != 1:
        return "'n' : number must be at most 1"
    asked = body.get("response_format") or {}
    if asked.get("type") == "json_schema" and "schema" not in asked.get("json_schema", {}):
        return "'response_format.json_schema' : property 'schema' is missing"
    return ""
