"""Our server's memory over 100,000 requests."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from bench.gateway import books, cores, report
from bench.gateway.cases import STREAMS, ours
from bench.gateway.programs import TOKENS, BenchError, Stub, load_of, running_stub
from bench.gateway.server import Gateway, running_gateway

REQUESTS, AT_ONCE = 100_000, 10_000
FLAT = 0.02
"""The last third may grow by so much of what was held when it began."""
RESULTS = Path(__file__).parents[1] / "results" / "gateway-memory.md"
PAGE = """\
# The server's memory over {requests:,} requests

Made by `python -m bench.gateway --memory`; don't edit.

Measured on {today}: {machine}. Streams of {tokens} tokens, 64 at a time; the resident memory of the
serving process after each {at_once:,} (its PostgreSQL has its own).

{table}

{verdict}
"""


def measure(folder: Path, say: Callable[[str], None], *, keep: bool) -> int:
    """Run them all, look at the memory meanwhile, say whether it is flat; 1 if an answer was wrong."""
    with running_stub() as stub, running_gateway(folder / "ours", stub) as gateway:
        cores.separate([gateway.pid], [stub.pid])
        series = [held(gateway)]
        for _ in range(REQUESTS // AT_ONCE):
            send(gateway, stub, folder)
            series.append(held(gateway))
            say(f"after {(len(series) - 1) * AT_ONCE:>7,} requests {series[-1]:7.1f} MiB")
        postgres = books.read_books(gateway.database_url).postgres_version
    text = PAGE.format(
        requests=REQUESTS, today=report.today(), machine=report.machine_name(postgres), tokens=TOKENS,
        at_once=AT_ONCE, table=table(series), verdict=verdict(series),
    )  # fmt: skip
    print(text.partition("\n\n")[2])
    if keep:
        RESULTS.write_text(text)
        print(f"Written to {RESULTS}", file=sys.stderr)
    return 0


def held(gateway: Gateway) -> float:
    """MiB that the serving process holds now."""
    return cores.resident_mib(cores.processes(gateway.pid)[0])


def send(gateway: Gateway, stub: Stub, folder: Path) -> None:
    """The next requests; all must be answered well."""
    target = ours(gateway.port, gateway.key)
    request = target.request_file(folder, stream=True)
    load = load_of(target.port, request, STREAMS.connections, AT_ONCE, target.load_options(STREAMS))
    if load.failures or load.sent != AT_ONCE:
        raise BenchError(f"Of {load.sent:,} requests {load.failures:,} got no good answer ({load.first_failure}).")
    if stub.requests() % AT_ONCE:
        raise BenchError(f"The upstream was asked {stub.requests():,} times, which is not as often as we were.")


def table(series: list[float]) -> str:
    """The series, a line each."""
    rows = [f"| {index * AT_ONCE:,} | {mib:.1f} |" for index, mib in enumerate(series)]
    return "\n".join(["| requests | MiB |", "|---|---|", *rows])


def verdict(series: list[float]) -> str:
    """Whether it is flat: how much the last third of the requests added, and the slope."""
    begin = len(series) - 1 - (len(series) - 1) // 3
    growth = series[-1] / series[begin] - 1
    slope = (series[-1] - series[begin]) * 1024 / ((len(series) - 1 - begin) * AT_ONCE)
    said = "it is flat" if growth < FLAT else "**it is not flat**"
    return f"The last third of the requests added {growth:+.1%}, {slope:+.3f} KiB a request: {said} (under {FLAT:.0%})."
