"""A home and a repository that have what commands need, and a server that answers all of them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import real_git
from ant_process import Home
from ant_stub import Handler, Stub, streams
from brewed_stub import LINES, Commands
from oauth_stub import Logins, session

from aniate.brewed import Brewed
from aniate.brewed_file import as_file

FORMS: dict[str, dict[str, object]] = {
    "review": {"findings": []},
    "shell": {"command": "ls", "does": "Lists what is here.", "touches": ""},
    "commit": {"subject": "Change the application", "body": ""},
    "maker": {
        "name": "words",
        "description": "count words",
        "arguments": [],
        "kind": "script",
        "may": ["runs"],
        "body": "wc -w",
    },
    "fix": {"explanation": "It is.", "diff": "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-other\n+mended\n"},
}
"""What brews answer on whose answers `ant` acts."""
ANSWER = "So:\n\n```sh\nls\n```\n\nor\n\n```sh\nls -l\n```\n"
"""What the others answer."""
_EVIL = """
[core]
 fsmonitor = {0}
 pager = {0}
 sshCommand = {0}
 editor = {0}
 hooksPath = hooks
[include]
 path = {1}
[diff]
 external = {0}
[diff "x"]
 textconv = {0}
[filter "y"]
 clean = {0}
 process = {0}
[alias]
 diff = !{0}
 config = !{0}
 rev-parse = !{0}
[extensions]
 partialClone = origin
[remote "origin"]
 url = ext::{0}
 promisor = true
[color]
 ui = always
"""
_PATTERNS = "[z-a]\n[[:evil:]]\n(?=.*\n!!!\nz" + "*" * 400 + "a\n**/**/**/x\n\x00\n"


def answer_in_form(handler: Handler) -> None:
    """As each brew answers."""
    brew = handler.server.stub.questions[-1].json["brew"]
    streams(json.dumps(FORMS[brew]) if brew in FORMS else ANSWER)(handler)


def keep_a_talk(user: Home, origin: str) -> None:
    """A conversation of this folder, as `ant` keeps it."""
    identity = "0198c2f1" + "ab" * 12
    head = {
        "conversation": identity, "at": 1_790_000_000, "folder": str(user.work), "profile": "default",
        "origin": origin, "assistant": "",
    }  # fmt: skip
    said = {"question": "how do I undo commit 1", "answer": "Revert it.", "at": 1_790_000_000}
    kept = user.folder / ".local" / "state" / "aniate" / "history"
    kept.mkdir(parents=True, mode=0o700)
    (kept.parent / "last-answer").write_text(ANSWER)
    (kept / f"{identity}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in (head, said)))


@dataclass
class Place:
    """A server with all that the calls name, and a home and a repository to copy."""

    stub: Stub
    logins: Logins
    commands: Commands
    template: Path

    def furnish(self, folder: Path) -> Home:
        """A fresh copy of both, and the server as at first."""
        shutil.copytree(self.template, folder, dirs_exist_ok=True)
        self.commands.kept.clear()
        self.commands.put()
        asks = [{"name": "w", "type": "text", "description": ""}]
        self.commands.put(name="asks", kind="template", body="Say {w}", arguments=asks, may=[])
        coder = {"name": "coder", "prompt": "You code.", "model": "default", "summary": ""}
        self.stub.assistants.clear()
        self.stub.assistants["coder"] = {**coder, "version": 1, "updated_at": "2026-11-23T10:00:00Z"}
        self.stub.requests.clear()
        return Home(folder / "home", folder / "work")


def furnish(stub: Stub, folder: Path) -> Place:
    """Make the template in `folder`, and let `stub` answer all."""
    home = Home(folder / "home", folder / "work")
    for each in (home.folder, home.work):
        each.mkdir()
    home.log_in(stub.url)
    repo = real_git.begin(home.work, app__py="text\n", trace__txt="text\n")
    shutil.rmtree(home.work / ".git" / "hooks", ignore_errors=True)
    repo.write("lines.txt", as_file(Brewed(LINES)))
    repo.write("app.py", "other\n")
    repo.git("add", "app.py")
    keep_a_talk(home, stub.url)
    made = Place(stub, Logins(stub), Commands(stub), folder)
    made.logins.sessions = [session(current=True)]
    stub.routes = lambda handler, body: (
        usage(handler) or made.commands.route(handler, body) or made.logins.route(handler, body)
    )
    return made


def usage(handler: Handler) -> bool:
    if handler.path.startswith("/v1/usage"):
        handler.send_json(200, {"usage": [], "limits": []})
        return True
    return False


def spoil(home: Home) -> None:
    """All that a folder can bring along to do harm."""
    work, canary = home.work, home.folder / "canary"
    for name in ("evil", "git", "man", "hooks/pre-commit", "hooks/post-index-change"):
        (work / name).parent.mkdir(exist_ok=True)
        (work / name).write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\ncat\n')
        (work / name).chmod(0o755)
    for name in ("json", "re", "os", "aniate", "sitecustomize"):
        (work / f"{name}.py").write_text(f"open({str(canary)!r}, 'a').write(__file__)\n")
    (work / "more").write_text(f"[core]\n fsmonitor = {work}/evil\n")
    with (work / ".git" / "config").open("a") as file:
        file.write(_EVIL.format(work / "evil", work / "more"))
    (work / ".gitattributes").write_text("* diff=x filter=y\n")
    (work / ".gitignore").write_text(_PATTERNS)
    elsewhere = {"host": "http://127.0.0.1:9", "profile": "x"}
    (work / ".aniate").write_text(json.dumps(elsewhere))
    (work / ".env").write_text(f"ANT_HOST=http://127.0.0.1:9\nANT_TOKEN=x\nEDITOR={work}/evil\n")
    for name in ("a\nb", "\x1b[2J\x1b]0;x\x07", "-rf", "--help", "$(id)", ";id"):
        (work / name).write_text("\x1b[2J\n")
