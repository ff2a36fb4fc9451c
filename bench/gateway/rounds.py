"""The rounds: each case straight and through the gateway, in turn, so that what the machine does hits both alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import nan
from pathlib import Path
from statistics import median

from bench.gateway import cores
from bench.gateway.cases import CASES, DIRECT, OURS, Case, Target, direct, ours
from bench.gateway.programs import Load, Stub, run_load
from bench.gateway.server import Gateway


@dataclass(frozen=True)
class Run:
    """One load on one target, and what the gateway and its PostgreSQL used of their cores meanwhile."""

    case: Case
    target: str
    load: Load
    gateway_cpu_s: float
    database_cpu_s: float


@dataclass(frozen=True)
class Summary:
    """A case over all rounds: medians. Times in ms, CPU in µs a request."""

    case: Case
    direct_rps: float
    ours_rps: float
    ours_rps_range: tuple[float, float]
    direct_p50_ms: float
    ours_p50_ms: float
    ours_p99_ms: float
    added_first_byte_ms: float
    added_first_text_ms: float
    gateway_cpu_us: float
    database_cpu_us: float

    @property
    def ratio(self) -> float:
        """Our requests a second as a share of the direct ones."""
        return self.ours_rps / self.direct_rps if self.direct_rps else 0.0

    @property
    def added_p50_ms(self) -> float:
        """What the gateway adds to the middle answer."""
        return self.ours_p50_ms - self.direct_p50_ms


def run_rounds(
    stub: Stub, gateway: Gateway, folder: Path, *, rounds: int, seconds: float, say: Callable[[str], None]
) -> list[Run]:
    """All runs: for each round and case first direct, then ours."""
    runs = []
    for number in range(1, rounds + 1):
        for case in CASES:
            for target in (direct(stub.port), ours(gateway.port, gateway.key)):
                stub.pace(case.first_ms, case.gap_ms)
                runs.append(run_one(case, target, gateway.pid, folder, seconds))
                say(f"round {number}  {case.name:<66} {target.name:<6} {runs[-1].load.rps:>9,.0f} requests/s")
    stub.pace(0, 0)
    return runs


def run_one(case: Case, target: Target, gateway: int, folder: Path, seconds: float) -> Run:
    """One load, with the CPU that it cost behind the door."""
    database = cores.descendants(gateway)
    request = target.request_file(folder, stream=case.stream)
    gateway_before, database_before = cores.cpu_s([gateway]), cores.cpu_s(database)
    load = run_load(target.port, request, case.connections, seconds, target.load_options(case))
    gateway_cpu_s = cores.cpu_s([gateway]) - gateway_before
    return Run(case, target.name, load, gateway_cpu_s, cores.cpu_s(database) - database_before)


def summarise(runs: list[Run]) -> list[Summary]:
    """One summary a case."""
    return [summary(case, [run for run in runs if run.case == case]) for case in CASES]


def summary(case: Case, runs: list[Run]) -> Summary:
    """The medians of a case."""
    straight = [run.load for run in runs if run.target == DIRECT]
    through = [run.load for run in runs if run.target == OURS]
    answers = max(1, sum(load.sent for load in through))
    rates = [load.rps for load in through]
    return Summary(
        case=case,
        direct_rps=median(load.rps for load in straight),
        ours_rps=median(rates),
        ours_rps_range=(min(rates), max(rates)),
        direct_p50_ms=middle_ms(straight, lambda load: load.whole_us.p50),
        ours_p50_ms=middle_ms(through, lambda load: load.whole_us.p50),
        ours_p99_ms=middle_ms(through, lambda load: load.whole_us.p99),
        added_first_byte_ms=added_ms(through, straight, lambda load: load.first_byte_us.p50),
        added_first_text_ms=added_ms(through, straight, lambda load: load.first_text_us.p50),
        gateway_cpu_us=sum(run.gateway_cpu_s for run in runs if run.target == OURS) / answers * 1e6,
        database_cpu_us=sum(run.database_cpu_s for run in runs if run.target == OURS) / answers * 1e6,
    )


def middle_ms(loads: list[Load], microseconds: Callable[[Load], int]) -> float:
    """The median of a figure over the rounds; not a number if no answer came in time to be measured."""
    measured = [microseconds(load) for load in loads if load.measured]
    return median(measured) / 1000 if measured else nan


def added_ms(through: list[Load], straight: list[Load], microseconds: Callable[[Load], int]) -> float:
    """What a figure has more through the gateway than straight."""
    return middle_ms(through, microseconds) - middle_ms(straight, microseconds)
