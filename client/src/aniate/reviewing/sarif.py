"""Findings as SARIF 2.1.0 (OASIS Standard, docs.oasis-open.org/sarif/sarif/v2.1.0), for what shows them beside code."""

import os

from aniate import __version__
from aniate.reviewing.findings import SEVERITIES
from aniate.reviewing.report import remarks, sendable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from aniate.reviewing.findings import Finding
    from aniate.reviewing.reading import Review

_LEVELS = {"high": "error", "medium": "warning", "low": "note"}
_HOME = "https://aniate.com"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(review: "Review") -> "dict[str, object]":
    """One run of one tool. Each severity is a rule, since a model names no others."""
    rules = [
        {"id": each, "defaultConfiguration": {"level": _LEVELS[each]}, "shortDescription": {"text": f"{each} severity"}}
        for each in SEVERITIES
    ]
    notes = [{"level": "note", "message": {"text": said}} for said in remarks(review)]
    run = {
        "tool": {
            "driver": {"name": "ant review", "informationUri": _HOME, "semanticVersion": __version__, "rules": rules}
        },
        "invocations": [{"executionSuccessful": review.whole, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "results": [_result(each) for each in review.findings.sorted()],
    }
    return {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(each: "Finding") -> "dict[str, object]":
    text = each.message + (f"\n\nInstead:\n{each.suggestion}" if each.suggestion.strip() else "")
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(each.file)}}
    if each.line:
        place["region"] = {"startLine": each.line, "snippet": {"text": sendable(each.code)}}
    return {
        "ruleId": each.severity,
        "ruleIndex": SEVERITIES.index(each.severity),
        "level": _LEVELS[each.severity],
        "message": {"text": text.replace("](", "] (")},  # which would be a link (section 3.11.6)
        "locations": [{"physicalLocation": place}],
    }


def _uri(path: str) -> str:
    """A relative reference (RFC 3986) that no part of the name can turn into something else."""
    from urllib.parse import quote

    quoted = quote(os.fsencode(path))
    return f"./{quoted}" if ":" in quoted.split("/")[0] else quoted
