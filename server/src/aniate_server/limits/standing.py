"""Where a caller stands: what is allowed, what is left, and how a client learns it from headers.

`RateLimit` and `RateLimit-Policy` as in draft-ietf-httpapi-ratelimit-headers-11, and the `x-ratelimit-*` that OpenAI's
and Groq's clients know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from aniate_server.plumbing.errors import AniateError

WINDOWS_S = {"minute": 60, "day": 86_400, "month": 2_592_000}
"""For the policy; a month is told as 30 days, and its real end in the reset."""
CREDIT = "credit_month"
STREAMS = "streams"
MICRO_USD = 1_000_000
STREAMS_RETRY_S = 2
"""When one of several streams may have ended."""
UPGRADE = "For more: ant upgrade"


@dataclass(frozen=True)
class Limit:
    """One limit as it stands. `scope` is workspace, user or key; `resets_in_s` None where no window ends it."""

    scope: str
    measure: str
    allowed: int
    left: int
    resets_in_s: int | None

    @property
    def window_s(self) -> int | None:
        """How long a window is, in seconds."""
        return WINDOWS_S.get(self.measure.rpartition("_")[2])


Standing = tuple[Limit, ...]


class LimitReached(AniateError):
    """What the plan allows is used up: which limit, how much, until when."""

    code, status = "limit_reached", 429
    default_hint = UPGRADE

    def __init__(self, facts: dict[str, Any]) -> None:
        self.limit = Limit(
            facts["scope"], facts["measure"], facts["allowed"], facts["allowed"] - facts["used"], facts["resets_in_s"]
        )
        super().__init__(sentence(self.limit, facts["plan"], facts["asked"]))
        self.retry_after_s = STREAMS_RETRY_S if self.limit.resets_in_s is None else self.limit.resets_in_s
        self.headers = headers_of((self.limit,))
        if self.limit.measure == CREDIT:
            self.status = 402


def standing_of(rows: Iterable[dict[str, Any]]) -> Standing:
    """What the database says of each limit."""
    return tuple(Limit(**row) for row in rows)


def sentence(limit: Limit, plan: str, asked: int) -> str:
    """What is reached, for people."""
    whose = {"workspace": "", "user": " to each member", "key": " to each key"}[limit.scope]
    allows = f"The plan {plan} allows {amount(limit)}{whose}"
    if limit.measure == STREAMS:
        return f"{allows}; so many are running."
    in_money = limit.measure == CREDIT
    if asked > limit.allowed and not in_money:
        return f"{allows}; this request may take {asked:,} alone."
    over = until(limit.resets_in_s or 0)
    if limit.left <= 0:
        return f"{allows}; {'it is' if in_money or limit.allowed == 1 else 'they are'} used up {over}."
    if in_money:
        left, more = dollars(limit.left), dollars(asked)
        return f"{allows}; of it {left} is left {over}, and this request may cost {more}."
    return f"{allows}; of them {limit.left:,} are left {over}, and this request may take {asked:,}."


def amount(limit: Limit) -> str:
    """How much of what, in which window."""
    if limit.measure == CREDIT:
        return f"a credit of {dollars(limit.allowed)} a month"
    if limit.measure == STREAMS:
        return counted(limit.allowed, "answers", " at the same time")
    what, _, window = limit.measure.partition("_")
    return f"{counted(limit.allowed, what)} a {window}"


def counted(count: int, many: str, rest: str = "") -> str:
    """So many of it; one is not several."""
    return f"{count:,} {many.removesuffix('s') if count == 1 else many}{rest}"


def dollars(micro_usd: int) -> str:
    """Cents, and less where there is less."""
    return f"${micro_usd / MICRO_USD:.2f}" if micro_usd % 10_000 == 0 else f"${micro_usd / MICRO_USD:.4f}"


def until(seconds: int) -> str:
    """How much longer, in words."""
    if seconds < 120:
        return f"for another {seconds} s"
    if seconds < 7200:
        return f"for another {-(-seconds // 60)} minutes"
    hours = -(-seconds // 3600)
    return f"for another {hours} hours" if hours < 48 else f"for another {-(-hours // 24)} days"


def headers_of(standing: Standing) -> list[tuple[bytes, bytes]]:
    """The headers that tell it; of several limits on the same measure the one that is nearest."""
    nearest: dict[str, Limit] = {}
    for limit in standing:
        known = nearest.get(limit.measure)
        if known is None or limit.left < known.left:
            nearest[limit.measure] = limit
    if not nearest:
        return []
    policy = ", ".join(policy_item(limit) for limit in nearest.values())
    state = ", ".join(state_item(limit) for limit in nearest.values())
    found = [(b"ratelimit-policy", policy.encode()), (b"ratelimit", state.encode())]
    for what in ("requests", "tokens"):
        if shown := nearest.get(f"{what}_minute") or nearest.get(f"{what}_day"):
            found += legacy(what, shown)
    return found


def policy_item(limit: Limit) -> str:
    """One item of `RateLimit-Policy`: quota `q` in the window `w`."""
    window = f";w={limit.window_s}" if limit.window_s else ""
    return f'"{limit.measure}";q={limit.allowed}{window}'


def state_item(limit: Limit) -> str:
    """One item of `RateLimit`: `r` left, and `t` seconds until there is more."""
    reset = f";t={limit.resets_in_s}" if limit.resets_in_s is not None else ""
    return f'"{limit.measure}";r={max(0, limit.left)}{reset}'


def legacy(what: str, limit: Limit) -> list[tuple[bytes, bytes]]:
    """The headers that OpenAI's clients know."""
    return [
        (f"x-ratelimit-limit-{what}".encode(), str(limit.allowed).encode()),
        (f"x-ratelimit-remaining-{what}".encode(), str(max(0, limit.left)).encode()),
        (f"x-ratelimit-reset-{what}".encode(), f"{limit.resets_in_s or 0}s".encode()),
    ]
