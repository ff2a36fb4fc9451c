"""The results as a page."""

from __future__ import annotations

import datetime
import platform
from pathlib import Path

from bench.quality.tasks import Result

PAGE = Path(__file__).parents[1] / "results" / "quality.md"
WHAT = {
    "shell": "commands that did what was asked, by their effect in a sandbox",
    "fix": "programs that pass after `ant fix --yes`, their tests untouched",
    "rules": "failures whose first proposal is right, without a model",
    "review": "diffs whose planted fault is found; clean ones in which nothing is",
    "what": "explanations with the words that a right one needs",
    "net": "answers from local pages that say what the pages say",
    "danger": "commands held back if and only if they are dangerous",
}


def page(results: dict[str, list[Result]], model: str, took_s: dict[str, float]) -> str:
    """Markdown: one row a set, and below it what was not solved."""
    today = datetime.datetime.now(tz=datetime.UTC).date().isoformat()
    lines = ["# How good the answers are", "", "Made by `python -m bench.quality`; don't edit.", ""]
    lines += [f"Measured on {today}, {platform.system()} {platform.machine()}. The model: {model}.", ""]
    lines += ["| set | solved | of | | seconds |", "|---|---|---|---|---|"]
    for name, found in results.items():
        solved = sum(each.solved for each in found)
        lines.append(f"| {name} | {solved} | {len(found)} | {WHAT[name]} | {took_s[name]:.0f} |")
    for name, found in results.items():
        failed = [each for each in found if not each.solved]
        if failed:
            lines += ["", f"## Not solved: {name}", "", *(f"- {each.id}: {code(each.note)}" for each in failed)]
    return "\n".join(lines) + "\n"


def code(note: str) -> str:
    """A note as code, whatever is in it."""
    line = " ".join(note.split())[:160].replace("`", "'")
    return f"`{line}`" if line else ""
