"""Diffs as models write them, good, sloppy and hostile, and what `ant fix` makes of each on the disk."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from ant_process import Home, Ran
from ant_stub import Stub, streams
from hypothesis import given, settings
from hypothesis import strategies as st

from aniate.mending.applying import apply, undoable
from aniate.mending.inside import Inside, State
from aniate.mending.proposal import propose
from aniate.mending.unified import unified
from aniate.mending.writing import Change

BEFORE = "import os\n\n\ndef greet(name):\n    text = 'hello ' + nam\n    return text\n\n\ndef leave():\n    return 1\n"
AFTER = BEFORE.replace("+ nam\n", "+ name\n")
HEAD = "--- a/app.py\n+++ b/app.py\n"
BODY = " def greet(name):\n-    text = 'hello ' + nam\n+    text = 'hello ' + name\n     return text\n"
SLOPPY = {
    "as git writes it": HEAD + "@@ -4,3 +4,3 @@ def greet\n" + BODY,
    "with a fence and words around it": f"Here you are:\n```diff\n{HEAD}@@ -4,3 +4,3 @@\n{BODY}```\nThat mends it.\n",
    "without a fence, words behind it": HEAD + "@@ -4,3 +4,3 @@\n" + BODY + "\nThat mends it.\nReally.\nIt does.\n",
    "with wrong counts": HEAD + "@@ -4,9 +4,17 @@\n" + BODY,
    "with wrong line numbers": HEAD + "@@ -104,3 +190,3 @@\n" + BODY,
    "with no numbers at all": HEAD + "@@ ... @@\n" + BODY,
    "with bare marks": HEAD + "@@\n" + BODY,
    "with no head of a hunk": HEAD + BODY,
    "without prefixes": "--- app.py\n+++ app.py\n@@ -4,3 +4,3 @@\n" + BODY,
    "with times": "--- app.py\t2026-01-01 00:00:00\n+++ app.py\t2026-01-02\n@@ -4,3 +4,3 @@\n" + BODY,
    "with Windows' newlines": (HEAD + "@@ -4,3 +4,3 @@\n" + BODY).replace("\n", "\r\n"),
    "with no name of a file": "@@ -4,3 +4,3 @@\n" + BODY,
    "with a folder before the name": (HEAD + "@@ -4,3 +4,3 @@\n" + BODY).replace("/app", "/project/app"),
    "with git's head": "diff --git a/app.py b/app.py\nindex 1..2 100644\n" + HEAD + "@@ -4,3 +4,3 @@\n" + BODY,
    "with blanks lost before the context": HEAD + "@@ -4,3 +4,3 @@\n" + BODY.replace(" def", "def"),
    "with other indentation": HEAD + "@@ -4,3 +4,3 @@\n" + BODY.replace("    ", "  "),
    "with context that is not there": HEAD + "@@ -4,4 +4,4 @@\n # greets\n" + BODY + " # end\n",
    "with blanks at the ends of lines": HEAD + "@@ -4,3 +4,3 @@\n" + BODY.replace("return text\n", "return text   \n"),
    "with a mail's signature": HEAD + "@@ -4,3 +4,3 @@\n" + BODY + "-- \n2.39.5\n",
    "with two hunks, one of nothing": HEAD + "@@ -1 +1 @@\n import os\n@@ -4,3 +4,3 @@\n" + BODY,
}


def fixed(user: Home, stub: Stub, diff: str, *words: str, name: str = "app.py") -> Ran:
    """Apply `diff` without a question."""
    stub.reply = streams(json.dumps({"explanation": "", "diff": diff}))
    return user.run("fix", "--yes", "--json", *words, name)


@pytest.mark.parametrize("how", SLOPPY)
def test_a_diff_finds_its_place(how: str, user: Home, stub: Stub) -> None:
    (user.work / "app.py").write_text(BEFORE)
    ran = fixed(user, stub, SLOPPY[how])
    assert ran.code == 0, ran.err
    assert (user.work / "app.py").read_text() == AFTER


REFUSED = {
    "fits at 2 places": ("x = 1\n\nx = 1\n", HEAD + "@@ @@\n-x = 1\n+x = 2\n"),
    "has no place": ("y = 1\n", HEAD + "@@ -1 +1 @@\n-x = 1\n+x = 2\n"),
    "indentation of part 1": ("  a\n      b\n", HEAD + "@@ -1,2 +1,2 @@\n-a\n-b\n+a\n+c\n"),
    "can't be seen": ("x = 1\n", HEAD + "@@ -1 +1 @@\n-x = 1\n+x = 2 # \u202e\n"),
    "letters that can't": ("x = 1\n", HEAD + "@@ -1 +1 @@\n-x = 1\n+print('\x1b]52;c;eA==\x07')\n"),
    "exists already": ("x = 1\n", "--- /dev/null\n+++ b/app.py\n@@ -0,0 +1 @@\n+y\n"),
    "holds more": ("x = 1\ny = 2\n", "--- a/app.py\n+++ /dev/null\n@@ -1 +0,0 @@\n-x = 1\n"),
    "the same lines": ("x = 1\n", HEAD + "@@ -1 +1 @@\n-x = 1\n+x = 2\n@@ -1 +1 @@\n-x = 1\n+x = 3\n"),
    "would lose bytes": ("x = 1\n", HEAD + "@@ -1 +1 @@\n-x = 1\n+x = '\ufffd'\n"),
    "is not written as a diff": ("x\n", "Replace x\nby y.\n"),
    "would rename": ("x\n", "diff --git a/app.py b/b.py\nrename from app.py\nrename to b.py\n"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_change_that_is_not_certain_is_refused(why: str, user: Home, stub: Stub) -> None:
    before, diff = REFUSED[why]
    (user.work / "app.py").write_text(before)
    ran = fixed(user, stub, diff, "--rounds", "1")
    assert (ran.code, ran.out) == (1, "")
    assert why in json.loads(ran.err)["error"]["message"]
    assert (user.work / "app.py").read_text() == before


def new(path: str) -> str:
    return f"--- /dev/null\n+++ b/{path}\n@@ -0,0 +1 @@\n+evil\n"


def edit(path: str) -> str:
    return f"--- a/{path}\n+++ b/{path}\n@@ -1 +1 @@\n-good\n+evil\n"


HOSTILE = {
    "outside of the folder": [
        new("../outside.txt"), new("a/../../outside.txt"), new("/tmp/outside-of-it.txt"), edit("../outside.txt"),
        edit("../../etc/passwd"), edit("/etc/passwd"), edit("a/b/../../../outside.txt"), new("a\\..\\b"),
    ],
    "belongs to git": [new(".git/hooks/pre-commit"), new("sub/.GIT/config"), new(".git./config"), edit(".git/config")],
    "leads out of the folder": [edit("out"), new("dangling")],
    "through a link": [new("linked/new.txt"), edit("linked/outside.txt"), new("app.py/x")],
    "is hidden": [new(".bashrc"), new(".github/workflows/x.yml"), edit(".env")],
    "can't be shown": ['--- /dev/null\n+++ "b/a\\nb"\n@@ -0,0 +1 @@\n+evil\n', new("a\u202eb"), new("a\x9bb")],
    "not a regular file": [edit("pipe"), edit("sub")],
    "not a text file": [edit("binary")],
    "There is no file": [edit("nosuch.py")],
}  # fmt: skip
"""By the reason for which they are refused."""


def tree(folder: Path) -> dict[str, tuple[int, object]]:
    """All below a folder: modes, contents, links."""
    found: dict[str, tuple[int, object]] = {}
    for path in sorted(folder.rglob("*")):
        held: object = None
        if path.is_symlink():
            held = str(path.readlink())
        elif path.is_file():
            held = path.read_bytes()
        found[str(path.relative_to(folder))] = (path.lstat().st_mode, held)
    return found


def test_no_name_leads_out_of_the_folder_nor_into_git(user: Home, stub: Stub) -> None:
    outside = user.work.parent / "outside"
    outside.mkdir()
    for folder in (user.work / "sub", user.work / ".git"):
        folder.mkdir()
    for path in (outside / "outside.txt", user.work.parent / "outside.txt", user.work / ".env"):
        path.write_text("good\n")
    (user.work / ".git" / "config").write_text("good\n")
    (user.work / "app.py").write_text("x\n")
    (user.work / "binary").write_bytes(b"good\n\0")
    (user.work / "linked").symlink_to(outside)
    (user.work / "out").symlink_to(outside / "outside.txt")
    (user.work / "dangling").symlink_to(outside / "nothing")
    os.mkfifo(user.work / "pipe")
    before = tree(user.work.parent)
    home = str(user.folder.relative_to(user.work.parent))
    for why, diff in [(why, diff) for why, diffs in HOSTILE.items() for diff in diffs]:
        ran = fixed(user, stub, diff, "--rounds", "1")
        assert (ran.code, ran.out) == (1, ""), diff
        assert why in json.loads(ran.err)["error"]["message"], (diff, ran.err)
        assert "\x1b" not in ran.err
        after = {name: held for name, held in tree(user.work.parent).items() if not name.startswith(home)}
        assert after == {name: held for name, held in before.items() if not name.startswith(home)}, diff
    assert not Path("/tmp/outside-of-it.txt").exists()


def test_a_link_within_the_folder_stays_one_and_so_do_hard_links(user: Home, stub: Stub) -> None:
    (user.work / "real.py").write_text(BEFORE)
    (user.work / "app.py").symlink_to("real.py")
    os.link(user.work / "real.py", user.work / "twin.py")
    (user.work / "real.py").chmod(0o750)
    assert fixed(user, stub, SLOPPY["as git writes it"]).code == 0
    assert (user.work / "app.py").is_symlink()
    assert (user.work / "twin.py").read_text() == AFTER
    assert (user.work / "real.py").samefile(user.work / "twin.py")
    assert stat.S_IMODE((user.work / "real.py").stat().st_mode) == 0o750
    assert user.run("undo", "--yes").code == 0
    assert (user.work / "twin.py").read_text() == BEFORE
    assert (user.work / "real.py").samefile(user.work / "twin.py")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\r\nbad\r\nc\r\n", b"a\r\ngood\r\nmore\r\nc\r\n"),
        (b"a\nbad", b"a\ngood\nmore"),
        (b"a\r\nbad\nc", b"a\r\ngood\nmore\nc"),
        (b"\xef\xbb\xbfbad\n", b"\xef\xbb\xbfgood\nmore\n"),
        (b"caf\xe9\nbad\n\xff\xfe", b"caf\xe9\ngood\nmore\n\xff\xfe"),
    ],
)
def test_newlines_their_lack_and_other_encodings_are_kept(before: bytes, after: bytes, user: Home, stub: Stub) -> None:
    (user.work / "app.py").write_bytes(before)
    assert fixed(user, stub, HEAD + "@@ -2 +2,2 @@\n-bad\n+good\n+more\n").code == 0
    assert (user.work / "app.py").read_bytes() == after
    assert user.run("undo", "--yes").code == 0
    assert (user.work / "app.py").read_bytes() == before


def test_bytes_that_no_model_can_see_survive_in_the_line_that_changes(user: Home, stub: Stub) -> None:
    (user.work / "app.py").write_bytes(b"x = 'caf\xe9 \xa9'; y = 1\n")
    assert fixed(user, stub, HEAD + "@@ @@\n-x = 'caf\ufffd \ufffd'; y = 1\n+x = 'caf\ufffd \ufffd'; y = 2\n").code == 0
    assert stub.questions[0].json["context"][0]["text"] == "x = 'caf\ufffd \ufffd'; y = 1\n"
    assert (user.work / "app.py").read_bytes() == b"x = 'caf\xe9 \xa9'; y = 2\n"


SECRET = "aniate_sk_" + "s" * 43


def test_a_secret_that_was_covered_stays_in_the_file_and_out_of_the_request(user: Home, stub: Stub) -> None:
    (user.work / "app.py").write_text(f"key = '{SECRET}'\nx = 1\nold('{SECRET}', 1)\n")
    diff = HEAD + "@@ @@\n key = 'aniate_sk_…'\n-x = 1\n-old('aniate_sk_…', 1)\n+x = 2\n+new('aniate_sk_…', 2)\n"
    assert fixed(user, stub, diff).code == 0
    assert SECRET not in stub.questions[0].body.decode()
    assert (user.work / "app.py").read_text() == f"key = '{SECRET}'\nx = 2\nnew('{SECRET}', 2)\n"


def test_a_secret_is_never_replaced_by_its_cover(user: Home, stub: Stub) -> None:
    before = f"key = '{SECRET}'\nx = 1\n"
    (user.work / "app.py").write_text(before)
    ran = fixed(user, stub, HEAD + "@@ @@\n-x = 1\n+x = 'aniate_sk_…'\n", "--rounds", "1")
    assert ran.code == 1
    assert "a secret, which the model was not shown" in ran.err
    assert (user.work / "app.py").read_text() == before


@pytest.fixture(scope="module", autouse=True)
def state(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What can be undone in this process lies far from the real home."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield


TEXT = st.lists(
    st.sampled_from(["", "a", "b", "  a", "\tb", "-- x", "++ y", "é", "@@ -1 +1 @@", "--- a/x", "\x0c"]), max_size=12
)


def laid_out(rows: list[str], ending: str, bare: bool, latin: bool) -> bytes:
    text = ending.join(rows) + ("" if bare or not rows else ending)
    return text.encode("latin-1" if latin else "utf-8")


@settings(max_examples=60, deadline=None)
@given(
    old=TEXT,
    new=TEXT,
    ending=st.sampled_from(["\n", "\r\n"]),
    bare=st.tuples(st.booleans(), st.booleans()),
    latin=st.booleans(),
)
def test_a_change_made_and_undone_leaves_each_byte(
    old: list[str],
    new: list[str],
    ending: str,
    bare: tuple[bool, bool],
    latin: bool,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("undone")
    work = folder / "work"
    work.mkdir()
    before, after = laid_out(old, ending, bare[0], latin), laid_out(new, ending, bare[1], latin)
    (work / "app.py").write_bytes(before)
    (work / "untracked").write_bytes(b"\0")
    (work / "app.py").chmod(0o751)
    kept = tree(work)
    inside = Inside(str(work))
    try:
        changes = [
            Change("app.py", State(before, 0o751), State(after, 0o751)),
            Change("n/x", None, State(after, 0o644)),
        ]
        apply(inside, changes, "1", "")
        assert (work / "app.py").read_bytes() == (work / "n" / "x").read_bytes() == after
        [undo] = undoable(inside.path)
        undo.do(inside, undo.plan(inside, force=False))
    finally:
        inside.close()
    assert tree(work) == kept
    assert undoable(str(work)) == []


@settings(max_examples=60, deadline=None)
@given(old=TEXT, new=TEXT, bare=st.tuples(st.booleans(), st.booleans()))
def test_a_diff_that_is_right_is_read_to_the_letter(
    old: list[str], new: list[str], bare: tuple[bool, bool], tmp_path_factory: pytest.TempPathFactory
) -> None:
    before, after = laid_out(old, "\n", bare[0], False), laid_out(new, "\n", bare[1], False)
    work = tmp_path_factory.mktemp("read")
    (work / "app.py").write_bytes(before)
    diff = unified(Change("app.py", State(before, 0o644), State(after, 0o644)))
    inside = Inside(str(work))
    try:
        made = [change.after.data for change in propose(diff, inside, {}).changes if change.after]
    finally:
        inside.close()
    assert made == ([after] if before != after else [])


def test_git_takes_our_diffs(tmp_path: Path) -> None:
    work = tmp_path
    pairs = {
        "a.py": ("a\nb\nc", "a\nB\nc\n"),
        "with blank.py": ("x\n", "y\n"),
        "new.py": (None, "n\n"),
        "gone.py": ("g\n", None),
        "empty.py": (None, ""),
    }
    changes = []
    for name, (before, after) in pairs.items():
        if before is not None:
            (work / name).write_text(before)
        states = [None if text is None else State(text.encode(), 0o644) for text in (before, after)]
        changes.append(Change(name, *states))
    diff = "".join(unified(change) for change in changes)
    subprocess.run(["git", "apply"], input=diff.encode(), cwd=work, check=True)
    assert {path.name: path.read_text() for path in work.iterdir()} == {
        name: after for name, (_, after) in pairs.items() if after is not None
    }
