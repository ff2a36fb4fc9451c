"""Pinned requirement files and lock files: every package by version and hash, no index, no address."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"


def faults(text: str) -> list[str]:
    """What is wrong with one pinned file, a sentence each."""
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]
    unpinned = [pin for pin in pins if "==" not in pin or "--hash=sha256:" not in pin]
    found = [f"{pin.split()[0]} is not pinned by version and hash" for pin in unpinned]
    if re.search(r"https?://|--(extra-)?index-url|--find-links|^-[if] ", text, re.MULTILINE):
        found.append("it names an address")
    return found


def lock_faults(text: str) -> list[str]:
    """What is wrong with one lock file of npm, a sentence each."""
    packages = {name: package for name, package in json.loads(text)["packages"].items() if name}
    found = [f"{name} has no hash" for name, package in packages.items() if "integrity" not in package]
    return found + [f"{name} names an address" for name, package in packages.items() if "resolved" in package]


def main() -> int:
    """Check all pinned files; 1 if one is faulty."""
    checked = [(file, faults) for file in sorted(REQUIREMENTS.glob("*.txt"))]
    checked += [(file, lock_faults) for file in sorted(REQUIREMENTS.glob("*/package-lock.json"))]
    found = [
        f"requirements/{file.relative_to(REQUIREMENTS)}: {fault}"
        for file, check in checked
        for fault in check(file.read_text())
    ]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
