"""The figures as tables: one for each case, and one of what was aimed at."""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, nan

from bench.gateway.cases import DIRECT, ONE, OURS, OURS_OPENAI, PACED_ONE, STREAMS, WHOLE, Case
from bench.gateway.rounds import Figures, Found

HEAD = """\
| | requests/s (lowest to highest round) | share of direct | p50, ms | added p50, ms | p99, ms | added p99, ms \
| first chunk later by, ms | CPU a request: gateway, µs | PostgreSQL, µs | requests per core-second |
|---|---|---|---|---|---|---|---|---|---|---|"""
AIMS = """\
| aim | at least | ours | ours, OpenAI's door | |
|---|---|---|---|---|"""
FASTER_THAN = (("LiteLLM", 50.0), ("Portkey", 5.0), ("nginx", None))
MOST_ADDED_MS = 1.0
DASH = "–"


@dataclass(frozen=True)
class Aim:
    """One aim. Without a limit it is but told; `at_most` turns the limit round."""

    what: str
    limit: float | None
    ours: float
    ours_openai: float
    at_most: bool = False

    def verdict(self) -> str:
        """Whether the way in which our client asks meets it."""
        if self.limit is None:
            return ""
        if isnan(self.ours):
            return "not measured"
        met = self.ours <= self.limit if self.at_most else self.ours >= self.limit
        return "met" if met else "**missed**"

    def row(self) -> str:
        """Its line in the table."""
        most = "at most " if self.at_most else ""
        limit = DASH if self.limit is None else f"{most}{self.limit:g}"
        return f"| {self.what} | {limit} | {number(self.ours)} | {number(self.ours_openai)} | {self.verdict()} |"


def cases(found: Found) -> str:
    """A table for each case, with its heading."""
    asked = dict.fromkeys(case for case, _ in found)
    return "\n\n".join(f"### {case.name}\n\n{one_case(found, case)}" for case in asked)


def one_case(found: Found, case: Case) -> str:
    """All targets of one case."""
    direct = found[case, DIRECT]
    targets = [target for its_case, target in found if its_case == case]
    return "\n".join([HEAD, *(line(target, found[case, target], direct) for target in targets)])


def line(target: str, its: Figures, direct: Figures) -> str:
    """One target in one case."""
    low, high = its.rps_range
    through = target != DIRECT
    cells = [
        target,
        f"{rate(its.rps)} ({rate(low)} to {rate(high)})",
        f"{its.rps / direct.rps:.4f}" if through and direct.rps else DASH,
        ms(its.p50_ms),
        ms(its.p50_ms - direct.p50_ms) if through else DASH,
        ms(its.p99_ms),
        ms(its.p99_ms - direct.p99_ms) if through else DASH,
        ms(its.first_text_ms - direct.first_text_ms) if through else DASH,
        f"{its.gateway_cpu_us:,.0f}" if through else DASH,
        f"{its.database_cpu_us:,.0f}" if its.database_cpu_us else DASH,
        number(its.per_core_second) if through else DASH,
    ]
    return f"| {' | '.join(cells)} |"


def aims(found: Found) -> str:
    """What was aimed at, and what was found."""
    beside = FASTER_THAN if any((STREAMS, peer) in found for peer, _ in FASTER_THAN) else ()
    rows = [aim.row() for peer, least in beside for aim in against(found, peer, least)]
    added = added_ms(found, ONE, OURS, "p50_ms"), added_ms(found, ONE, OURS_OPENAI, "p50_ms")
    rows.append(Aim("added p50 of a stream alone, ms", MOST_ADDED_MS, *added, at_most=True).row())
    first = added_ms(found, PACED_ONE, OURS, "first_text_ms"), added_ms(found, PACED_ONE, OURS_OPENAI, "first_text_ms")
    rows.append(Aim("first chunk of a paced stream alone later by, ms", None, *first).row())
    return "\n".join([AIMS, *rows])


def against(found: Found, peer: str, least: float | None) -> list[Aim]:
    """Ours as multiples of a peer's."""
    return [
        Aim(f"{what}: ours / {peer}", least, *multiples(found, case, peer, figure))
        for case, kind in ((STREAMS, "streams"), (WHOLE, "whole JSON"))
        for what, figure in (
            (f"requests/s on one core, {kind}", "rps"),
            (f"requests per core-second, {kind}", "per_core_second"),
        )
    ]


def multiples(found: Found, case: Case, peer: str, figure: str) -> tuple[float, float]:
    """That figure of each of our doors, divided by the peer's; not a number if it was not measured."""
    its, ours, openai = (getattr(found.get((case, target)), figure, nan) for target in (peer, OURS, OURS_OPENAI))
    return (ours / its, openai / its) if its else (nan, nan)


def added_ms(found: Found, case: Case, target: str, figure: str) -> float:
    """What a time has more through a target than straight."""
    if (case, target) not in found:
        return nan
    return float(getattr(found[case, target], figure) - getattr(found[case, DIRECT], figure))


def rate(per_second: float) -> str:
    """Requests a second; of slow ones a digit more."""
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:.1f}"


def ms(milliseconds: float) -> str:
    """Milliseconds, to the hundredth; a dash for what could not be measured."""
    return DASH if isnan(milliseconds) else f"{milliseconds:,.2f}"


def number(value: float) -> str:
    """Three digits that say something; a dash for what could not be measured."""
    if isnan(value):
        return DASH
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
