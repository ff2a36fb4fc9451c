"""Diffs as git really writes them, read into files and lines."""

import subprocess
from pathlib import Path

from aniate import unified_diff


def git(folder: Path, *words: str) -> str:
    done = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *words],
        cwd=folder, capture_output=True, check=True, env={"PATH": "/usr/bin:/bin", "HOME": str(folder)},
    )  # fmt: skip
    return done.stdout.decode("utf-8", "surrogateescape")


def a_repository(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "kept.txt").write_text("".join(f"line {number}\n" for number in range(1, 41)))
    (folder / "gone.txt").write_text("one\n--- two\n")
    (folder / "old name.txt").write_text("same\n" * 9)
    (folder / "image.bin").write_bytes(bytes(range(256)))
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "first")


def test_what_git_shows_is_read_back_with_its_lines(tmp_path: Path) -> None:
    a_repository(tmp_path)
    kept = (tmp_path / "kept.txt").read_text().replace("line 3\n", "line three\n+++ more\n")
    (tmp_path / "kept.txt").write_text(kept.removesuffix("\n"))
    (tmp_path / "gone.txt").unlink()
    (tmp_path / "old name.txt").rename(tmp_path / 'näw "name".txt')
    (tmp_path / "image.bin").write_bytes(b"\x00changed")
    (tmp_path / "new.txt").write_text("hello\n")
    git(tmp_path, "add", "-A")
    files = {(each.old, each.new): each for each in unified_diff.read(git(tmp_path, "diff", "--cached", "-M"))}
    assert set(files) == {
        ("kept.txt", "kept.txt"), ("gone.txt", ""), ("old name.txt", 'näw "name".txt'), ("image.bin", "image.bin"),
        ("", "new.txt"),
    }  # fmt: skip
    assert files["image.bin", "image.bin"].binary
    first, last = files["kept.txt", "kept.txt"].hunks
    assert [(number, text) for number, sign, text in first.new_lines() if sign == "+"] == [
        (3, "line three"), (4, "+++ more"),
    ]  # fmt: skip
    assert last.lines[-1].startswith("\\")
    for hunk in (first, last):
        for number, _, text in hunk.new_lines():
            assert kept.split("\n")[number - 1] == text
    assert files["gone.txt", ""].hunks[0].lines == ["-one", "---- two"]


def test_a_plain_diff_without_git_is_read_too() -> None:
    [file] = unified_diff.read("--- a.c\t2026-01-01\n+++ b.c\t2026-01-02\n@@ -1 +1,2 @@ main\n-x\n+y\n+z\n")
    assert (file.old, file.new, file.hunks[0].title) == ("a.c", "b.c", "main")
    assert [text for _, _, text in file.hunks[0].new_lines()] == ["y", "z"]


def test_what_is_no_diff_has_no_files() -> None:
    assert unified_diff.read("hello\n@@ -1 +1 @@\n+++ \n--- \n") == []
    assert unified_diff.read("diff --git a/x b/x\nindex 1..2\n") == []


_DIFF = """diff --git a/x b/x
--- a/x
+++ b/x
@@ -1,3 +1,4 @@ one
 a
-b
+B
+C
 d
@@ -30,2 +31,2 @@ two
-e
+E
 f
\\ No newline at end of file
diff --git a/old b/new
similarity index 90%
rename from old
rename to new
diff --git a/y b/y
--- a/y
+++ b/y
@@ -1 +1 @@
--- what looks like a head
+++ is none
"""


def _seen(files: list[unified_diff.FileDiff]) -> list[tuple[str, int, str]]:
    return [(file.new, number, text) for file in files for hunk in file.hunks for number, _, text in hunk.new_lines()]


def test_parts_hold_what_the_whole_holds() -> None:
    whole = unified_diff.read(_DIFF)
    for most in (*range(1, 200), 1000):
        parts = list(unified_diff.parts(_DIFF.split("\n"), most))
        assert _seen(parts) == _seen(whole)
        assert _lines(parts) == _lines(whole)
        assert sum(file.new == "new" for file in parts) == 1
        assert all(sum(map(len, hunk.lines)) <= most + 40 for file in parts for hunk in file.hunks)
    assert len(parts) == 3


def _lines(files: list[unified_diff.FileDiff]) -> list[str]:
    return [line for file in files for hunk in file.hunks for line in hunk.lines if not line.startswith("\\")]


def test_quotes_that_git_would_never_write_are_read_all_the_same() -> None:
    named = [unified_diff.unquoted(f'"{text}"') for text in ("a\\899", "a\\\u0663\u0663\u0663", "a\\7", "\\303\\251")]
    assert named == ["a99", "a\u0663\u0663", "a", "\u00e9"]
