"""What `--dry-run` shows is what is sent without it, to the byte; and it sends nothing."""

from __future__ import annotations

import json

import pytest
import real_git
from ant_process import Home
from ant_stub import Stub
from brewed_stub import Commands
from furnished import answer_in_form, keep_a_talk

CALLS = (
    "ask é",
    "ask -c more",
    "ask --model smart hi",
    "what app.py why",
    "what --short .",
    "review",
    "review --staged --json",
    "review --sarif",
    "commit",
    "commit --yes fixes it",
    "net hi",
    "shell list",
    "fix app.py",
    "fix -- false",
    "run coder hi",
    "brew.cmd count",
    "brew.cmd --yes count",
    "cmd asks é",
)


@pytest.mark.parametrize("call", CALLS)
def test_what_is_shown_is_what_is_sent(call: str, user: Home, stub: Stub, commands: Commands) -> None:
    name, *words = call.split()
    stub.reply = answer_in_form
    commands.put(name="asks", kind="template", body="Say {w}", may=[], arguments=[{"name": "w", "type": "text"}])
    repo = real_git.begin(user.work, app__py="text\n")
    repo.write("app.py", "a\x1b[2J\u202e\xa0\n")
    repo.git("add", "app.py")
    keep_a_talk(user, stub.url)
    shown = user.run(name, "--dry-run", *words, stdin=b"piped\xff\n" if name in ("ask", "what", "shell") else None)
    assert shown.code == 0, shown.err
    assert [request.path for request in stub.requests] == (["/v1/commands/asks"] if name == "cmd" else [])
    user.run(name, *words, stdin=b"piped\xff\n" if name in ("ask", "what", "shell") else None)
    question, *later = stub.questions
    assert not later or name == "fix"
    assert json.dumps(json.loads(shown.out)["body"], ensure_ascii=False).encode() == question.body


def test_of_a_large_review_each_request_is_shown(user: Home, stub: Stub) -> None:
    stub.reply = real_git.finds()
    repo = real_git.begin(user.work, a__txt="x\n")
    for name in ("a.txt", "b.txt", "c.txt"):
        repo.write(name, "".join(f"line {number} of {name}\n" for number in range(4000)))
    repo.git("add", "-A")
    process = user.start("review", "--staged", "--dry-run")
    out, _ = process.communicate()
    assert (process.returncode, stub.requests) == (0, [])
    assert user.run("review", "--staged").code == 0
    assert len(stub.questions) > 2
    sent = [{"method": "POST", "url": f"{stub.url}/v1/chat", "body": each.json} for each in stub.questions]
    assert out.decode() == "".join(json.dumps(each, indent=2) + "\n" for each in sent)
