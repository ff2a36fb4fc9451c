"""The figures as a table and as a page."""

from __future__ import annotations

import os
import platform
from datetime import datetime, timezone
from pathlib import Path

from bench.cli.cases import Cost
from bench.cli.upstream import LONG, SHORT

_BASE, _RAW, _ASK, _LONG = "python -c pass", "raw http.client", "ant ask hi", "ant ask hi, 2,200 pieces"

PAGE = """\
# The client's start-up and a whole answer

Made by `python -m bench.cli`; don't edit.

Measured on {today}: {cpu}, {cores} cores, {system}, Python {python}. {rounds} rounds, all cases in turn in each (`llm`
in each fourth); medians; of memory the largest peak, of which what starts the cases is the least that can be seen.

{table}

{targets}

`ant` is the built wheel alone in a virtual environment, `llm` {llm} in one of its own. The answers come at once from
a server on the same machine that has them in memory: {short} pieces ({long} in the long one), each in an event of its
own. The raw clients post the same question, parse each event's JSON and write each piece, but know no settings, no key
store, no errors and no hostile text.
"""


def table(costs: dict[str, Cost]) -> str:
    """All cases, beside the interpreter and beside the raw client."""
    base, raw = costs[_BASE].cpu_ms, costs[_RAW].cpu_ms
    rows = [
        "| | CPU, ms | wall, ms | peak, MiB | CPU / `python -c pass` | CPU / raw http.client |",
        "|---|---|---|---|---|---|",
    ]
    for name, cost in costs.items():
        figures = f"{cost.cpu_ms:.1f} | {cost.wall_ms:.1f} | {cost.peak_mib:.1f}"
        rows.append(f"| `{name}` | {figures} | {cost.cpu_ms / base:.2f} | {cost.cpu_ms / raw:.2f} |")
    return "\n".join(rows)


def targets(costs: dict[str, Cost]) -> str:
    """What was aimed at, and what was found."""
    base = costs[_BASE].cpu_ms
    piece = (costs[_LONG].cpu_ms - costs[_ASK].cpu_ms) / (LONG - SHORT)
    asked = [(f"`{name}`, CPU / `python -c pass`", costs[name].cpu_ms / base, 1.15) for name in
             ("ant --version", "ant --help", "ant list")]  # fmt: skip
    asked += [
        ("an assistant's answer, CPU / raw http.client", costs["ant coder hi"].cpu_ms / costs[_RAW].cpu_ms, 1.6),
        ("whole answer, CPU / raw http.client", costs[_ASK].cpu_ms / costs[_RAW].cpu_ms, 1.6),
        ("whole answer, wall / raw http.client", costs[_ASK].wall_ms / costs[_RAW].wall_ms, 1.6),
        ("whole answer, peak MiB", max(costs[_ASK].peak_mib, costs[_LONG].peak_mib), 25),
        ("each further piece, CPU ms", piece, 0.1),
    ]
    rows = ["| target | at most | found | |", "|---|---|---|---|"]
    rows += [
        f"| {what} | {most} | {found:.3g} | {'met' if found <= most else '**missed**'} |" for what, found, most in asked
    ]
    version, help_ = (costs[f"llm {word}"].cpu_ms / costs[f"ant {word}"].cpu_ms for word in ("--version", "--help"))
    answer = costs["llm hi"].cpu_ms / costs[_ASK].cpu_ms
    beside = f"`llm` takes {version:.0f} times the CPU of `ant` for `--version`, {help_:.0f} for `--help`,"
    return "\n".join([*rows, "", f"{beside} {answer:.0f} for a whole answer."])


def page(costs: dict[str, Cost], rounds: int, llm: str) -> str:
    """The page that is kept."""
    return PAGE.format(
        today=datetime.now(timezone.utc).date(), cpu=_cpu(), cores=os.cpu_count(), python=platform.python_version(),
        system=f"{platform.system()} {platform.machine()}", rounds=rounds, table=table(costs), targets=targets(costs),
        short=SHORT, long=LONG, llm=llm,
    )  # fmt: skip


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    return next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "unknown processor"
    )
