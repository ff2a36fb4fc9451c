"""The cookbook's lines do what they say: each is typed into a real shell, from top to bottom, in one folder."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from aniate_server.cli import parser
from contract.console_blocks import ROOT, commands_of, words_of

sys.path.insert(0, str(ROOT / "client" / "tests" / "doubles"))  # what the client's tests share

from ant_process import Home
from ant_stub import Server, Stub
from example_folder import ASK_FOR_PEOPLE, REFUSED_HERE, furnish, shell_of
from oauth_stub import Logins

COOKBOOK = (ROOT / "docs" / "cookbook.md").read_text()
RECIPES = [recipe.partition("\n") for recipe in COOKBOOK.split("\n## ")[1:]]
FOR_PEOPLE = {
    *ASK_FOR_PEOPLE,
    "ant signup --host http://127.0.0.1:8484",
}
"""What needs somebody who answers; that its options are known is seen by its help."""
NOT_HERE = {"ssh": "echo shop: out of memory", "curl": "git diff HEAD"}
"""Programs that would leave this machine, and what stands in for them."""
SEEN_AFTERWARDS = {
    "git commit": ("git log -1 --format=%s", "Change the application\n"),
    "ant commit > message.txt": ("cat message.txt", "Change the application\n"),
    "ant shell count the lines of all python files > line.sh": ("cat line.sh", "ls\n"),
    "ant copy 2 > list.sh": ("cat list.sh", "ls -l\n"),
    "ant config set history off": ("ant config get history", "off\n"),
    "ant config unset history": ("ant config get history", "on\n"),
}
"""Where a line's work can be looked at: by what, and what that shows."""


@pytest.fixture(scope="module")
def furnished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home and a folder with all that the cookbook names."""
    folder = tmp_path_factory.mktemp("cookbook")
    for name in ("home", "work"):
        (folder / name).mkdir()
    stub = Stub()
    with Server(stub):
        home = Home(folder / "home", folder / "work")
        home.log_in(stub.url)
        home.environ["GIT_EDITOR"] = "true"
        furnish(home, stub, Logins(stub))
        answered = stub.routes
        stub.routes = lambda handler, body: usage(handler) or answered(handler, body)
        for name, script in NOT_HERE.items():
            (home.folder / "programs" / name).write_text(f"#!/bin/sh\n{script}\n")
            (home.folder / "programs" / name).chmod(0o755)
        yield home
        home.close()


def usage(handler: object) -> bool:
    """What was used, as the server tells it; whether that was asked."""
    asked = str(getattr(handler, "path", ""))
    if not asked.startswith("/v1/usage"):
        return False
    row = {
        "day": "2026-11-23", "model": "fast", "brew": "ask", "requests": 1, "input_tokens": 3, "output_tokens": 5,
        "cost_micro_usd": 7,
    }  # fmt: skip
    handler.send_json(200, {"usage": [row], "limits": []})  # type: ignore[attr-defined]  # the stub's handler
    return True


@pytest.mark.parametrize(("title", "recipe"), [(title, text) for title, _, text in RECIPES])
def test_a_recipe_does_what_it_says(title: str, recipe: str, furnished: Home) -> None:
    typed_lines = commands_of(recipe)
    assert typed_lines, "a recipe without a line to type"
    for typed in typed_lines:
        if "aniate-server" in typed:
            parser().parse_args(next(words[1:] for words in words_of(typed) if words[0] == "aniate-server"))
            continue
        assert_ran(typed, furnished)


def assert_ran(typed: str, home: Home) -> None:
    """Type it, and look at what it did."""
    done = run(in_a_shell(typed), home)
    assert done.returncode == REFUSED_HERE.get(typed, 0), f"{typed}\n{done.stdout}{done.stderr}"
    if typed in SEEN_AFTERWARDS:
        looked, seen = SEEN_AFTERWARDS[typed]
        assert run(["sh", "-c", looked], home).stdout == seen


def run(argv: list[str], home: Home) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, cwd=home.work, env=home.environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip


def in_a_shell(typed: str) -> list[str]:
    """The line in its shell; where `ant` stands at the beginning of a pipe, its failure counts."""
    shell = shell_of(typed)
    strict = ["-o", "pipefail"] if shell == "bash" and not typed.startswith("make") else []
    return [shell, *strict, "-c", f"{typed} --help" if typed in FOR_PEOPLE else typed]


def test_the_list_at_the_top_names_each_recipe() -> None:
    anchors = re.findall(r"\]\(#([^)]+)\)", COOKBOOK.partition("\n## ")[0])
    titles = [re.sub(r"[^a-z0-9 -]", "", title.lower()).replace(" ", "-") for title, _, _ in RECIPES]
    assert sorted(anchors) == sorted(titles)
