"""A brewed command as it comes from a client, strictly: one sentence for whatever is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from aniate.wire import CommandArgument, CommandText
from aniate_server.assistants.routes import string
from aniate_server.plumbing.errors import BadRequest

KINDS = ("template", "script")
TYPES = ("text", "number", "file", "flag")
MAY = ("runs", "writes", "network")
MAX_ARGUMENTS, MAX_BODY, MAX_LINE = 20, 16384, 200
ARGUMENT = re.compile(r"[a-z][a-z0-9_]{0,31}")
TAKEN = frozenset(("help", "json", "model", "debug", "profile", "host", "version", "yes"))
"""Options that mean something to `ant` itself."""
HEEDED = re.compile(r"_proxy$|_config_|^(npm|yarn|pnpm)_")
"""Variables in small letters that programs go by, so that a script's argument must not be one of them."""


def parsed(body: Mapping[str, Any]) -> CommandText:
    """The command in a request's body."""
    kind = one_of(body, "kind", KINDS)
    text = string(dict(body), "body", "", MAX_BODY)
    if not text.strip():
        raise BadRequest("body must not be empty.")
    may = body.get("may", [])
    if not isinstance(may, list) or any(each not in MAY for each in may):
        raise BadRequest(f"may must be a list of: {', '.join(MAY)}.")
    if kind == "template" and may:
        raise BadRequest("A template asks a model and does nothing else, so its `may` must be empty.")
    ordered = tuple(each for each in MAY if each in may)
    return CommandText(
        one_line(body, "description", least=1), kind, arguments(body.get("arguments", [])), text, ordered
    )


def arguments(listed: object) -> tuple[CommandArgument, ...]:
    """The arguments in their order; what may be left out comes last."""
    if not isinstance(listed, list) or len(listed) > MAX_ARGUMENTS:
        raise BadRequest(f"arguments must be a list of at most {MAX_ARGUMENTS}.")
    found = tuple(argument(each) for each in listed)
    names = [each.name for each in found]
    if len(set(names)) < len(names):
        raise BadRequest("No two arguments may have the same name.")
    needed = [each.required for each in found if each.type != "flag"]
    if needed != sorted(needed, reverse=True):
        raise BadRequest("An argument that may be left out must not stand before one that may not.")
    return found


def argument(value: object) -> CommandArgument:
    """One argument; a flag may always be left out."""
    if not isinstance(value, dict):
        raise BadRequest("Each argument must be an object.")
    name, kind, required = value.get("name"), one_of(value, "type", TYPES), value.get("required", True)
    if not isinstance(name, str) or not ARGUMENT.fullmatch(name):
        raise BadRequest("An argument's name has 1 to 32 characters: small letters, digits and _, a letter first.")
    if name in TAKEN or HEEDED.search(name):
        raise BadRequest(f"An argument can't be called {name}: programs give that a meaning of their own.")
    if not isinstance(required, bool):
        raise BadRequest("required must be true or false.")
    return CommandArgument(name, kind, one_line(value, "description"), required and kind != "flag")


def one_of(fields: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str:
    """One of a few words."""
    value = fields.get(key)
    if not isinstance(value, str) or value not in words:
        raise BadRequest(f"{key} must be one of: {', '.join(words)}.")
    return value


def one_line(fields: Mapping[str, Any], key: str, least: int = 0) -> str:
    """A string that lists can show."""
    text = string(dict(fields), key, "", MAX_LINE).strip()
    if not text.isprintable() or len(text) < least:
        raise BadRequest(f"{key} must be one line{' and not empty' if least else ''}.")
    return text
