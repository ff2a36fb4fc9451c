"""git: pushing and pulling."""

from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.git_names import current
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def _upstream(case: Case) -> "Iterator[Proposal]":
    branch = case.between("The current branch ", " has no upstream branch") or current(case.failed.folder)
    remote = case.between("git push --set-upstream ", " ") or "origin"
    if case.words[:1] == ["push"] and branch:
        line = case.add(f"--set-upstream {quoted(remote)} {quoted(branch)}", 1)
        yield Proposal(line, f"{branch} has no branch at {remote} to go with; this makes one.")


def _rejected(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["push"]:
        line = f"git pull --rebase && {case.line}"
        yield Proposal(line, "The remote has commits that are not here; they are fetched, and yours put behind them.")


def _tracking(case: Case) -> "Iterator[Proposal]":
    branch = current(case.failed.folder)
    if case.words[:1] == ["pull"] and branch:
        line = f"git branch --set-upstream-to={quoted('origin/' + branch)} && {case.line}"
        yield Proposal(line, f"{branch} does not know where to pull from; this says origin/{branch}.")


def _diverged(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["pull"]:
        yield Proposal(case.add("--rebase", 1), "Both sides have new commits; this puts yours behind theirs.")
        yield Proposal(case.add("--no-rebase", 1), "This merges both.")


def _unrelated(case: Case) -> "Iterator[Proposal]":
    line = case.add("--allow-unrelated-histories", 1)
    yield Proposal(line, "The two have no commit in common; this merges them all the same.")


def _no_remote(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] in (["push"], ["pull"], ["fetch"]):
        yield Proposal("git remote -v", "No remote is known for this; this shows those that are.")


def _submodules(case: Case) -> "Iterator[Proposal]":
    line = case.before("git submodule update --init --recursive")
    yield Proposal(line, "A submodule is not there yet; this fetches it.")


RULES = (
    Rule("git_push_upstream", ("git",), ("has no upstream branch",), _upstream),
    Rule("git_push_rejected", ("git",), ("[rejected]", "fetch first", "non-fast-forward"), _rejected),
    Rule("git_pull_tracking", ("git",), ("no tracking information",), _tracking),
    Rule(
        "git_pull_diverged",
        ("git",),
        ("how to reconcile divergent branches", "Not possible to fast-forward"),
        _diverged,
    ),
    Rule("git_unrelated", ("git",), ("refusing to merge unrelated histories",), _unrelated),
    Rule("git_no_remote", ("git",), ("No configured push destination", "No remote repository specified"), _no_remote),
    Rule("git_submodules", ("git",), ("git submodule update --init",), _submodules),
)
