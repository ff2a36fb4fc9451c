"""Which brews there are: one folder each, with its prompt and, on top of it, its summary and defaults."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NAMES = ("what", "ask", "chat")
"""Every brew that is served. A new one is a folder and a word here."""

FOLDER = Path(__file__).parent
RULE = "---\n"


@dataclass(frozen=True)
class ServedBrew:
    """The server's half of a brew. `fixed` opens every conversation and never changes while we run."""

    name: str
    summary: str
    temperature: float
    fixed: str
    prompt_version: str
    """Tells two wordings of `fixed` apart, in usage rows and in caches."""


Catalogue = Mapping[str, ServedBrew]


def load(folder: Path = FOLDER) -> Catalogue:
    """All brews, read once at start; a folder that lacks something is a bug and raises."""
    meta = (folder / "meta.md").read_text().strip()
    return {name: read_brew(name, meta, (folder / name / "prompt.md").read_text()) for name in NAMES}


def read_brew(name: str, meta: str, text: str) -> ServedBrew:
    """One brew from its file: `key: value` lines between two rules, then the prompt."""
    _, head, prompt = text.split(RULE, 2)
    keys = dict(line.split(": ", 1) for line in head.splitlines())
    fixed = f"{meta}\n\n{prompt.strip()}"
    return ServedBrew(
        name=name,
        summary=keys["summary"],
        temperature=float(keys["temperature"]),
        fixed=fixed,
        prompt_version=hashlib.sha256(fixed.encode()).hexdigest()[:12],
    )
