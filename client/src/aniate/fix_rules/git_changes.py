"""git: changes that are in the way, or not there."""

from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def _stash_first(case: Case) -> "Iterator[Proposal]":
    line = f"git stash && {case.line} && git stash pop"
    yield Proposal(line, "Changes that are not committed are in the way; they are put aside and brought back.")


def _untracked(case: Case) -> "Iterator[Proposal]":
    line = f"git stash --include-untracked && {case.line}"
    yield Proposal(line, "New files are in the way; they are put aside, and `git stash pop` brings them back.")


def _rebase_dirty(case: Case) -> "Iterator[Proposal]":
    words = case.words
    if words[:1] == ["rebase"] or (words[:1] == ["pull"] and ("--rebase" in words or "rebase" in case.output)):
        line = case.add("--autostash", 1)
        yield Proposal(line, "Changes that are not committed are in the way; they are put aside and brought back.")
    yield from _stash_first(case)


def _nothing_added(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] != ["commit"]:
        return
    if "no changes added to commit" in case.output:
        yield Proposal(case.add("-a", 1), "Nothing was added; -a takes all changes of files that git knows.")
    line = case.before("git add -A")
    yield Proposal(line, "Nothing was added; this takes all that is new or changed.")


def _ignored(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["add"]:
        yield Proposal(case.add("-f", 1), "The file is ignored by .gitignore; -f adds it all the same.")


def _rm_folder(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["rm"]:
        yield Proposal(case.add("-r", 1), "It is a folder; -r goes through it.")


def _rm_changed(case: Case) -> "Iterator[Proposal]":
    if case.words[:1] == ["rm"]:
        yield Proposal(case.add("--cached", 1), "The file has changes; --cached takes it from git and leaves it here.")
        yield Proposal(case.add("-f", 1), "-f deletes it with its changes.")


def _in_progress(case: Case) -> "Iterator[Proposal]":
    """A merge, rebase, cherry-pick or revert that waits for an end."""
    for word, sign in (
        ("rebase", "rebase"), ("cherry-pick", "cherry-pick"), ("revert", "revert"), ("merge", "MERGE_HEAD exists"),
        ("merge", "unfinished merge"), ("merge", "unmerged files"), ("am", "git am --continue"),
    ):  # fmt: skip
        if sign in case.output:
            if "unmerged" in case.output or "conflict" in case.output:
                yield Proposal("git status", "Conflicts are not resolved yet; this shows in which files.")
            else:
                yield Proposal(f"git {word} --continue", f"A {word} has begun; this ends it.")
            yield Proposal(f"git {word} --abort", f"This gives the {word} up, and goes back to before it.")
            return


def _locked(case: Case) -> "Iterator[Proposal]":
    path = case.between("Unable to create '", "': File exists")
    if path.endswith(".lock"):
        line = case.before(f"rm -f {quoted(path)}")
        yield Proposal(line, "A git that ended badly left its lock. Only if no other git runs here.")


def _who_are_you(case: Case) -> "Iterator[Proposal]":
    from os import environ

    user = environ.get("USER") or environ.get("LOGNAME") or "me"
    line = f"git config user.name {quoted(user)} && git config user.email {quoted(user + '@localhost')}"
    yield Proposal(
        case.before(line), "git does not know who commits. Edit the name and the address first.", "is a guess"
    )


def _no_commit_yet(_: Case) -> "Iterator[Proposal]":
    line = "git add -A && git commit -m 'First commit'"
    yield Proposal(line, "There is no commit yet; this makes the first, of all that is here.")


def _empty_amend(case: Case) -> "Iterator[Proposal]":
    yield Proposal(
        case.add("--allow-empty", 1), "The commit would change nothing; --allow-empty makes it all the same."
    )


RULES = (
    Rule("git_rebase_dirty", ("git",), ("cannot rebase", "cannot pull with rebase", "Cannot rebase"), _rebase_dirty),
    Rule(
        "git_stash_first", ("git",),
        ("local changes to the following files would be overwritten", "commit your changes or stash them"),
        _stash_first,
    ),
    Rule("git_untracked_in_the_way", ("git",), ("untracked working tree files would be",), _untracked),
    Rule(
        "git_nothing_added", ("git",),
        ("no changes added to commit", "nothing added to commit"), _nothing_added,
    ),
    Rule("git_add_ignored", ("git",), ("ignored by one of your .gitignore",), _ignored),
    Rule("git_rm_folder", ("git",), ("not removing",), _rm_folder),
    Rule("git_rm_changed", ("git",), ("has local modifications", "has changes staged", "has staged content"),
         _rm_changed),
    Rule(
        "git_in_progress", ("git",),
        ("rebase in progress", "already a rebase", "cherry-pick in progress", "cherry-pick is already in progress",
         "revert is already in progress", "MERGE_HEAD exists", "unfinished merge", "unmerged files",
         "git am --continue"), _in_progress,
    ),
    Rule("git_locked", ("git",), ("index.lock': File exists", ".lock': File exists"), _locked),
    Rule("git_who_are_you", ("git",), ("Please tell me who you are", "empty ident name"), _who_are_you),
    Rule("git_no_commit_yet", ("git",), ("does not have any commits yet", "bad default revision 'HEAD'"),
         _no_commit_yet),
    Rule("git_empty_amend", ("git",), ("would make it empty",), _empty_amend),
)  # fmt: skip
