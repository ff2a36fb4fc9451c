"""A provider's totals from a file: CSV with a header, or a JSON object a line; lines of one day and model add up."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from aniate_server.plumbing.errors import BadRequest
from aniate_server.usage.reconcile_store import ProviderTotal

COLUMNS = ("day", "provider", "model", "input_tokens", "output_tokens", "requests")
MAX_COUNT = 10**15
HINT = f"Each line has: {', '.join(COLUMNS)}; requests may be left out."


def totals_in(text: str) -> list[ProviderTotal]:
    """What the file says, one total a day, provider and model; BadRequest, with the line, if it is not of the form."""
    found: dict[tuple[date, str, str], ProviderTotal] = {}
    for number, fields in lines_of(text):
        total = total_of(fields, number)
        key = (total.day, total.provider, total.model)
        found[key] = added(found[key], total) if key in found else total
    if not found:
        raise BadRequest("The file has no totals in it.", HINT)
    return list(found.values())


def lines_of(text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Each line's number and fields."""
    if not text.lstrip("\ufeff \r\n\t").startswith("{"):
        rows = csv.DictReader(text.lstrip("\ufeff").splitlines(), restkey="")
        yield from ((rows.line_num, row) for row in rows)
        return
    for number, line in enumerate(text.lstrip("\ufeff").splitlines(), 1):
        if line.strip():
            yield number, an_object(line, number)


def an_object(line: str, number: int) -> Mapping[str, Any]:
    """The object that the line is."""
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise BadRequest(f"Line {number} is no JSON object.", HINT)
    return fields


def total_of(fields: Mapping[str, Any], number: int) -> ProviderTotal:
    """One line's total."""
    try:
        day = date.fromisoformat(fields["day"])
        provider, model = (words(fields[name]) for name in ("provider", "model"))
        read, written = count(fields["input_tokens"]), count(fields["output_tokens"])
        requests = None if fields.get("requests") in (None, "") else count(fields["requests"])
        return ProviderTotal(day, provider, model, read, written, requests)
    except KeyError as missing:
        raise BadRequest(f"Line {number} has no {missing.args[0]}.", HINT) from None
    except (ValueError, TypeError) as wrong:
        raise BadRequest(f"Line {number} is not of the form: {wrong}.", HINT) from None


def words(value: object) -> str:
    """A name."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError(f"{value!r:.40} is no name")
    return value.strip()


def count(value: object) -> int:
    """A number of tokens or requests, as a number or in digits."""
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) <= len(str(MAX_COUNT)):
        value = int(value)
    if type(value) is not int or not 0 <= value <= MAX_COUNT:
        raise ValueError(f"{value!r:.40} is no number of tokens or requests")
    return value


def added(one: ProviderTotal, other: ProviderTotal) -> ProviderTotal:
    """Both together."""
    requests = None if one.requests is None or other.requests is None else one.requests + other.requests
    tokens = one.input_tokens + other.input_tokens, one.output_tokens + other.output_tokens
    return ProviderTotal(one.day, one.provider, one.model, *tokens, requests)
