"""A home and a folder with all that examples name, and a server that answers as each brew does."""

from __future__ import annotations

import subprocess
from pathlib import Path

from ant_process import ANT, Home
from ant_stub import Stub
from brewed_stub import LINES, Commands
from furnished import answer_in_form, keep_a_talk
from oauth_stub import Logins, session

from aniate.agreed import hash_of
from aniate.brewed import Brewed
from aniate.brewed_file import as_file

_DAY = "2026-11-23T10:00:00Z"
ASK_FOR_PEOPLE = {
    "ant login": "a browser",
    "ant login --device": "a code that is typed elsewhere",
    "ant login --profile work --host https://ant.example.com": "another server",
    "ant signup": "a browser",
    "ant brew.chat coder": "a description, from the keyboard",
    "ant edit coder": "an editor",
    "ant delete.chat coder": "a yes",
    "ant sessions end --others": "a yes",
    "ant chat": "somebody to talk to",
    "ant chat coder": "somebody to talk to",
    "ant chat -c": "somebody to talk to",
    "ant history delete --all": "a yes",
    "ant undo": "something to undo, and a yes",
    "ant agree lines": "a yes",
    "ant agree lines --hash 3f6a0c1d9b2e4f58": "a hash of what it is",
    "ant delete.cmd lines": "a yes",
    "ant import cmd_0123456789abcdef0123456789abcdef": "a yes",
}
"""What these need that is not here; that their options are known is seen all the same, by their help."""
REFUSED_HERE = {"ant shell --yes list what listens on port 8000": 2, "ant fix": 2}
"""What is refused where nobody sees what is run, or nothing was recorded; and its exit code."""

PROGRAMS = {"curl": "git diff HEAD"}
"""Programs of the examples that would go out of this machine, or have no place here."""


def furnish(user: Home, stub: Stub, logins: Logins) -> Home:
    """A home and a folder with all that the examples name."""
    work = user.work
    (work / "src").mkdir()
    for name in ("app.py", "test_app.py", "src/main.c", "trace.txt", "notes.txt"):
        (work / name).write_text("text\n")
    (work / "Makefile").write_text("all:\n\t@echo nothing to be done; false\n")
    (work / "gentle.md").write_text("Be gentle.\n")
    (work / "key.txt").write_text("aniate_sk_" + "k" * 43 + "\n")
    (work / "coder.md").write_text("---\nname: coder\nmodel: default\nsummary: s\n---\nYou code.\n")
    (user.folder / ".gitconfig").write_text("[user]\nname = Ada\nemail = ada@example.com\n")
    git(user, "init", "-q", "-b", "main")
    git(user, "add", "-A")
    for number in range(4):
        git(user, "commit", "-q", "--allow-empty", "-m", f"number {number}")
    git(user, "checkout", "-q", "-b", "work")
    (work / "app.py").write_text("other\n")
    git(user, "add", "app.py")
    (user.folder / "zfunctions").mkdir()
    stub.assistants["coder"] = {
        "name": "coder", "prompt": "You code.", "model": "default", "summary": "", "version": 1, "updated_at": _DAY,
    }  # fmt: skip
    named = "0198c2f1-aaaa-7000-8000-000000000001"
    logins.sessions = [session(named), session("0298c2f1-bbbb-7000-8000-000000000002")]
    logins.keys = [{"id": named, "name": "ci", "prefix": "aniate_sk_abcd", "created_at": _DAY}]
    keep_a_talk(user, stub.url)
    commands = Commands(stub)
    commands.put()
    commands.shared["cmd_0123456789abcdef0123456789abcdef"] = {**LINES, "name": "counted"}
    (work / "lines.txt").write_text(as_file(Brewed(commands.kept["lines"])))
    stub.routes = lambda handler, body: commands.route(handler, body) or logins.route(handler, body)
    (work / "old.sh").write_text("wc -l < $1\n")
    stub.reply = answer_in_form
    programs = user.folder / "programs"
    programs.mkdir()
    for name, script in PROGRAMS.items():
        (programs / name).write_text(f"#!/bin/sh\n{script}\n")
        (programs / name).chmod(0o755)
    user.environ |= {
        "PATH": f"{programs}:{Path(ANT[0]).parent}:{user.environ['PATH']}",
        "fpath": str(user.folder / "zfunctions"),
    }
    assert user.run("agree", "lines", "--hash", hash_of(Brewed(commands.kept["lines"]))).code == 0
    return user


def git(user: Home, *words: str) -> None:
    subprocess.run(["git", *words], cwd=user.work, env=user.environ, check=True)


def shell_of(typed: str) -> str:
    """The shell that an example is for."""
    return next((shell for shell in ("zsh", "fish") if f"ant init {shell}" in typed), "bash")
