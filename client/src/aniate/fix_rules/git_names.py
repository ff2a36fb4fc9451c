"""The branches and remotes of a repository, read from its files: git itself would take longer to start."""

import os


def _git_folder(folder: str) -> str:
    """Where the repository around `folder` keeps its names; empty if there is none."""
    if not folder:
        return ""
    at = os.path.abspath(folder)
    while True:
        place = os.path.join(at, ".git")
        if os.path.isdir(place):
            return place
        if os.path.isfile(place):  # a worktree: its names lie with the first one's
            inner = _text(place).partition("gitdir:")[2].strip()
            common = _text(os.path.join(at, inner, "commondir")).strip()
            return os.path.normpath(os.path.join(at, inner, common))
        above = os.path.dirname(at)
        if above == at:
            return ""
        at = above


def branches(folder: str) -> "list[str]":
    """All branches of this repository, then those that are known of remotes."""
    place = _git_folder(folder)
    if not place:
        return []
    heads = _below(os.path.join(place, "refs", "heads"))
    others = _below(os.path.join(place, "refs", "remotes"))
    for line in _text(os.path.join(place, "packed-refs")).splitlines():
        name = line.partition(" ")[2]
        if name.startswith("refs/heads/"):
            heads.append(name.removeprefix("refs/heads/"))
        elif name.startswith("refs/remotes/"):
            others.append(name.removeprefix("refs/remotes/"))
    own = [name.partition("/")[2] for name in others]
    return list(dict.fromkeys([*sorted(heads), *sorted(own), *sorted(others)]))


def current(folder: str) -> str:
    """The branch that is worked on; empty where there is none."""
    head = _text(os.path.join(_git_folder(folder), "HEAD")).strip()
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else ""


def default_branch(folder: str) -> str:
    """`main`, or what it is called here."""
    known = branches(folder)
    here = current(folder)
    usual = ("main", "master", "trunk", "develop")
    names: list[str] = [name for name in usual if name in known and name != here]
    return next(iter(names or [name for name in known if name != here]), "")


def remotes(folder: str) -> "list[str]":
    """The names of the remotes."""
    config = _text(os.path.join(_git_folder(folder), "config"))
    return [part.partition('"]')[0] for part in config.split('[remote "')[1:]]


def _below(folder: str) -> "list[str]":
    """The files below a folder, by their paths from it."""
    found = []
    for root, _, files in os.walk(folder):
        found += [os.path.relpath(os.path.join(root, name), folder) for name in files if name != "HEAD"]
    return found


def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read(1024 * 1024)
    except OSError:
        return ""
