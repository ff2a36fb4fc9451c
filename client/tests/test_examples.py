"""The examples of the help do what they say: each is typed into a real shell, in a folder that has what they name."""

from __future__ import annotations

import subprocess

import pytest
from ant_process import Home
from ant_stub import Stub
from example_folder import ASK_FOR_PEOPLE, REFUSED_HERE, furnish, shell_of
from oauth_stub import Logins

from aniate.table import TABLE

EXAMPLES = [(name, typed) for name, command in TABLE.items() for typed, _ in command.examples]
GONE_BEFORE = {
    'ant brew.chat coder --prompt "You review code. Be strict."': "assistant",
    "ant export coder coder.md": "file",
    "ant brew.cmd --from-file lines.txt --yes": "command",
}
"""What makes something new, and finds it here already."""


@pytest.fixture
def furnished(user: Home, stub: Stub, logins: Logins) -> Home:
    return furnish(user, stub, logins)


@pytest.mark.parametrize(("name", "typed"), EXAMPLES)
def test_an_example_does_what_it_says(name: str, typed: str, furnished: Home, stub: Stub) -> None:
    if GONE_BEFORE.get(typed) == "assistant":
        del stub.assistants["coder"]
    elif GONE_BEFORE.get(typed) == "command":
        del stub.commands["lines"]
    elif typed in GONE_BEFORE:
        (furnished.work / "coder.md").unlink()
    done = subprocess.run(
        [shell_of(typed), "-c", f"{typed} --help" if typed in ASK_FOR_PEOPLE else typed], cwd=furnished.work,
        env=furnished.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == REFUSED_HERE.get(typed, 0), done.stdout + done.stderr
