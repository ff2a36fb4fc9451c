"""The figures as a page."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import date
from math import isnan

from bench.gateway import cores
from bench.gateway.books import Books
from bench.gateway.rounds import Summary

HEAD = """\
| | direct, requests/s | ours, requests/s (lowest to highest round) | ours / direct | added p50, ms | ours p99, ms \
| added first byte p50, ms | added first text p50, ms | CPU a request: gateway, µs | CPU a request: PostgreSQL, µs |
|---|---|---|---|---|---|---|---|---|---|"""

PAGE = """\
# The gateway beside a direct call

Made by `python -m bench.gateway`; don't edit.

Measured on {today}: {cpu}, {cores} cores, {system}, Python {python}, PostgreSQL {postgres};
{placement}.
The load average was {load:.1f} before we began: what else runs makes the figures worse. On the database's disk half of
the durable commits took up to {commit_p50:.2f} ms, nine in ten up to {commit_p90:.2f} ms; each request waits for two.
{rounds} rounds of {seconds:g} s each, direct and ours in turn; medians over the rounds.

{table}

**What is on**: every station that the server has now, in one process of `aniate-server up`, its worker included: the
key is looked up in PostgreSQL for each request, the prompt is built from the brew, the open row with its reservation is
committed before the upstream is asked, the upstream is asked over HTTP for a stream and its events are rewritten as
ours, the row is settled with its ledger entry in one transaction before the last event. PostgreSQL is the embedded one
with `synchronous_commit` on. **What is not**, since the server has none of it yet: limits, cache, fair queue,
fallbacks, leak guard, remembered keys, settling in groups. No connection has TLS. The upstream sends a stream that is
not paced in one piece, which is the cheapest for it and the hardest to be compared with; for JSON, too, our server asks
it for a stream. First text is the first event that holds a word of the answer. CPU is that of the processes, warm-up
included, to the kernel's 10 ms.

**Books afterwards**: {closed:,} requests through the gateway, {closed:,} closed rows, none open, each counted by the
provider; {charged:,} micro-USD in closed rows and as many in the ledger.

**Again**: `make bench`, or `.venv/bin/python -m bench.gateway` (under 90 s); with `--quick` it is short and writes
nothing.
"""


@dataclass(frozen=True)
class Machine:
    """What the figures hang on, as it was before the first round. `load` is the load average of a minute."""

    placement: str
    load: float
    durable_commits_ms: tuple[float, float]


def table(summaries: list[Summary]) -> str:
    """One line a case."""
    return "\n".join([HEAD, *(line(summary) for summary in summaries)])


def line(summary: Summary) -> str:
    """One case."""
    low, high = summary.ours_rps_range
    first = [ms(summary.added_first_byte_ms), ms(summary.added_first_text_ms) if summary.case.stream else "–"]
    cells = [
        summary.case.name,
        f"{summary.direct_rps:,.0f}",
        f"{summary.ours_rps:,.0f} ({low:,.0f} to {high:,.0f})",
        f"{summary.ratio:.4f}",
        ms(summary.added_p50_ms),
        ms(summary.ours_p99_ms),
        *first,
        f"{summary.gateway_cpu_us:,.0f}",
        f"{summary.database_cpu_us:,.0f}",
    ]
    return f"| {' | '.join(cells)} |"


def ms(milliseconds: float) -> str:
    """Milliseconds, to the hundredth; a dash for what could not be measured."""
    return "–" if isnan(milliseconds) else f"{milliseconds:.2f}"


def page(summaries: list[Summary], books: Books, machine: Machine, *, rounds: int, seconds: float) -> str:
    """The whole page, with the machine named."""
    return PAGE.format(
        today=date.today().isoformat(),  # noqa: DTZ011 - a page for people here
        cpu=cores.cpu_model(),
        cores=os.cpu_count(),
        system=platform.system(),
        python=platform.python_version(),
        postgres=books.postgres_version,
        placement=machine.placement,
        load=machine.load,
        commit_p50=machine.durable_commits_ms[0],
        commit_p90=machine.durable_commits_ms[1],
        rounds=rounds,
        seconds=seconds,
        table=table(summaries),
        closed=books.closed,
        charged=books.charged_micro_usd,
    )
