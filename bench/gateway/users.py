"""What a request costs with many users in the database, beside few: two servers in turn, in one run."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg

from bench.gateway import books, cores, report, tables
from bench.gateway.cases import ONE, STREAMS, ours
from bench.gateway.programs import Stub, load_of, running_stub
from bench.gateway.rounds import Entrant, Found, Run, figures, run_rounds
from bench.gateway.server import Gateway, running_gateway

FEW = 10
MOST_KEYS = 2_000
"""So many of the users ask, evenly spread over all of them."""
RESULTS = Path(__file__).parents[1] / "results" / "gateway-users.md"
PAGE = """\
# What a request costs, by how many users there are

Made by `python -m bench.gateway --users {many}`; don't edit.

Measured on {today}: {machine}. Two servers on one core, each with its own PostgreSQL,
asked in turn in {rounds} rounds of {seconds:g} s; streams of 50 tokens. Each user has a workspace, a key, meters and
five charged requests; in the large database {asking:,} of them ask, one after the other, each for the second time at
least. With 64 at a time the ten of the small one wait for each other's meters.

{table}

{verdict}
"""


@dataclass(frozen=True)
class Filled:
    """A server with so many users, and what its books said before the load."""

    users: int
    gateway: Gateway
    before: books.Books

    @property
    def name(self) -> str:
        """How its runs are called."""
        return f"{self.users:,} users"

    def entrant(self) -> Entrant:
        """Asked by many of its users in turn."""
        return Entrant(replace(ours(self.gateway.port, *keys(self.users)), name=self.name), self.gateway.pid)


def measure(folder: Path, many: int, rounds: int, seconds: float, say: Callable[[str], None], *, keep: bool) -> int:
    """Fill both, ask both in turn, compare; 1 if the books of one are wrong."""
    with (
        running_stub() as stub,
        running_gateway(folder / "few", stub) as small,
        running_gateway(folder / "many", stub) as large,
    ):
        cores.separate([small.pid, large.pid], [stub.pid])
        both = [filled(small, FEW, folder, say), filled(large, many, folder, say)]
        runs = ask(stub, both, folder, rounds, seconds, say)
        wrong = [sentence for one in both for sentence in faults(one, runs)]
    found = figures(runs)
    text = page(found, both, rounds, seconds)
    print(text.partition("\n\n")[2])
    for sentence in wrong:
        print(f"bench.gateway: {sentence}", file=sys.stderr)
    if keep and not wrong:
        RESULTS.write_text(text)
        print(f"Written to {RESULTS}", file=sys.stderr)
    return 1 if wrong else 0


def filled(gateway: Gateway, users: int, folder: Path, say: Callable[[str], None]) -> Filled:
    """Put the users into its database, and let each of those who will ask have asked once."""
    say(f"filling a database with {users:,} users")
    script = (Path(__file__).parent / "users.sql").read_text()
    with psycopg.connect(gateway.database_url, autocommit=True) as connection:
        connection.execute("select set_config('bench.users', %s, false)", [str(users)])
        connection.execute(script.encode())
        connection.execute("vacuum analyze")
        connection.execute("checkpoint")
    target = ours(gateway.port, *keys(users))
    load_of(target.port, target.request_file(folder, stream=True), 8, len(target.keys), target.load_options(STREAMS))
    return Filled(users, gateway, books.read_books(gateway.database_url))


def keys(users: int) -> list[str]:
    """The keys of those who ask."""
    step = max(1, users // MOST_KEYS)
    return [f"aniate_sk_{number:b>43}" for number in range(step, users + 1, step)]


def ask(
    stub: Stub, both: list[Filled], folder: Path, rounds: int, seconds: float, say: Callable[[str], None]
) -> list[Run]:
    """The rounds."""
    entrants = [one.entrant() for one in both]
    return run_rounds(stub, entrants, folder, rounds=rounds, seconds=seconds, say=say, cases=(ONE, STREAMS))


def faults(one: Filled, runs: list[Run]) -> list[str]:
    """What is wrong in its books, as sentences."""
    added = books.since(one.before, books.read_books(one.gateway.database_url))
    its_own = [replace(run, target=ours(0).name) for run in runs if run.target == one.name]
    return [f"With {one.name}: {sentence}" for sentence in books.disagreements(added, its_own)]


def page(found: Found, both: list[Filled], rounds: int, seconds: float) -> str:
    """The whole page."""
    small, large = both
    return PAGE.format(
        many=large.users,
        today=report.today(),
        machine=report.machine_name(large.before.postgres_version),
        rounds=rounds,
        seconds=seconds,
        asking=len(keys(large.users)),
        table=table(found),
        verdict=verdict(found, small.name, large.name),
    )


def table(found: Found) -> str:
    """A line for each case and database."""
    rows = [
        "| | | requests/s | p50, ms | p99, ms | CPU a request: gateway, µs | PostgreSQL, µs |",
        "|---|---|---|---|---|---|---|",
    ]
    for (case, name), its in found.items():
        times = f"{tables.ms(its.p50_ms)} | {tables.ms(its.p99_ms)}"
        cpu = f"{its.gateway_cpu_us:,.0f} | {its.database_cpu_us:,.0f}"
        rows.append(f"| {case.name} | {name} | {tables.rate(its.rps)} | {times} | {cpu} |")
    return "\n".join(rows)


def verdict(found: Found, few: str, many: str) -> str:
    """The ratios: CPU of gateway and PostgreSQL together, and the middle answer's time."""
    small, large = found[STREAMS, few], found[STREAMS, many]
    cost = (large.gateway_cpu_us + large.database_cpu_us) / (small.gateway_cpu_us + small.database_cpu_us)
    wait = found[ONE, many].p50_ms / found[ONE, few].p50_ms
    return (
        f"With {many} a request costs {cost:.2f} times the CPU of one with {few} (gateway and PostgreSQL, 64 at a"
        f" time), and one alone takes {wait:.2f} times as long."
    )
