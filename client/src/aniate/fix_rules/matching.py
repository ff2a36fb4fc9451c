"""Which rules are asked about a failure. Only the rules of the programs in its line are loaded: start-up is a feature."""

import sys

from aniate.fix_rules.command_line import Simple, Word, split
from aniate.fix_rules.rule import Case, Proposal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aniate.failed_command import Failed
    from aniate.fix_rules.rule import Rule

FAMILIES: "dict[str, tuple[str, ...]]" = {}
"""The modules with the rules of one program; what is said of all of them stands in EVERY."""

EVERY = ("spelling",)
"""The modules whose rules are for any program. Asked last, but for what a shell says itself."""

_MOST = 4


def proposals(failed: "Failed") -> "list[Proposal]":
    """What may mend the failure, best first; none if no rule knows it."""
    found: dict[str, Proposal] = {}
    for case, rule in _asked(failed):
        for proposal in rule.propose(case):
            if proposal.command and proposal.command != failed.command and proposal.command not in found:
                proposal.rule = rule.name
                found[proposal.command] = proposal
        if len(found) >= _MOST:
            break
    return list(found.values())[:_MOST]


def _asked(failed: "Failed") -> "Iterator[tuple[Case, Rule]]":
    """Each simple command of the line with each rule that fits it; without a line, the rules that need none."""
    simples = split(failed.command)
    for simple in simples:
        for module in (*FAMILIES.get(simple.program, ()), *EVERY):
            for rule in rules(module):
                if rule.fits(simple.program, failed.output):
                    yield Case(failed, simple), rule
    if not simples and failed.output:
        for module in all_modules():
            for rule in rules(module):
                if rule.anywhere and rule.fits("", failed.output):
                    yield Case(failed, _NOTHING), rule


def rules(module: str) -> "tuple[Rule, ...]":
    """The rules of one module."""
    name = f"aniate.fix_rules.{module}"
    __import__(name)
    found: tuple[Rule, ...] = sys.modules[name].RULES  # each of these modules has it
    return found


def all_modules() -> "list[str]":
    """Every module with rules."""
    named = dict.fromkeys(module for modules in FAMILIES.values() for module in modules)
    return [*named, *(module for module in EVERY if module not in named)]


_NOTHING = Simple()
_NOTHING.words.append(Word("", 0, 0))
