"""The figures as a table and as a page."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path

from bench.cli.cases import Cost
from bench.cli.upstream import LONG, SHORT

_BASE, _RAW, _ASK, _LONG = "python -c pass", "raw http.client", "ant ask hi", "ant ask hi, 2,200 pieces"
_SHOWN, _SHOWN_LONG = "ant ask hi, terminal", "ant ask hi, terminal, 2,200 pieces"
_AWAY = "ant ask hi, terminal, 30 ms away"

PAGE = """\
# The client's start-up and a whole answer

Made by `python -m bench.cli`; don't edit.

Measured on {today}: {cpu}, {cores} cores, {system}, Python {python}. {rounds} rounds, all cases in turn in each (`llm`
and `sgpt` in each fourth); medians; of memory the largest peak, of which what starts the cases is the least that can be
seen.

{table}

{targets}

`ant` is the built wheel alone in a virtual environment, `llm` {llm} and `sgpt` {sgpt} in others of their own. The
answers come at once from a server on the same machine that has them in memory: {short} pieces of markdown ({long} in
the long one), each in an event of its own; "30 ms away", after 30 ms. On a terminal `ant` and `sgpt` paint the markdown
as it comes, `llm` writes its source. The raw clients post the same question, parse each event's JSON and write each
piece, but know no settings, no key store, no errors and no hostile text.
"""


def table(costs: dict[str, Cost]) -> str:
    """All cases, beside the interpreter and beside the raw client."""
    base, raw = costs[_BASE].cpu_ms, costs[_RAW].cpu_ms
    rows = [
        "| | CPU, ms | wall, ms | first letter, ms | peak, MiB | CPU / `python -c pass` | CPU / raw http.client |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, cost in costs.items():
        first = f"{cost.first_ms:.1f}" if cost.first_ms else ""
        figures = f"{cost.cpu_ms:.1f} | {cost.wall_ms:.1f} | {first} | {cost.peak_mib:.1f}"
        rows.append(f"| `{name}` | {figures} | {cost.cpu_ms / base:.2f} | {cost.cpu_ms / raw:.2f} |")
    return "\n".join(rows)


def targets(costs: dict[str, Cost]) -> str:
    """What was aimed at, and what was found."""
    base = costs[_BASE].cpu_ms
    piece, painted = (
        (costs[long].cpu_ms - costs[short].cpu_ms) / (LONG - SHORT)
        for long, short in ((_LONG, _ASK), (_SHOWN_LONG, _SHOWN))
    )
    asked = [(f"`{name}`, CPU / `python -c pass`", costs[name].cpu_ms / base, 1.15) for name in
             ("ant --version", "ant --help", "ant list")]  # fmt: skip
    asked += [
        ("an assistant's answer, CPU / raw http.client", costs["ant coder hi"].cpu_ms / costs[_RAW].cpu_ms, 1.6),
        ("whole answer, CPU / raw http.client", costs[_ASK].cpu_ms / costs[_RAW].cpu_ms, 1.6),
        ("whole answer, wall / raw http.client", costs[_ASK].wall_ms / costs[_RAW].wall_ms, 1.6),
        ("any answer, peak MiB", max(costs[name].peak_mib for name in (_ASK, _LONG, _SHOWN, _SHOWN_LONG)), 25),
        ("each further piece, CPU ms", piece, 0.1),
        ("each further piece painted, CPU ms", painted, 0.1),
        ("first letter painted, 30 ms away, ms from the start of the process", costs[_AWAY].first_ms, 30 + 20),
    ]
    rows = ["| target | at most | found | |", "|---|---|---|---|"]
    rows += [f"| {what} | {most} | {found:.3g} | {_met(found <= most)} |" for what, found, most in asked]
    for peer, least in (("llm", 70), ("sgpt", 150)):
        times = costs[f"{peer} --version"].cpu_ms / costs["ant --version"].cpu_ms
        floor = costs[f"{peer} --version"].cpu_ms / base  # see docs/decisions/0018
        found = f"{times:.3g}; `python -c pass`: {floor:.3g}"
        rows.append(f"| `{peer} --version`, CPU / `ant` | at least {least} | {found} | {_met(times >= least)} |")
    return "\n".join([*rows, "", *(_beside(costs, peer) for peer in ("llm", "sgpt"))])


def _met(met: bool) -> str:
    return "met" if met else "**missed**"


def _beside(costs: dict[str, Cost], peer: str) -> str:
    """How many times the CPU of ours a peer takes."""
    version, help_ = (costs[f"{peer} {word}"].cpu_ms / costs[f"ant {word}"].cpu_ms for word in ("--version", "--help"))
    answer = costs[f"{peer} hi"].cpu_ms / costs[_ASK].cpu_ms
    shown = costs[f"{peer} hi, terminal"].cpu_ms / costs[_SHOWN].cpu_ms
    first = costs[f"{peer} hi, terminal"].first_ms / costs[_SHOWN].first_ms
    return (
        f"`{peer}` takes {version:.0f} times the CPU of `ant` for `--version`, {help_:.0f} for `--help`, {answer:.0f}"
        f" for a whole answer, {shown:.0f} for one on a terminal, and {first:.0f} times as long to its first letter"
        " there.\n"
    )


def page(costs: dict[str, Cost], rounds: int, llm: str, sgpt: str) -> str:
    """The page that is kept."""
    return PAGE.format(
        today=datetime.now(timezone.utc).date(), cpu=_cpu(), cores=os.cpu_count(), python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}", rounds=rounds, table=table(costs), targets=targets(costs),
        short=SHORT, long=LONG, llm=llm, sgpt=sgpt,
    )  # fmt: skip


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
