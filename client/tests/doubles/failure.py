"""A failure for the tests of `ant fix`: the rule that knows it, and the line that it should propose.

Where `said` is None the command is run by bash, in a folder that `setup` made ready, and what it says is real. Else
`said` is what the program says, literally, since it is not on every machine or needs another one.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Failure:
    """One failure. `programs` are all that is on the PATH; empty for what this machine has."""

    rule: str
    command: str
    proposed: str
    said: str | None = None
    code: int = 1
    setup: str = ""
    programs: tuple[str, ...] = ()

    @property
    def needs(self) -> str:
        """The program that must be installed for a real run."""
        return self.command.split()[0]
