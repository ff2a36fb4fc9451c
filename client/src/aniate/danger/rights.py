"""Permissions given away to everybody, or to whole trees of files."""

import re

from aniate.danger.matching import given, without_options
from aniate.danger.words import is_known, plain

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_OPEN_TO_ALL = re.compile(r"(?:^|,)(?:d:|default:)?o(?:ther)?::?[rx-]*w")
_WIDE = ("/", "/*", "~", ".", "..", "./", "../")


def reasons(name: str, words: "Sequence[str]") -> "list[str]":
    """Why `chmod`, `chown` or `chgrp` with these words is dangerous, each to be read after the program's name."""
    if name == "setfacl":
        opens = any(_OPEN_TO_ALL.search(plain(word)) for word in words)
        return ["lets everybody change files"] if opens else []
    if name not in ("chmod", "chown", "chgrp"):
        return []
    recursive = given(words, "-R") or given(words, "--recursive")
    if name != "chmod":
        return ["-R changes the owner of many files"] if recursive else []
    modes = [plain(word) for word in words if word.startswith("-") and _is_mode(word[1:])]
    rest = [word for word in without_options(words) if word not in modes]
    mode = modes[0] if modes else (plain(rest[0]) if rest else "")
    if rest and not modes and not is_known(rest[0]):
        return ["sets permissions that are only known when it runs"]
    return _of_mode(mode, recursive, [plain(word) for word in (rest if modes else rest[1:])])


def _is_mode(text: str) -> bool:
    return bool(text) and all(letter in "rwxXst" for letter in text)


def _of_mode(mode: str, recursive: bool, targets: "Sequence[str]") -> "list[str]":
    found = []
    if _opens(mode):
        found.append("lets everybody change files")
    if mode.isdigit():
        if len(mode) > 3 and mode[-4] in "24567":  # the digit before those of user, group and others
            found.append("lets a program run with its owner's rights")
        if recursive:
            found.append("-R sets the same permissions for many files")
    elif "s" in mode.partition("+")[2]:
        found.append("lets a program run with its owner's rights")
    if recursive and ("-" in mode or "=" in mode or any(target in _WIDE or (target.count("/") == 1 and target[0] == "/")
                                                       for target in targets)):  # fmt: skip
        found.append("-R changes many files' permissions")
    return found


def _opens(mode: str) -> bool:
    """Whether everybody else may write by then."""
    if mode.isdigit():
        return int(mode[-1]) & 2 != 0
    for clause in mode.split(","):
        for sign in "+=":
            who, found, what = clause.partition(sign)
            if found and "w" in what and ("o" in who or "a" in who):
                return True
    return False
