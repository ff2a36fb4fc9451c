"""When a page was published, as it declares it beside its text: the model is told, so it may say it."""

from __future__ import annotations

import re
from datetime import date

SAYS_WHEN = re.compile(r"\b(?:published|publication|dated|posted|updated|written|wrote)\b", re.IGNORECASE)
ISO = re.compile(r"\b\d{4}-\d\d-\d\d\b", re.ASCII)


def headed(title: str, declared: str, text: str) -> str:
    """The page with its title and date before its text, in sentences of their own; empty if it declares no date."""
    when = spelled(declared)
    return f"{title}\nPublished, dated, posted, updated, written: {when}.\n{text}" if when != declared else ""


def spelled(text: str) -> str:
    """The same, with 2026-03-14 as 14 March 2026: a month's number must not pass for a day's."""
    return ISO.sub(lambda found: words_for(found[0]), text)


def words_for(iso: str) -> str:
    """That day, or what is none as it is."""
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{day.day} {day:%B} {day.year}"
