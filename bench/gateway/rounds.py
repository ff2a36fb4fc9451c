"""The rounds: each case straight and through every gateway, in turn, so that what the machine does hits all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import median

from bench.gateway import cores
from bench.gateway.cases import CASES, Case, Target
from bench.gateway.programs import Load, Stub, run_load


@dataclass(frozen=True)
class Entrant:
    """Who is measured: where it is asked, and its process. The upstream asked straight has no process here."""

    target: Target
    pid: int | None = None


@dataclass(frozen=True)
class Run:
    """One load on one target, and what the gateway and its PostgreSQL used of their cores meanwhile."""

    case: Case
    target: str
    load: Load
    gateway_cpu_s: float
    database_cpu_s: float
    upstream_requests: int


@dataclass(frozen=True)
class Figures:
    """A case through one target, over all rounds: medians. Times in ms (nan: not measured), CPU in µs a request."""

    rps: float
    rps_range: tuple[float, float]
    p50_ms: float
    p99_ms: float
    first_text_ms: float
    gateway_cpu_us: float
    database_cpu_us: float

    @property
    def per_core_second(self) -> float:
        """How many requests a second of the gateway's CPU answers."""
        return 1e6 / self.gateway_cpu_us if self.gateway_cpu_us else nan


Found = dict[tuple[Case, str], Figures]


def run_rounds(
    stub: Stub,
    entrants: Sequence[Entrant],
    folder: Path,
    *,
    rounds: int,
    seconds: float,
    say: Callable[[str], None],
    cases: Sequence[Case] = CASES,
) -> list[Run]:
    """All runs: in each round, for each case, all entrants one after the other."""
    runs = []
    for number in range(1, rounds + 1):
        for case in cases:
            for entrant in entrants:
                stub.pace(case.first_ms, case.gap_ms)
                runs.append(run_one(case, entrant, stub, folder, seconds))
                rate = f"{runs[-1].load.rps:>9,.1f} requests/s"
                say(f"round {number}  {case.name:<30} {entrant.target.name:<20} {rate}")
    stub.pace(0, 0)
    return runs


def run_one(case: Case, entrant: Entrant, stub: Stub, folder: Path, seconds: float) -> Run:
    """One load, with the CPU that it cost behind the door."""
    target = entrant.target
    request = target.request_file(folder, stream=case.stream)
    before = *cpu_behind(entrant), stub.requests()
    load = run_load(target.port, request, case.connections, seconds * target.patience, target.load_options(case))
    after = *cpu_behind(entrant), stub.requests()
    used = [late - early for early, late in zip(before, after, strict=True)]
    return Run(case, target.name, load, used[0], used[1], int(used[2]))


def cpu_behind(entrant: Entrant) -> tuple[float, float]:
    """Seconds of CPU that the gateway and its PostgreSQL used so far, by what runs now: connections come and go."""
    gateway, database = cores.processes(entrant.pid) if entrant.pid else ([], [])
    return cores.cpu_s(gateway), cores.cpu_s(database)


def figures(runs: list[Run]) -> Found:
    """What was found of each case and target."""
    pairs = dict.fromkeys((run.case, run.target) for run in runs)
    return {pair: middle([run for run in runs if (run.case, run.target) == pair]) for pair in pairs}


def middle(runs: list[Run]) -> Figures:
    """The medians of one case and target."""
    loads = [run.load for run in runs]
    answers = max(1, sum(load.sent for load in loads))
    rates = [load.rps for load in loads]
    return Figures(
        rps=median(rates),
        rps_range=(min(rates), max(rates)),
        p50_ms=middle_ms(loads, lambda load: load.whole_us.p50),
        p99_ms=middle_ms(loads, lambda load: load.whole_us.p99),
        first_text_ms=middle_ms(loads, lambda load: load.first_text_us.p50) if runs[0].case.stream else nan,
        gateway_cpu_us=sum(run.gateway_cpu_s for run in runs) / answers * 1e6,
        database_cpu_us=sum(run.database_cpu_s for run in runs) / answers * 1e6,
    )


def middle_ms(loads: list[Load], microseconds: Callable[[Load], int]) -> float:
    """The median of a figure over the rounds; not a number if no answer came in time to be measured."""
    measured = [microseconds(load) for load in loads if load.measured]
    return median(measured) / 1000 if measured else nan
