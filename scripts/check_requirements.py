"""Pinned requirement files: every package by version and hash, no index, no address."""

from __future__ import annotations

import re
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).resolve().parent.parent / "requirements"


def faults(text: str) -> list[str]:
    """What is wrong with one pinned file, a sentence each."""
    logical = [
        line for line in re.sub(r"\\\n\s*", " ", text).splitlines() if line and not line.lstrip().startswith("#")
    ]
    found = [
        f"{line.split()[0]} is not pinned by version and hash"
        for line in logical
        if "==" not in line or "--hash=sha256:" not in line
    ]
    if re.search(r"https?://|--(extra-)?index-url|--find-links|^-[if] ", text, re.MULTILINE):
        found.append("it names an address")
    return found


def main() -> int:
    """Check all pinned files; 1 if one is faulty."""
    found = [
        f"requirements/{file.name}: {fault}"
        for file in sorted(REQUIREMENTS.glob("*.txt"))
        for fault in faults(file.read_text())
    ]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
