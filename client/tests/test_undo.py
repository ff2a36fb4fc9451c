"""`ant undo` restores what `ant fix` changed, byte for byte, and nothing else, whatever happened in between."""

from __future__ import annotations

import errno
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from ant_process import ANT, Home
from ant_stub import Stub, streams

from aniate.errors import ChangeRefused, StorageFailed
from aniate.mending import journal
from aniate.mending.applying import apply, undoable
from aniate.mending.inside import Inside, State
from aniate.mending.writing import Change

EDITS = (
    "--- a/one.txt\n+++ b/one.txt\n@@ -1 +1 @@\n-one\n+ONE\n"
    "--- /dev/null\n+++ b/deep/er/new.txt\n@@ -0,0 +1 @@\n+new\n"
    "--- a/gone.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-gone\n"
)


@pytest.fixture
def fixed(user: Home, stub: Stub) -> Home:
    """A folder where a fix changed a file, made one in new folders, and deleted one."""
    lay_out(user.work)
    stub.reply = streams(json.dumps({"explanation": "", "diff": EDITS}))
    ran = user.run("fix", "--yes", "one.txt")
    assert ran.code == 0, ran.err
    assert (user.work / "one.txt").read_text() == "ONE\n"
    assert (user.work / "deep" / "er" / "new.txt").read_text() == "new\n"
    assert not (user.work / "gone.txt").exists()
    return user


def lay_out(work: Path) -> None:
    (work / "one.txt").write_text("one\n")
    (work / "gone.txt").write_text("gone\n")
    (work / "gone.txt").chmod(0o640)
    (work / "one.txt").chmod(0o755)
    (work / "untracked.bin").write_bytes(b"\0\xff")


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(folder)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in folder.rglob("*")
    }


def test_all_comes_back_and_nothing_else_is_touched(fixed: Home) -> None:
    (fixed.work / "later.txt").write_text("later\n")
    ran = fixed.run("undo", "--yes", "--json")
    assert json.loads(ran.out) == {
        "folder": str(fixed.work), "restored": ["one.txt", "deep/er/new.txt", "gone.txt"],
    }  # fmt: skip
    (fixed.work / "later.txt").unlink()
    after = tree(fixed.work)
    for path in fixed.work.iterdir():
        path.unlink()
    lay_out(fixed.work)
    assert after == tree(fixed.work)


def test_what_was_changed_since_is_left_alone_until_forced(fixed: Home) -> None:
    (fixed.work / "one.txt").write_text("mine\n")
    before = tree(fixed.work)
    ran = fixed.run("undo", "--yes")
    assert (ran.code, ran.err) == (
        1,
        "ant: one.txt was changed since, so nothing is undone.\n`ant undo --force` restores it all the same.\n",
    )
    assert tree(fixed.work) == before
    assert fixed.run("undo", "--yes", "--force").code == 0
    assert (fixed.work / "one.txt").read_text() == "one\n"
    assert (fixed.work / "gone.txt").exists()


def test_a_changed_mode_counts_as_a_change(fixed: Home) -> None:
    (fixed.work / "one.txt").chmod(0o700)
    assert fixed.run("undo", "--yes").code == 1


def test_a_file_put_where_one_was_deleted_is_left_alone(fixed: Home) -> None:
    (fixed.work / "gone.txt").write_text("mine\n")
    assert "gone.txt was changed since" in fixed.run("undo", "--yes").err
    assert (fixed.work / "gone.txt").read_text() == "mine\n"


def test_a_folder_that_is_used_by_now_stays(fixed: Home) -> None:
    (fixed.work / "deep" / "mine.txt").write_text("mine\n")
    assert fixed.run("undo", "--yes").code == 0
    assert [str(path.relative_to(fixed.work)) for path in (fixed.work / "deep").rglob("*")] == ["deep/mine.txt"]


def test_undos_in_a_row_go_further_back(user: Home, stub: Stub) -> None:
    (user.work / "n.txt").write_text("0\n")
    for number in range(3):
        diff = f"--- a/n.txt\n+++ b/n.txt\n@@ -1 +1 @@\n-{number}\n+{number + 1}\n"
        stub.reply = streams(json.dumps({"explanation": "", "diff": diff}))
        assert user.run("fix", "--yes", "n.txt").code == 0
    assert len(json.loads(user.run("undo", "--list", "--json").out)["undoable"]) == 3
    for number in (2, 1, 0):
        assert user.run("undo", "--yes").code == 0
        assert (user.work / "n.txt").read_text() == f"{number}\n"
    ran = user.run("undo", "--yes")
    assert (ran.code, ran.err.splitlines()[0]) == (1, "ant: There is nothing to undo in this folder.")


def test_another_folders_fix_is_not_undone_but_listed(fixed: Home) -> None:
    elsewhere = fixed.work.parent / "elsewhere"
    elsewhere.mkdir()
    done = subprocess.run([*ANT, "undo", "--yes"], cwd=elsewhere, env=fixed.environ, capture_output=True, check=False)
    assert done.returncode == 1
    assert (fixed.work / "one.txt").read_text() == "ONE\n"
    listed = fixed.run("undo", "--list").out
    assert str(fixed.work) in listed
    assert "one.txt, deep/er/new.txt, gone.txt" in listed


def test_off_a_terminal_undo_wants_a_yes(fixed: Home) -> None:
    ran = fixed.run("undo")
    assert ran.code == 2
    assert "--yes" in ran.err
    assert (fixed.work / "one.txt").read_text() == "ONE\n"


def test_what_is_kept_is_the_users_alone(fixed: Home) -> None:
    kept = fixed.folder / ".local" / "state" / "aniate" / "undo"
    assert kept.stat().st_mode & 0o777 == 0o700
    assert [path.stat().st_mode & 0o777 for path in kept.iterdir()] == [0o600] * len(list(kept.iterdir()))


def test_a_damaged_entry_is_no_bug(fixed: Home) -> None:
    kept = fixed.folder / ".local" / "state" / "aniate" / "undo"
    for number, text in enumerate(["", "[]", '{"files": 1}', "[" * 9000]):
        (kept / f"9{number}.json").write_text(text)
    assert fixed.run("undo", "--yes").code == 0


def test_a_state_folder_that_cant_be_written_is_one_sentence_and_no_change(user: Home, stub: Stub) -> None:
    lay_out(user.work)
    before = tree(user.work)
    (user.folder / ".local").write_text("in the way")
    stub.reply = streams(json.dumps({"explanation": "", "diff": EDITS}))
    ran = user.run("fix", "--yes", "one.txt")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert tree(user.work) == before


CALLS = ("replace", "link", "unlink", "fsync", "mkdir", "rmdir", "fchmod", "write", "ftruncate")


class Trouble:
    """`do` happens in place of call number `at` of those that change the disk, or of none if there are fewer."""

    def __init__(self, patched: pytest.MonkeyPatch, at: int, do: Callable[[], None]) -> None:
        self.left, self._do = at, do
        for name in CALLS:
            patched.setattr(os, name, self._counted(getattr(os, name)))

    def _counted(self, real: Callable[..., object]) -> Callable[..., object]:
        def call(*words: object, **options: object) -> object:
            self.left -= 1
            if self.left == -1:
                self._do()
            return real(*words, **options)

        return call


def three_changes(work: Path) -> list[Change]:
    return [
        Change("one.txt", State(b"one\n", 0o755), State(b"ONE\n", 0o755)),
        Change("deep/er/new.txt", None, State(b"new\n", 0o644)),
        Change("gone.txt", State(b"gone\n", 0o640), None),
        Change("twin.txt", State(b"twin\n", 0o644, True), State(b"TWIN and more\n", 0o644)),
    ]


def killed(at: int, work: Callable[[], None]) -> bool:
    """Do the work in a process that is killed at that call; whether it was."""
    child = os.fork()
    if not child:
        with pytest.MonkeyPatch.context() as patched:
            Trouble(patched, at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to change in this process, and a state folder far from the real one."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (tmp_path / "work").mkdir()
    lay_out(tmp_path / "work")
    (tmp_path / "work" / "twin.txt").write_text("twin\n")
    (tmp_path / "work" / "twin.txt").chmod(0o644)
    os.link(tmp_path / "work" / "twin.txt", tmp_path / "work" / "twin2.txt")
    return tmp_path / "work"


def undo_all(folder: Inside) -> None:
    for undo in undoable(folder.path):
        undo.do(folder, undo.plan(folder, force=False))


def test_a_kill_at_any_moment_can_be_undone(here: Path) -> None:
    before = tree(here)
    folder = Inside(str(here))
    for at in range(100):
        if not killed(at, lambda: apply(folder, three_changes(here), "1", "")):
            break
        undo_all(folder)
        assert tree(here) == before, at
        assert (here / "twin.txt").samefile(here / "twin2.txt")
    assert 15 < at < 99
    changed = tree(here)
    assert changed != before
    for at in range(100):
        if not killed(at, lambda: undo_all(folder)):
            break
        undo_all(folder)
        assert tree(here) == before, at
        apply(folder, three_changes(here), "1", "")
        assert tree(here) == changed
    assert tree(here) == before
    folder.close()


def test_a_full_disk_at_any_moment_leaves_all_as_it_was(here: Path) -> None:
    before = tree(here)
    folder = Inside(str(here))

    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for at in range(100):
        with pytest.MonkeyPatch.context() as patched:
            trouble = Trouble(patched, at, full)
            try:
                apply(folder, three_changes(here), "1", "")
            except StorageFailed as error:
                assert "space" in error.message.lower()
                if "The change is made" in error.message:  # and only the note of it is not
                    undo_all(folder)
            else:
                if trouble.left >= 0:
                    break
                undo_all(folder)  # it was no matter
        assert tree(here) == before, at
    assert 15 < at < 99
    folder.close()


def test_what_is_kept_is_bounded(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "MAX_ENTRIES", 3)
    folder = Inside(str(here))
    for number in range(5):
        old, new = (State(b"one\n" + b"x" * each, 0o755) for each in (number, number + 1))
        apply(folder, [Change("one.txt", old, new)], str(number), "")
    assert [undo.entries[0].session for undo in undoable()] == ["4", "3", "2"]
    monkeypatch.setattr(time, "time", lambda: 10.0**11)
    apply(folder, [Change("one.txt", State(b"one\nxxxxx", 0o755), State(b"", 0o755))], "5", "")
    assert [undo.entries[0].session for undo in undoable()] == ["5"]
    folder.close()


def test_a_file_changed_between_two_rounds_is_not_lost(here: Path) -> None:
    folder = Inside(str(here))
    apply(folder, [Change("one.txt", State(b"one\n", 0o755), State(b"two\n", 0o755))], "1", "")
    (here / "one.txt").write_text("mine\n")
    apply(folder, [Change("one.txt", State(b"mine\n", 0o755), State(b"three\n", 0o755))], "1", "")
    [undo] = undoable(folder.path)
    with pytest.raises(ChangeRefused, match=r"one\.txt was changed since"):
        undo.plan(folder, force=False)
    folder.close()


def test_a_file_changed_while_the_question_stands_is_left_alone(here: Path) -> None:
    folder = Inside(str(here))
    apply(folder, three_changes(here)[:2], "1", "")
    [undo] = undoable(folder.path)
    changes = undo.plan(folder, force=False)
    (here / "one.txt").write_text("mine\n")
    with pytest.raises(ChangeRefused, match=r"one\.txt was changed meanwhile"):
        undo.do(folder, changes)
    assert (here / "one.txt").read_text() == "mine\n"
    assert (here / "deep" / "er" / "new.txt").exists()
    folder.close()
