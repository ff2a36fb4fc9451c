"""After the load: does the database say what the load and the upstream say?"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from statistics import quantiles
from time import perf_counter

import psycopg
from psycopg.rows import class_row

from bench.gateway.cases import DIRECT, OURS, OURS_OPENAI
from bench.gateway.programs import TOKENS
from bench.gateway.rounds import Run

COMMITS = 200
MUST_NOT_FAIL = (DIRECT, OURS, OURS_OPENAI)
BOOKS = """
select count(*) as rows,
       count(*) filter (where state = 'closed') as closed,
       count(*) filter (where outcome = 'ok' and not estimated) as counted,
       coalesce(sum(output_tokens), 0)::bigint as output_tokens,
       coalesce(sum(cost_micro_usd), 0)::bigint as cost_micro_usd,
       (select coalesce(sum(amount_micro_usd), 0)::bigint from ledger.entries) as charged_micro_usd,
       current_setting('server_version') as postgres_version
from aniate.usage
"""


@dataclass(frozen=True)
class Books:
    """All of the usage and the ledger."""

    rows: int
    closed: int
    counted: int
    output_tokens: int
    cost_micro_usd: int
    charged_micro_usd: int
    postgres_version: str


def read_books(database_url: str) -> Books:
    """The sums, as the superuser sees them: row-level security hides nothing."""
    with psycopg.connect(database_url) as connection, connection.cursor(row_factory=class_row(Books)) as cursor:
        books = cursor.execute(BOOKS).fetchone()
    assert books
    return books


def durable_commits_ms(database_url: str) -> tuple[float, float]:
    """How long this disk takes for a commit that is but a note in the log: half take up to …, nine in ten up to …."""
    times = []
    with psycopg.connect(database_url, autocommit=True) as connection:
        for _ in range(COMMITS):
            began = perf_counter()
            connection.execute("select pg_logical_emit_message(true, 'bench', '')")
            times.append((perf_counter() - began) * 1000)
    tenths = quantiles(times, n=10)
    return tenths[4], tenths[8]


def since(before: Books, after: Books) -> Books:
    """What was added to the books meanwhile."""
    sums = {
        field.name: getattr(after, field.name) - getattr(before, field.name)
        for field in fields(Books)
        if field.type == "int"
    }
    return replace(after, **sums)


def disagreements(books: Books, runs: list[Run]) -> list[str]:
    """Each thing of ours that does not add up, as a sentence; none if all does."""
    ours = [run for run in runs if run.target in (OURS, OURS_OPENAI)]
    sent = sum(run.load.sent for run in ours)
    claims = [
        ("requests sent to us", sent, "closed rows", books.closed),
        ("usage rows", books.rows, "rows that are closed", books.closed),
        ("requests sent to us", sent, "rows with outcome ok, counted by the provider", books.counted),
        ("requests sent to us", sent, "requests that the upstream got", sum(run.upstream_requests for run in ours)),
        ("tokens of the upstream's answers", sent * TOKENS, "tokens in closed rows", books.output_tokens),
        ("micro-USD in closed rows", books.cost_micro_usd, "micro-USD in the ledger", books.charged_micro_usd),
    ]
    found = [f"{left:,} {what} but {right:,} {other}." for what, left, other, right in claims if left != right]
    if books.charged_micro_usd == 0:
        found.append("Nothing was charged, so that the sums prove nothing.")
    return found + [failure_sentence(run) for run in runs if run.load.failures and run.target in MUST_NOT_FAIL]


def faults_of_peers(runs: list[Run]) -> list[str]:
    """What the others did wrong, as sentences: it does not stop the measurement, but the page has to say it."""
    found = [failure_sentence(run) for run in runs if run.load.failures and run.target not in MUST_NOT_FAIL]
    for target in dict.fromkeys(run.target for run in runs if run.target not in MUST_NOT_FAIL):
        its_own = [run for run in runs if run.target == target]
        sent, asked = sum(run.load.sent for run in its_own), sum(run.upstream_requests for run in its_own)
        if sent != asked:
            found.append(f"{target} got {sent:,} requests and asked the upstream {asked:,} times.")
    return found


def failure_sentence(run: Run) -> str:
    """How a run went wrong."""
    load = run.load
    return (
        f"{run.case.name}, {run.target}: of {load.sent:,} requests {load.refused} were refused, {load.unended} answers"
        f" were not whole, {load.broken} connections broke, {load.unanswered} got no answer ({load.first_failure})."
    )
