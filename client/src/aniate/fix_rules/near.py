"""Names that are close to what was typed: programs, files, words of a list."""

import os

from aniate.suggest import distance

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

COMMON = (
    "ls", "cd", "git", "cat", "grep", "echo", "rm", "cp", "mv", "mkdir", "python3", "python", "pip", "make", "vim",
    "nano", "sudo", "ssh", "docker", "npm", "node", "cargo", "go", "kubectl", "find", "less", "man", "ps", "kill",
    "top", "tail", "head", "sed", "awk", "chmod", "chown", "curl", "wget", "tar", "touch", "apt", "brew", "systemctl",
    "pwd", "export", "source", "history", "exit", "clear", "which", "df", "du", "diff", "sort", "wc", "xargs", "scp",
    "rsync", "tmux", "code", "uv", "pytest", "ant",
)  # fmt: skip
"""The commands that are typed most, in this order: of two that are equally near, the first is meant."""

BUILTINS = (
    "alias", "bg", "cd", "echo", "eval", "exec", "exit", "export", "fg", "history", "jobs", "kill", "popd", "pushd",
    "pwd", "read", "set", "source", "test", "type", "ulimit", "umask", "unalias", "unset", "wait",
)  # fmt: skip


OF_THE_SHELL = frozenset((
    ".", "alias", "bg", "cd", "eval", "exec", "exit", "export", "fg", "popd", "pushd", "set", "source", "ulimit",
    "umask", "unalias", "unset",
))  # fmt: skip
"""What changes the shell that it is typed into, and no other."""


def near(word: str, names: "Iterable[str]", most: int = 3) -> "list[str]":
    """At most so many of `names` that `word` may have been meant to be, nearest first."""
    if not word:
        return []
    limit = 1 if len(word) < 5 else 2 if len(word) < 9 else 3
    letters, lowered = set(word.lower()), word.lower()
    found = []
    for name in names:
        if name == word or abs(len(name) - len(word)) > limit or len(letters ^ set(name.lower())) > 2 * limit:
            continue
        far = distance(lowered, name.lower())
        if far <= limit:
            found.append((far - _same_letters(lowered, name.lower()) / 4, _rank(name), name))
    return [name for _, _, name in sorted(found)][:most]


def _same_letters(left: str, right: str) -> int:
    """How much speaks for a mere slip: the same letters in another order, the same first letter."""
    return (sorted(left) == sorted(right)) + (left[:1] == right[:1])


def _rank(name: str) -> int:
    return COMMON.index(name) if name in COMMON else len(COMMON)


def programs() -> "set[str]":
    """The names on the PATH, and what shells know by themselves."""
    names = set(BUILTINS)
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        names.update(siblings(folder, 20000))
    return names


def installed(program: str) -> bool:
    """Whether there is such a program on the PATH."""
    folders = os.environ.get("PATH", "").split(os.pathsep)
    return any(os.access(os.path.join(folder or ".", program), os.X_OK) for folder in folders)


def path(name: str, folder: str, folders_alone: bool = False) -> "list[str]":
    """Names on disk that a path which is not there may have been meant to be; each of its parts may be wrong."""
    root = "/" if name.startswith("/") else ""
    known, tail = root, [part for part in name.split("/") if part]
    if name.startswith("~/"):
        known, tail = "~/", tail[1:]
    for at, part in enumerate(tail):
        last = at == len(tail) - 1
        if os.path.lexists(_at(folder, known + part)) and not last:
            known += part + "/"
            continue
        found = _siblings(_at(folder, known), part, folders_alone or not last)
        whole = [known + each + "".join("/" + rest for rest in tail[at + 1 :]) for each in found]
        return [each for each in whole if os.path.lexists(_at(folder, each))]
    return []


def _at(folder: str, name: str) -> str:
    return os.path.join(folder, os.path.expanduser(name))


def _siblings(folder: str, name: str, folders_alone: bool) -> "list[str]":
    names = sorted(siblings(folder))
    if folders_alone:
        names = [each for each in names if os.path.isdir(os.path.join(folder, each))]
    longer = [each for each in names if each.rpartition(".")[0] == name and name]  # the ending was left out
    return list(dict.fromkeys(near(name, names) + longer))[:3]


def siblings(folder: str, most: int = 5000) -> "list[str]":
    """The names in a folder; none if it can't be read."""
    try:
        return os.listdir(folder or ".")[:most]
    except OSError:
        return []
