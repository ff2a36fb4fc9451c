"""A chart of requests per second on one core, as an SVG that reads well on light and on dark pages."""

from __future__ import annotations

from html import escape
from math import ceil, floor, log10

from bench.gateway.cases import DIRECT, OURS, OURS_OPENAI, STREAMS, WHOLE
from bench.gateway.rounds import Found

WIDTH, LEFT, RIGHT, TOP, BAR, GAP, BOTTOM = 780, 180, 76, 66, 16, 14, 46
KINDS = ((STREAMS, "streams"), (WHOLE, "whole"))
STYLE = """\
text { font: 13px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e } .title { font-size: 15px; font-weight: 600 }
.grid { stroke: #d1d9e0 } .streams { fill: #8c96a0 } .whole { fill: #c3cad1 }
.ours.streams { fill: #c2410c } .ours.whole { fill: #f5a97f }
@media (prefers-color-scheme: dark) {
  text { fill: #f0f6fc } .small { fill: #9198a1 } .grid { stroke: #3d444d }
  .streams { fill: #7d8590 } .whole { fill: #4c545d } .ours.streams { fill: #fb8c4b } .ours.whole { fill: #9a4a1c }
}
"""


def chart(found: Found) -> str:
    """Two bars for each target, longest first, on a logarithmic scale."""
    targets = sorted({target for _, target in found}, key=lambda target: -found[STREAMS, target].rps)
    rates = {(kind, target): found[case, target].rps for case, kind in KINDS for target in targets}
    shown = [rate for rate in rates.values() if rate > 0] or [1.0]
    low, high = floor(log10(min(shown))), max(ceil(log10(max(shown))), floor(log10(min(shown))) + 1)
    height = TOP + len(targets) * (2 * BAR + GAP) + BOTTOM
    drawn = [
        *grid(low, high, height),
        *(line for row, target in enumerate(targets) for line in bars(row, target, rates, low, high)),
    ]
    return "\n".join([*opening(height), *drawn, *legend(height), "</svg>", ""])


def opening(height: int) -> list[str]:
    """The frame, its title and its words for those who can't see it."""
    title = "Requests a second through one core, 64 at a time"
    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img"',
        f'aria-label="{title}; the figures are in the tables">',
        f"<style>\n{STYLE}</style>",
        f'<text class="title" x="12" y="24">{title}</text>',
        '<text class="small" x="12" y="42">Logarithmic scale: each line is ten times the one before.</text>',
    ]


def grid(low: int, high: int, height: int) -> list[str]:
    """A line for each power of ten."""
    lines = []
    for power in range(low, high + 1):
        at = place(10.0**power, low, high)
        lines.append(f'<line class="grid" x1="{at:.1f}" x2="{at:.1f}" y1="{TOP - 8}" y2="{height - BOTTOM}"/>')
        label = f"{10.0**power:,.0f}" if power >= 0 else f"{10.0**power:g}"
        lines.append(f'<text class="small" text-anchor="middle" x="{at:.1f}" y="{height - BOTTOM + 16}">{label}</text>')
    return lines


def bars(row: int, target: str, rates: dict[tuple[str, str], float], low: int, high: int) -> list[str]:
    """A target's name, and a bar with its figure for each kind of answer."""
    top = TOP + row * (2 * BAR + GAP)
    name = "upstream, asked straight" if target == DIRECT else target
    lines = [f'<text text-anchor="end" x="{LEFT - 10}" y="{top + BAR + 5}">{escape(name)}</text>']
    for index, (_, kind) in enumerate(KINDS):
        rate, y = rates[kind, target], top + index * BAR
        end = place(max(rate, 10.0**low), low, high)
        look = f"{'ours ' if target in (OURS, OURS_OPENAI) else ''}{kind}"
        lines.append(f'<rect class="{look}" x="{LEFT}" y="{y}" width="{end - LEFT:.1f}" height="{BAR - 2}" rx="2"/>')
        figure = f"{rate:,.0f}" if rate >= 100 else f"{rate:.1f}"
        lines.append(f'<text class="small" x="{end + 5:.1f}" y="{y + BAR - 4}">{figure}</text>')
    return lines


def place(value: float, low: int, high: int) -> float:
    """How far to the right a value stands."""
    return LEFT + (log10(value) - low) / (high - low) * (WIDTH - LEFT - RIGHT)


def legend(height: int) -> list[str]:
    """What the two bars of a target are."""
    y = height - 10
    return [
        f'<rect class="streams" x="{LEFT}" y="{y - 10}" width="12" height="12" rx="2"/>',
        f'<text class="small" x="{LEFT + 18}" y="{y}">streams of 50 tokens</text>',
        f'<rect class="whole" x="{LEFT + 160}" y="{y - 10}" width="12" height="12" rx="2"/>',
        f'<text class="small" x="{LEFT + 178}" y="{y}">whole answers</text>',
    ]
