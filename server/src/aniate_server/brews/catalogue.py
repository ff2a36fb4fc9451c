"""Which brews there are: one folder each, with its prompt and, on top of it, its summary and defaults."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aniate_server.brews.form import Schema, read_form

NAMES = ("what", "ask", "chat", "fix", "review", "shell", "net", "maker", "commit")
"""Every brew that is served. A new one is a folder and a word here."""

FOLDER = Path(__file__).parent
RULE = "---\n"
YES_OR_NO = {"yes": True, "no": False}


@dataclass(frozen=True)
class ServedBrew:
    """The server's half of a brew. `fixed` opens every conversation and never changes while we run."""

    name: str
    summary: str
    temperature: float
    offered: bool
    """Whether it is listed for users; one without a client's half answers only who asks for it by name."""
    fixed: str
    form: Schema | None
    """What the answer must be, if the client acts on it; None is free text."""
    prompt_version: str
    """Tells two wordings of `fixed` apart, or two forms, in usage rows and in caches."""
    prefers: str = "fast"
    """The alias of the model that does its work well, for plans that choose."""
    cached: bool = False
    """Whether the same question may be given the same answer again."""
    searches: bool = False
    """Whether pages of the web are looked for first, and the answer is held against them."""


Catalogue = Mapping[str, ServedBrew]


def load(folder: Path = FOLDER) -> Catalogue:
    """All brews, read once at start; a folder that lacks something is a bug and raises."""
    meta = (folder / "meta.md").read_text().strip()
    return {name: load_brew(name, meta, folder / name) for name in NAMES}


def load_brew(name: str, meta: str, folder: Path) -> ServedBrew:
    """One brew from its folder: `prompt.md`, and `output.json` if its answers have a form."""
    output = folder / "output.json"
    return read_brew(name, meta, (folder / "prompt.md").read_text(), output.read_text() if output.exists() else "")


def read_brew(name: str, meta: str, text: str, output: str = "") -> ServedBrew:
    """One brew from its files: `key: value` lines between two rules, then the prompt; and the schema, if any."""
    _, head, prompt = text.split(RULE, 2)
    keys = dict(line.split(": ", 1) for line in head.splitlines())
    fixed = f"{meta}\n\n{prompt.strip()}"
    form = read_form(output) if output else None
    return ServedBrew(
        name=name,
        summary=keys["summary"],
        temperature=float(keys["temperature"]),
        offered=YES_OR_NO[keys.get("offered", "yes")],
        fixed=fixed,
        form=form,
        prompt_version=version(fixed, form),
        prefers=keys.get("prefers", "fast"),
        cached=YES_OR_NO[keys.get("cached", "no")],
        searches=YES_OR_NO[keys.get("searches", "no")],
    )


def version(fixed: str, form: Schema | None) -> str:
    """A short hash of all that shapes an answer; the layout of the schema's file is left out."""
    said = fixed if form is None else f"{fixed}\0{json.dumps(form)}"
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def offered(catalogue: Catalogue) -> list[ServedBrew]:
    """Those that users are told of."""
    return [brew for brew in catalogue.values() if brew.offered]
