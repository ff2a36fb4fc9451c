"""Which rules are asked about a failure. Only those of the programs in its line are loaded: start-up is a feature."""

import sys

from aniate.fix_rules.command_line import Simple, Word, split
from aniate.fix_rules.rule import Case, Proposal
from aniate.safe_text import clean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from aniate.failed_command import Failed
    from aniate.fix_rules.rule import Rule

_GIT = ("git_words", "git_branches", "git_changes", "git_remotes")
FAMILIES = {
    "git": (*_GIT, "network", "services"),
    **dict.fromkeys(("pip", "pip3", "python", "python3", "py", "uv", "activate"), ("python_tools", "build_tools")),
    **dict.fromkeys(("pytest", "ipython", "flask", "uvicorn", "gunicorn", "source", "."), ("python_tools",)),
    **dict.fromkeys(
        ("make", "gmake", "gcc", "cc", "clang", "g++", "c++", "clang++", "tcc", "cmake", "ninja"), ("build_tools",)
    ),
    **dict.fromkeys(("cargo", "go", "java", "javac"), ("build_tools",)),
    **dict.fromkeys(("npm", "yarn", "pnpm", "bun", "node", "nodejs", "npx"), ("javascript",)),
    **dict.fromkeys(("docker", "docker-compose", "podman", "kubectl", "oc", "k", "terraform", "tofu"), ("containers",)),
    **dict.fromkeys(("apt", "apt-get", "aptitude", "dpkg", "brew", "dnf", "yum", "pacman"), ("packages",)),
    **dict.fromkeys(("ssh", "scp", "ssh-add", "ssh-copy-id", "curl", "wget", "gh", "rsync"), ("network",)),
    **dict.fromkeys(
        ("systemctl", "service", "kill", "psql", "createdb", "dropdb", "pg_dump", "pg_restore", "tmux"), ("services",)
    ),
    **dict.fromkeys(("crontab", "visudo"), ("services",)),
    **dict.fromkeys(
        ("grep", "egrep", "zgrep", "rg", "ggrep", "find", "sed", "tar", "unzip", "gzip", "bzip2"), ("text_tools",)
    ),
    **dict.fromkeys(("xz", "zip", "man", "diff", "head", "tail", "jq"), ("text_tools",)),
}
"""The modules with the rules of each program."""

EVERY = ("files", "packages", "spelling", "options", "network", "python_tools", "privilege")
"""The modules whose rules are for any program, asked behind its own. Each is loaded only if one of SIGNS was said."""

SIGNS = {
    "options": ("option", "flag", "argument", "unknown predicate"),
    "network": ("in use", "EADDRINUSE", "HOST IDENTIFICATION", "Host key", "too open", "allocated", "Only one usage"),
    "python_tools": ("No module named", "ModuleNotFoundError"),
    "packages": ("not found", "nknown command"),
}
"""What must be said for a module to be of use to a program that is not its own; no entry means: always."""

_MOST = 4


def proposals(failed: "Failed") -> "list[Proposal]":
    """What may mend the failure, best first; none if no rule knows it."""
    found: dict[str, Proposal] = {}
    for case, rule in _asked(failed):
        for proposal in rule.propose(case):
            if _is_new(proposal.command, failed, found):
                proposal.rule = rule.name
                found[proposal.command] = proposal
        if len(found) >= _MOST:
            break
    return list(found.values())[:_MOST]


def _is_new(command: str, failed: "Failed", found: "dict[str, Proposal]") -> bool:
    """Whether a proposal is one: another line than the one that failed, and such that what is shown is what is run."""
    return bool(command) and command != failed.command and command not in found and clean(command) == command


def _asked(failed: "Failed") -> "Iterator[tuple[Case, Rule]]":
    """Each simple command of the line with each rule that fits it; without a line, the rules that need none."""
    simples = split(failed.command)
    for simple in simples:
        for module in _modules(simple.program, failed):
            for rule in rules(module):
                if rule.fits(simple.program, failed.output):
                    yield Case(failed, simple), rule
    if not simples and failed.output:
        for module in all_modules():
            for rule in rules(module):
                if rule.anywhere and rule.was_said(failed.output):
                    yield Case(failed, _NOTHING), rule


def _modules(program: str, failed: "Failed") -> "list[str]":
    own = FAMILIES.get(program, ())
    every = [module for module in EVERY if module not in own and _is_of_use(module, failed)]
    return [*own, *every]


def _is_of_use(module: str, failed: "Failed") -> bool:
    signs = SIGNS.get(module)
    if signs is None or (module == "packages" and failed.code == 127):
        return True
    return any(sign in failed.output for sign in signs)


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
