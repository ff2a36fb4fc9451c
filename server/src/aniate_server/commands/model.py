"""`aniate-server model`: list, download and choose the local models."""

from __future__ import annotations

import argparse
import sys
import time

from aniate_server.parts import choose_model, chosen_model
from aniate_server.plumbing.embedded import weights
from aniate_server.plumbing.settings import Settings


def run(settings: Settings, arguments: argparse.Namespace) -> int:
    """Do what the verb says."""
    return {"list": show, "pull": pull, "use": use}[arguments.verb](settings, arguments)


def show(settings: Settings, arguments: argparse.Namespace) -> int:
    """One line a model: its name, whether it is in use and here, and what it is."""
    chosen = chosen_model(settings)
    for name, model in weights.CATALOGUE.items():
        mark = "*" if name == chosen else " "
        here = "here" if weights.present(settings.cache, name) else f"{model.size_bytes / 1e6:.0f} MB to pull"
        sys.stdout.write(f"{mark} {name:<22} {here:<18} {model.label}\n")
    return 0


def pull(settings: Settings, arguments: argparse.Namespace) -> int:
    """Download the weights if they are not here yet."""
    name = arguments.name or chosen_model(settings)
    file = weights.pull(settings.cache, name, arguments.mirror, Progress(name))
    sys.stdout.write(f"{name} is in {file}\n")
    return 0


def use(settings: Settings, arguments: argparse.Namespace) -> int:
    """Remember the model that the next `up` starts."""
    choose_model(settings, arguments.name)
    sys.stdout.write(f"The next `aniate-server up` uses {arguments.name}.\n")
    return 0


class Progress:
    """A line on a terminal that says how far a download is; a line a minute elsewhere."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.due = 0.0

    def __call__(self, done_bytes: int, total_bytes: int) -> None:
        now = time.monotonic()
        if now < self.due and done_bytes < total_bytes:
            return
        live = sys.stderr.isatty()
        self.due = now + (0.1 if live else 60)
        line = f"{self.name}: {done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB"
        ending = "\n" if not live or done_bytes >= total_bytes else ""
        sys.stderr.write(("\r" if live else "") + line + ending)
        sys.stderr.flush()
