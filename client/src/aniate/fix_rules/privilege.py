"""Rights that are missing, and sudo used where it can't work."""

import os

from aniate.fix_rules.command_line import quoted
from aniate.fix_rules.near import OF_THE_SHELL, installed
from aniate.fix_rules.rule import Case, Proposal, Rule

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_AS_ROOT = "It lacks the right to do that; sudo runs it as root, which may change the whole system."
_OWN_RIGHTS = (
    "git", "pip", "pip3", "npm", "npx", "yarn", "docker", "ssh", "scp", "sftp", "cargo", "curl", "wget", "python",
    "python3", "node", "ruby", "perl", "pytest", "go", "java", "code", "brew", "uv", "ant",
)  # fmt: skip
"""As root these would leave files that the user can't change; they have rules of their own."""


def _sudo(case: Case) -> "Iterator[Proposal]":
    words = [word.text for word in case.simple.words]
    if "sudo" in words or "doas" in words or case.program in OF_THE_SHELL or case.program in _OWN_RIGHTS:
        return
    if "publickey" in case.output:
        return  # another machine denied it
    if case.code == 126 and "/" in words[case.simple.at]:
        return  # it is the file that may not be executed
    start = case.simple.words[case.simple.at].start
    if case.simple.targets and any(target.text in case.output for target in case.simple.targets):
        yield from _through_tee(case, start)
        return
    yield Proposal(f"{case.line[:start]}sudo {case.line[start:]}", _AS_ROOT)


def _through_tee(case: Case, start: int) -> "Iterator[Proposal]":
    """The shell opens the file itself, and without sudo's rights."""
    sign = case.line[case.simple.end : case.simple.targets[0].start].strip()
    if sign not in (">", ">>") or len(case.simple.targets) > 1:
        return
    target = case.simple.targets[0]
    tee = "sudo tee -a" if sign == ">>" else "sudo tee"
    plain = case.line[start : case.simple.end].removeprefix("sudo ")
    line = (
        f"{case.line[:start]}{plain} | {tee} {case.line[target.start : target.end]} >/dev/null{case.line[target.end :]}"
    )
    yield Proposal(line, "The file is opened without sudo's rights; this writes it as root.")


def _redirected(case: Case) -> "Iterator[Proposal]":
    targets = case.simple.targets
    if case.simple.words[0].text == "sudo" and targets and targets[0].text in case.output:
        yield from _through_tee(case, case.simple.start)


def _sudo_builtin(case: Case) -> "Iterator[Proposal]":
    if case.simple.words[0].text == "sudo" and case.program in OF_THE_SHELL:
        start = case.simple.words[case.simple.at].start
        if case.program == "cd":
            yield Proposal("sudo -s", "`cd` belongs to the shell and not to sudo; this is a shell of root's.")
        else:
            yield Proposal(case.line[: case.simple.start] + case.line[start:], f"`{case.program}` is the shell's own.")


def _without_sudo(case: Case) -> "Iterator[Proposal]":
    if case.simple.words[0].text == "sudo":
        start = case.simple.words[case.simple.at].start
        yield Proposal(case.line[: case.simple.start] + case.line[start:], "This program refuses to run as root.")


def _no_sudo(case: Case) -> "Iterator[Proposal]":
    before = [word.text for word in case.simple.words[: case.simple.at]]
    if before[:1] != ["sudo"] or any(word.startswith(("-u", "--user", "-g", "--group")) for word in before):
        return
    start = case.simple.words[case.simple.at].start
    plain = case.line[: case.simple.start] + case.line[start:]
    if os.geteuid() == 0:
        yield Proposal(plain, "There is no sudo here, and you are root already.")
    else:
        yield Proposal(f"su -c {quoted(plain)}", "There is no sudo here; su asks for the password of root.")


def _interpreter(case: Case) -> "Iterator[Proposal]":
    """`#!/bin/bash\\r`, or an interpreter that is not there."""
    name = case.simple.words[case.simple.at].text
    path = case.path(name)
    first = _first_line(path)
    if first.endswith(b"\r"):
        line = case.before(f"sed -i.bak 's/\\r$//' {quoted(name)}")
        yield Proposal(line, "The file has the line ends of Windows; this takes them out (and keeps the old as .bak).")
    elif first.startswith(b"#!"):
        reader = first[2:].split()[-1].rpartition(b"/")[2].decode("utf-8", "replace")
        reader = {"python": "python3"}.get(reader, reader)
        if reader.isalnum() and installed(reader):
            yield Proposal(case.swap_program(f"{reader} {quoted(name)}"), "What its first line names is not there.")


def _no_shebang(case: Case) -> "Iterator[Proposal]":
    name = case.simple.words[case.simple.at].text
    first = _first_line(case.path(name))
    if "/" in name and first and not first.startswith(b"#!") and b"\0" not in first:
        reader = {"py": "python3", "js": "node", "rb": "ruby", "pl": "perl"}.get(name.rpartition(".")[2], "sh")
        line = case.swap_program(f"{reader} {quoted(name)}")
        yield Proposal(line, f"Its first line does not say what reads it; {reader} does.")


def _first_line(path: str) -> bytes:
    try:
        if not os.path.isfile(path):
            return b""
        with open(path, "rb") as file:
            return file.readline(300).rstrip(b"\n")
    except OSError:
        return b""


_DENIED = (
    "ermission denied", "peration not permitted", "are you root", "must be root", "must be run as root",
    "need to be root", "requires root", "superuser privilege", "only root can", "Only root",
    "Interactive authentication required", "need root", "root privileges", "Authentication is required",
)  # fmt: skip
RULES = (
    Rule("sudo_redirected", (), ("ermission denied",), _redirected),
    Rule("sudo_builtin", (), ("command not found", "not found"), _sudo_builtin),
    Rule("no_sudo_here", (), ("sudo: command not found", "sudo: not found"), _no_sudo),
    Rule("not_as_root", (), ("Running Homebrew as root", "Do not run as root", "not be run as root"), _without_sudo),
    Rule("windows_line_ends", (), ("bad interpreter", "cannot execute: required file", "No such file", "not found"),
         _interpreter),
    Rule("no_shebang", (), ("xec format error", "import: command not found", "syntax error"), _no_shebang),
    Rule("sudo_missing", (), _DENIED, _sudo),
)  # fmt: skip
