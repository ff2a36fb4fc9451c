"""How much room an upstream has for us: learned from its headers, taken before a call, corrected after it.

Groq (console.groq.com/docs/rate-limits) and OpenAI (platform.openai.com/docs/guides/rate-limits) tell, for requests
and for tokens, the limit, what remains, and when all of it will be there again: a bucket that fills evenly. How fast it
fills follows from the three, so that it need not be known whether they count by the minute or by the day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from aniate_server.inference.retry_after import until

MEASURES = ("requests", "tokens")
DAY_S = 86_400.0
MINUTE_S = 60.0
MOST = 10**12
"""No limit is higher; what says so is nonsense."""
MOST_CLOSED_S = 60.0
"""After so long it is worth asking again, whatever was said."""
CLOSED_S = 1.0
"""After a refusal that does not say for how long."""
TELLING = 0.001
"""If less than this share is used, how fast it comes back is lost in rounding."""
QUICKEST_S, SLOWEST_S = 0.05, 31 * DAY_S
"""A window is between these."""
PLENTY, LITTLE = 0.5, 0.125
"""As long as the one share is left and what runs here has no more than the other, the others need not be asked."""
FRESH_S = 5.0
"""What was heard so long ago may no longer be so: others take, too."""

DURATION = re.compile(
    r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)(ms|us|µs|ns))?", re.ASCII
)
SMALL = {"ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


class Seen(NamedTuple):
    """What an answer told of one measure."""

    measure: str
    allowed: int
    left: int
    per_s: float
    """How fast it fills."""
    full_in_s: float | None


def seen_in(headers: Mapping[str, str], requests_window_s: float = MINUTE_S) -> list[Seen]:
    """What the headers tell; nothing of a measure that is not told, or is told in figures that cannot be."""
    windows = {"requests": requests_window_s, "tokens": MINUTE_S}
    told = (seen(headers, measure, windows[measure]) for measure in MEASURES)
    return [each for each in told if each is not None]


def seen(headers: Mapping[str, str], measure: str, window_s: float) -> Seen | None:
    """One measure. `window_s` counts where the headers do not let us know the real one."""
    allowed = amount(headers.get(f"x-ratelimit-limit-{measure}"))
    left = amount(headers.get(f"x-ratelimit-remaining-{measure}"))
    if not allowed or left is None:
        return None
    left, full_in_s = min(left, allowed), duration(headers.get(f"x-ratelimit-reset-{measure}"))
    used = allowed - left
    if full_in_s and used >= max(1, TELLING * allowed) and QUICKEST_S <= allowed * full_in_s / used <= SLOWEST_S:
        window_s = allowed * full_in_s / used
    return Seen(measure, allowed, left, allowed / window_s, full_in_s)


def closed_for_s(headers: Mapping[str, str], told: list[Seen], now: datetime) -> float:
    """For how long a 429 says that there is no room."""
    said = headers.get("retry-after", "")
    date = until(said, now)
    waits = [duration(said) if date is None else date]
    waits += [each.full_in_s for each in told if each.left == 0 and waits[0] is None]
    return min(max((wait for wait in waits if wait), default=CLOSED_S), MOST_CLOSED_S)


def amount(text: str | None) -> int | None:
    """A count, or None for what is none that we believe."""
    if text is None or not (text.isascii() and text.isdigit()) or len(text) > 15:
        return None
    return int(text) if int(text) <= MOST else None


def duration(text: str | None) -> float | None:
    """Seconds from Go's form (`2m59.56s`, `7.66s`, `6ms`) or a plain number of them, or None for anything else."""
    if not text or len(text) > 40:
        return None
    if re.fullmatch(r"\d+(\.\d+)?", text, re.ASCII):
        found = float(text)
    elif (parts := DURATION.fullmatch(text)) is not None:
        days, hours, minutes, seconds, small, unit = parts.groups()
        found = int(days or 0) * DAY_S + int(hours or 0) * 3600 + int(minutes or 0) * 60 + float(seconds or 0)
        found += float(small or 0) * SMALL.get(unit, 0)
    else:
        return None
    return found if found <= SLOWEST_S else None


@dataclass(slots=True)
class Bucket:
    """One measure as we know it, at a moment of the monotonic clock."""

    allowed: float
    left: float
    per_s: float
    at: float
    told: float
    """What the upstream said is left."""

    def fill(self, now: float) -> None:
        """What came back until now."""
        self.left = min(self.allowed, self.left + max(0.0, now - self.at) * self.per_s)
        self.at = max(self.at, now)


class Room:
    """What one process knows of the room for one model. Without limits there is always room."""

    def __init__(self) -> None:
        self.buckets: dict[str, Bucket] = {}
        self._closed_until = 0.0
        self._fresh_until = 0.0
        self.out = {"requests": 0.0, "tokens": 0.0}
        """What running calls took and may give back."""
        self.spent = 0.0
        """Tokens that were ever taken and not given back."""

    @property
    def limited(self) -> bool:
        """Whether there is any limit that we know of."""
        return bool(self.buckets) or self._closed_until > 0

    def wait_s(self, tokens: float, now: float) -> float:
        """How long until a call of so many tokens may go; 0 if it may go now."""
        wait = self.closed_s(now)
        for measure, bucket in self.buckets.items():
            bucket.fill(now)
            short = needed(measure, tokens, bucket.allowed) - bucket.left
            if short > 0:
                wait = max(wait, short / bucket.per_s)
        return wait

    def closed_s(self, now: float) -> float:
        """How long nobody may go, after a refusal."""
        return max(0.0, self._closed_until - now)

    def take(self, tokens: float, now: float) -> None:
        """A call of so many tokens goes."""
        self.out["requests"] += 1
        self.out["tokens"] += tokens
        self.spent += tokens
        if self.buckets:
            self._change(-1, -tokens, now)

    def end(self, taken: float, took: float, asked: bool, now: float) -> None:
        """It is over, and really took so many; `asked` is False if it never went."""
        self.out["requests"] -= 1
        self.out["tokens"] -= taken
        self.spent += took - taken
        self._change(0 if asked else 1, taken - took, now)

    def learn(self, told: list[Seen], now: float) -> None:
        """What an answer told. What runs is counted by then or is not, so what is left lies between two figures."""
        for each in told:
            bucket = self.buckets.get(each.measure)
            least = each.left - max(0.0, self.out[each.measure])
            if bucket is None:
                self.buckets[each.measure] = Bucket(each.allowed, least, each.per_s, now, each.left)
                continue
            bucket.fill(now)
            bucket.allowed, bucket.per_s, bucket.told = each.allowed, each.per_s, each.left
            bucket.left = min(max(bucket.left, least), each.left)
        if told:
            self._fresh_until = now + FRESH_S

    def heard(self, tokens_left: float | None, now: float) -> None:
        """What all processes together know to be left."""
        bucket = self.buckets.get("tokens")
        if bucket is not None and tokens_left is not None:
            bucket.fill(now)
            bucket.left = min(bucket.left, tokens_left)
        self._fresh_until = now + FRESH_S

    def close(self, seconds: float, now: float) -> None:
        """Nobody may go for so long."""
        self._closed_until = max(self._closed_until, now + seconds)

    def plenty(self, now: float) -> bool:
        """Whether there is so much that the other processes need not be asked."""
        if not self.buckets:
            return True
        for bucket in self.buckets.values():
            bucket.fill(now)
        return now < self._fresh_until and all(
            bucket.left >= PLENTY * bucket.allowed and self.out[measure] <= LITTLE * bucket.allowed
            for measure, bucket in self.buckets.items()
        )

    def _change(self, requests: float, tokens: float, now: float) -> None:
        for measure, bucket in self.buckets.items():
            bucket.fill(now)
            change = tokens if measure == "tokens" else requests
            bucket.left = min(bucket.allowed, max(-bucket.allowed, bucket.left + change))


def needed(measure: str, tokens: float, allowed: float) -> float:
    """How much a call needs; one that is larger than the whole bucket goes when that is full."""
    return min(tokens if measure == "tokens" else 1.0, allowed)
