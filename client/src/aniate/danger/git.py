"""What `git` is told to destroy: history, other people's work, and what was not committed."""

import os

from aniate.danger.matching import given
from aniate.danger.words import GLOBS, is_known

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_WITH_VALUE = ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path", "--config-env", "--super-prefix")
_WORK = "throws away work that is not committed"
_OTHERS = "changes what others have pushed"
_HISTORY = "throws away history"
_BRANCH = "deletes a branch, merged or not"

OPTIONS = {
    "push": {"-f": _OTHERS, "--force": _OTHERS, "--force-with-lease": _OTHERS, "--force-if-includes": _OTHERS,
             "--mirror": _OTHERS, "-d": _OTHERS, "--delete": _OTHERS, "--prune": _OTHERS},
    "reset": {"--hard": _WORK, "--merge": _WORK, "--keep": _WORK},
    "clean": {"-f": "deletes files", "--force": "deletes files"},
    "checkout": {"-f": _WORK, "--force": _WORK, "--": _WORK, "-B": _HISTORY, "--ours": _WORK, "--theirs": _WORK},
    "switch": {"-f": _WORK, "--force": _WORK, "--discard-changes": _WORK, "-C": _HISTORY, "--force-create": _HISTORY},
    "branch": {"-D": _BRANCH, "-d": "deletes a branch", "--delete": "deletes a branch", "-M": _HISTORY,
               "-f": _HISTORY, "-C": _HISTORY, "--force": _HISTORY},
    "tag": {"-d": "deletes a tag", "--delete": "deletes a tag", "-f": "moves a tag", "--force": "moves a tag"},
    "gc": {"--prune": _HISTORY},
    "worktree": {"-f": _WORK, "--force": _WORK},
    "fetch": {"-f": _HISTORY, "--force": _HISTORY},
    "pull": {"-f": _HISTORY, "--force": _HISTORY},
    "mv": {"-f": "moves over files", "--force": "moves over files"},
    "update-ref": {"-d": _HISTORY, "--stdin": _HISTORY},
    "symbolic-ref": {"-d": _HISTORY, "--delete": _HISTORY},
    "submodule": {"deinit": _WORK, "-f": _WORK, "--force": _WORK},
    "checkout-index": {"-f": _WORK, "--force": _WORK},
    "read-tree": {"--reset": _WORK, "-u": _WORK},
    "rebase": {"--exec": "runs a program", "-x": "runs a program"},
    "difftool": {"-x": "runs a program", "--extcmd": "runs a program"},
    "grep": {"-O": "runs a program", "--open-files-in-pager": "runs a program"},
    "lfs": {"prune": _HISTORY},
    "stash": {"drop": "throws away a stash", "clear": "throws away all stashes"},
    "reflog": {"expire": _HISTORY, "delete": _HISTORY},
    "remote": {"remove": "forgets a remote", "rm": "forgets a remote", "prune": _HISTORY},
    "replace": {"-d": _HISTORY},
    "notes": {"remove": _HISTORY, "prune": _HISTORY},
}  # fmt: skip
"""By subcommand: the options and words that destroy."""

ALWAYS = {
    "filter-branch": _HISTORY, "filter-repo": _HISTORY, "rm": "deletes files", "prune": _HISTORY,
    "restore": _WORK, "fast-import": _HISTORY, "bisect run": "runs a program",
    "submodule foreach": "runs a program",
}  # fmt: skip
"""Subcommands that destroy whatever they are told."""

NOT_WITH = {
    "rm": ("--cached", "-n", "--dry-run"),
    "clean": ("-n", "--dry-run"),
    "push": ("-n", "--dry-run"),
    "prune": ("-n", "--dry-run"),
    "restore": ("--staged", "-S"),
}
"""What makes a subcommand harmless. `restore --staged --worktree` is not."""


def reasons(words: "Sequence[str]", folders: "Sequence[str]") -> "list[str]":
    """Why `git WORDS…` is dangerous in one of the folders, if it is."""
    found: list[str] = []
    rest = list(words)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in _WITH_VALUE and rest:
            del rest[0]
    if not rest:
        return found
    sub, rest = rest[0], rest[1:]
    if not is_known(sub):
        return [*found, "what git is told to do can't be read"]
    if rest[:1] == ["--help"] or any(given(rest, option) for option in NOT_WITH.get(sub, ())):
        harmless = sub != "restore" or not (given(rest, "--worktree") or given(rest, "-W"))
        return found if harmless else [*found, f"git {sub} {ALWAYS[sub]}"]
    return found + _by_subcommand(sub, rest, folders)


def _by_subcommand(sub: str, rest: "list[str]", folders: "Sequence[str]") -> "list[str]":
    reason = ALWAYS.get(sub) or ALWAYS.get(" ".join([sub, *rest[:1]]))
    found = [f"git {sub} {reason}"] if reason else []
    for option, why in OPTIONS.get(sub, {}).items():
        letters = _LETTERS_WITH_VALUE.get(sub, "")
        if given(rest, option, letters) if option.startswith("-") else rest[:1] == [option]:
            found.append(f"git {sub} {option} {why}")
    plain = [word for word in rest if not word.startswith("-")]
    if sub == "push" and any(word.startswith(("+", ":")) for word in plain):
        found.append(f"git push {_OTHERS}")
    if sub == "checkout" and (
        (len(plain) > 1 and not given(rest, "-b")) or any(_is_path(word, folders) for word in plain)
    ):
        found.append(f"git checkout {_WORK}")
    if sub in ("config", "remote") and any("!" in word for word in plain):
        found.append(f"git {sub} sets a program to be run")
    return found


def _is_path(word: str, folders: "Sequence[str]") -> bool:
    if any(os.path.exists(os.path.join(folder, word)) for folder in folders if is_known(folder + word)):
        return True
    return word in (".", "..") or word.startswith(("./", "../", ":/", ":(", "*", GLOBS[0]))


_LETTERS_WITH_VALUE = {"push": "o", "commit": "mFCct", "branch": "u", "tag": "mFu", "clean": "e", "checkout": "bB"}
