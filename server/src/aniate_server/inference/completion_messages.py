"""The messages of a completion: who may say what, and in which form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aniate_server.inference.fields import an_object, fault, items, name, present, storable, text

MAX_MESSAGES = 2000
MAX_PARTS = 1000
MAX_CALLS = 128

Said = dict[str, Any]


def messages(listed: list[Any]) -> list[Said]:
    """The conversation as it goes to the model: at least one message."""
    if not listed:
        raise fault("messages", "must have at least one message.")
    return [message(each, f"messages[{at}]") for at, each in enumerate(listed)]


def message(value: Any, where: str) -> Said:
    """One turn. A developer is called system, which is what every provider understands by it."""
    fields = present(an_object(value, where))
    role = text(fields, "role", where)
    if role not in ROLES:
        raise fault(f"{where}.role", f"must be one of: {', '.join(ROLES)}.")
    said = {"role": "system" if role == "developer" else role, **ROLES[role](fields, where)}
    if "name" in fields:
        said["name"] = name(fields, "name", "", f"{where}.name")
    return said


def spoken(fields: Said, where: str) -> Said:
    """Words."""
    return {"content": content(fields.get("content"), f"{where}.content")}


def answered(fields: Said, where: str) -> Said:
    """The model's words, or the functions that it wanted to be called, or both; what it refused counts as words."""
    listed = items(fields, "tool_calls", MAX_CALLS, f"{where}.tool_calls")
    calls = [call(each, f"{where}.tool_calls[{at}]") for at, each in enumerate(listed)]
    words = fields.get("content", fields.get("refusal"))
    if calls and words is None:
        return {"content": None, "tool_calls": calls}
    said = {"content": content(words, f"{where}.content", answer_part)}
    return {**said, "tool_calls": calls} if calls else said


def returned(fields: Said, where: str) -> Said:
    """What a function gave back."""
    return {**spoken(fields, where), "tool_call_id": text(fields, "tool_call_id", where)}


ROLES: dict[str, Callable[[Said, str], Said]] = {
    "system": spoken,
    "developer": spoken,
    "user": spoken,
    "assistant": answered,
    "tool": returned,
}


def content(value: Any, where: str, read: Callable[[Any, str], Said] | None = None) -> str | list[Said]:
    """A string, or a list of parts with text."""
    if isinstance(value, str):
        return storable(value, where)
    if not isinstance(value, list) or not 0 < len(value) <= MAX_PARTS:
        raise fault(where, f"must be a string, or a list of 1 to {MAX_PARTS} parts with text.")
    return [(read or part)(each, f"{where}[{at}]") for at, each in enumerate(value)]


def text_in(said: Said) -> str:
    """The words of one message."""
    words = said["content"]
    return "\n".join(each["text"] for each in words) if isinstance(words, list) else words or ""


def part(value: Any, where: str) -> Said:
    """One part."""
    fields = an_object(value, where)
    kind = text(fields, "type", where)
    if kind != "text":
        raise fault(f"{where}.type", "must be text: images, sound and files cannot be read here.")
    return {"type": kind, "text": text(fields, "text", where)}


def answer_part(value: Any, where: str) -> Said:
    """One part of what the model said. Few providers know a refusal as a part of its own, so it becomes text."""
    fields = an_object(value, where)
    if fields.get("type") == "refusal":
        return {"type": "text", "text": text(fields, "refusal", where)}
    return part(fields, where)


def call(value: Any, where: str) -> Said:
    """One call that the model wished for earlier."""
    fields = an_object(value, where)
    if fields.get("type", "function") != "function":
        raise fault(f"{where}.type", "must be function.")
    function = an_object(fields.get("function"), f"{where}.function")
    named = {key: text(function, key, f"{where}.function") for key in ("name", "arguments")}
    return {"id": text(fields, "id", where), "type": "function", "function": named}
