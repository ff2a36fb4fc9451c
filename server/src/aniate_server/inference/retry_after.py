"""`retry-after` as an HTTP date (RFC 9110, sections 5.6.7 and 10.2.3), which some providers send instead of seconds."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_DATE = 40
"""Characters; the longest of the three forms has 33."""


def until(date: str, now: datetime) -> float | None:
    """In how many seconds that moment is, 0 if it is over, or None for what is no date."""
    if len(date) > LONGEST_DATE:
        return None
    try:
        moment = parsedate_to_datetime(date)
        if moment.tzinfo is None:  # asctime's form names no zone
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - now).total_seconds())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
