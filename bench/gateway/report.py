"""The figures as a page, with the machine named."""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from datetime import date

from bench.gateway import cores, tables
from bench.gateway.books import Books
from bench.gateway.rounds import Found

PAGE = """\
# The gateway beside others

Made by `python -m bench.gateway`; don't edit.

Measured on {today}: {machine}; {placement}.
The load average was {load:.1f} before we began: what else runs makes the figures worse. On the database's disk half of
the durable commits took up to {commit_p50:.2f} ms, nine in ten up to {commit_p90:.2f} ms.
{rounds} rounds of {seconds:g} s each; in every round all targets in turn; medians over the rounds.

![Requests a second through one core](gateway.svg)

## What was aimed at

{aims}

Requests/s is at saturation, with the gateway alone on its core. Requests per core-second is what a second of the
gateway's CPU answers; our PostgreSQL runs on the other core and has a column of its own below.

## Figures

{cases}

The first chunk is the first event that holds a word of the answer. Paced: the upstream waits 20 ms, then sends 50
tokens 4 ms apart, so that 64 at a time are at most about 290 a second; what stands under "first chunk" of a gateway
that can't keep up is mostly waiting.

## How fair it is

{peers}

**Ours** runs as `aniate-server up` starts it, with every station on: who asks, limits, the reservation committed
before the upstream is asked, the prompt, the model's choice, the guard over each letter of the answer, the row settled
with its ledger entry before the last event, on the embedded PostgreSQL with `synchronous_commit` on. **The others run
without** database, users, limits and money: what they do is less. "Ours" is `POST /v1/chat`, as `ant` asks; "ours,
OpenAI's door" is `POST /v1/chat/completions`, as the others are asked.

No connection has TLS. The upstream is a C program that sends a stream that is not paced in one piece, which is the
cheapest for it and the hardest to be compared with. An answer counts only if it has all of its tokens in order and, as
a stream, its proper end. CPU is that of the processes, warm-up included, to the kernel's 10 ms.
{faults}
**Books afterwards**: {closed:,} requests through our server, {closed:,} closed rows, none open, each counted by the
provider; {charged:,} micro-USD in closed rows and as many in the ledger.

**Again**: `make bench`, or `.venv/bin/python -m bench.gateway`; `bench/README.md` says more.
"""


@dataclass(frozen=True)
class Machine:
    """What the figures hang on, as it was before the first round. `load` is the load average of a minute."""

    placement: str
    load: float
    durable_commits_ms: tuple[float, float]


@dataclass(frozen=True)
class Plan:
    """What was run: how often, for how long, and beside whom (name, version and set-up, or why not)."""

    rounds: int
    seconds: float
    peers: list[str]


def machine_name(postgres: str) -> str:
    """The machine and what runs on it."""
    system = f"{platform.system()}, Python {platform.python_version()}, PostgreSQL {postgres}"
    return f"{cores.cpu_model()}, {os.cpu_count()} cores, {system}"


def page(found: Found, books: Books, machine: Machine, plan: Plan, faults: list[str]) -> str:
    """The whole page."""
    return PAGE.format(
        today=today(),
        machine=machine_name(books.postgres_version),
        placement=machine.placement,
        load=machine.load,
        commit_p50=machine.durable_commits_ms[0],
        commit_p90=machine.durable_commits_ms[1],
        rounds=plan.rounds,
        seconds=plan.seconds,
        aims=tables.aims(found),
        cases=tables.cases(found),
        peers="\n".join(f"- {peer}" for peer in plan.peers),
        faults="".join(f"\n**Not as it should be**: {fault}\n" for fault in faults),
        closed=books.closed,
        charged=books.charged_micro_usd,
    )


def today() -> str:
    """The date, for people here."""
    return date.today().isoformat()  # noqa: DTZ011
