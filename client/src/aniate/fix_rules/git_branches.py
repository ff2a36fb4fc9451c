"""git: branches and tags that are not there, or are already."""

from aniate.fix_rules import near
from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.git_names import branches, current, default_branch, remotes
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def _unknown_branch(case: Case) -> "Iterator[Proposal]":
    typed = (
        case.between("pathspec '", "'")
        or case.between("invalid reference: ", "\n")
        or case.between("merge: ", " - not something we can merge")
        or case.between("invalid upstream '", "'")
        or case.between("ambiguous argument '", "'")
        or case.between("branch '", "' not found")
        or case.between("not a valid object name: '", "'")
    )
    if not typed or case.find(typed) is None:
        return
    known = branches(case.failed.folder)
    swapped = {"master": "main", "main": "master"}.get(typed, "")
    names = ([swapped] if swapped in known else []) + near.near(typed, known)
    for name in dict.fromkeys(names):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"There is no branch {typed}, but there is {name}.")
    if case.words[:1] in (["checkout"], ["switch"]) and len(case.words) == 2 and not names:
        option = "-b" if case.words[0] == "checkout" else "-c"
        yield Proposal(case.add(option, 1), f"There is no branch {typed}; this makes it.")


def _exists(case: Case) -> "Iterator[Proposal]":
    name = case.between("branch named '", "'")
    if name:
        yield Proposal(f"git switch {quoted(name)}", f"There is a branch {name} already; this goes to it.")


def _not_merged(case: Case) -> "Iterator[Proposal]":
    for word in case.simple.arguments:
        if word.text in ("-d", "--delete"):
            line = case.swap(word, "-D")
            yield Proposal(line, "The branch has commits that are nowhere else; -D deletes them with it.")


def _checked_out(case: Case) -> "Iterator[Proposal]":
    """The branch that is to go is the one that is worked on."""
    if case.words[:1] != ["branch"]:
        return
    other = default_branch(case.failed.folder)
    if other and other != current(case.failed.folder):
        yield Proposal(case.before(f"git switch {quoted(other)}"), f"One is on that branch; first to {other}.")


def _tag_exists(case: Case) -> "Iterator[Proposal]":
    tag = case.between("tag '", "' already exists")
    if tag and case.words[:1] == ["tag"]:
        yield Proposal(case.add("-f", 1), f"There is a tag {tag}; -f moves it to here.")


def _worktree_exists(case: Case) -> "Iterator[Proposal]":
    place = case.between("already checked out at '", "'") or case.between("already used by worktree at '", "'")
    if place:
        yield Proposal(f"cd {quoted(place)}", "That branch is worked on there already.")


def _remote_exists(case: Case) -> "Iterator[Proposal]":
    word = case.find("add")
    if word is not None and case.words[:2] == ["remote", "add"]:
        yield Proposal(case.swap(word, "set-url"), "That remote is known already; this changes its address.")


def _no_such_remote(case: Case) -> "Iterator[Proposal]":
    typed = case.between("No such remote '", "'") or case.between("No such remote: '", "'")
    typed = typed or case.between("fatal: '", "' does not appear to be a git repository")
    for name in near.near(typed, remotes(case.failed.folder)) if typed else ():
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"There is no remote {typed}, but there is {name}.")


def _refspec(case: Case) -> "Iterator[Proposal]":
    """`git push origin NAME`, where there is no NAME."""
    typed = case.between("src refspec ", " does not match any")
    known = branches(case.failed.folder)
    if not known:
        yield Proposal(case.before("git commit -am 'First commit'"), "There is no commit yet, so nothing to push.")
        return
    swapped = {"master": "main", "main": "master"}.get(typed, "")
    for name in dict.fromkeys(([swapped] if swapped in known else []) + near.near(typed, known)):
        for line in case.swap_text(typed, name):
            yield Proposal(line, f"There is no branch {typed}, but there is {name}.")


RULES = (
    Rule(
        "git_branch_typo", ("git",),
        ("did not match any file", "invalid reference:", "not something we can merge", "invalid upstream '",
         "unknown revision", "' not found", "not a valid object name"), _unknown_branch,
    ),
    Rule("git_branch_exists", ("git",), ("branch named '",), _exists),
    Rule("git_branch_not_merged", ("git",), ("not fully merged",), _not_merged),
    Rule("git_branch_checked_out", ("git",), ("checked out at '", "used by worktree at"), _checked_out),
    Rule("git_worktree_exists", ("git",), ("already checked out at '", "already used by worktree"), _worktree_exists),
    Rule("git_tag_exists", ("git",), ("already exists",), _tag_exists),
    Rule("git_remote_exists", ("git",), ("already exists",), _remote_exists),
    Rule("git_remote_typo", ("git",), ("No such remote", "does not appear to be a git repository"), _no_such_remote),
    Rule("git_push_unknown_branch", ("git",), ("src refspec",), _refspec),
)  # fmt: skip
