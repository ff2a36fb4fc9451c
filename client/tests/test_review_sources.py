"""What `ant review` looks at: the working tree, the index, ranges, branches, patches, files."""

import json
import os
import pty
import shlex
import subprocess
from urllib.parse import unquote

import pytest
from ant_process import ANT, Home
from ant_stub import Stub
from real_git import Repo, begin, finding, finds, judges, shown


def _sent(user: Home, stub: Stub, *words: str, stdin: bytes | None = None) -> dict[str, str]:
    """What went out, by name."""
    stub.reply = finds()
    stub.requests.clear()
    ran = user.run("review", *words, stdin=stdin)
    assert ran.code == 0, ran.err
    return {name: text for question in stub.questions for name, text in shown(question).items()}


@pytest.fixture
def repo(user: Home) -> Repo:
    """One commit on main, two on a branch, one change that is staged and one that is not."""
    made = begin(user.work, a__py="a\n", b__py="b\n", c__py="c\n", d__py="d\n")
    made.git("checkout", "-q", "-b", "topic")
    made.write("a.py", "a2\n")
    made.commit("one")
    made.write("b.py", "b2\n")
    made.commit("two")
    made.write("c.py", "c2\n")
    made.git("add", "c.py")
    made.write("d.py", "d2\n")
    return made


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ([], "cd"), (["--staged"], "c"), (["main..HEAD"], "ab"), (["HEAD~1..HEAD"], "b"), (["HEAD~1"], "bcd"),
        (["main...topic"], "ab"), (["--base", "main"], "ab"), (["--branch"], "ab"), (["main..HEAD", "a.py"], "a"),
        (["c.py"], "c"), (["--staged", "c.py", "d.py"], "c"), (["--branch", "b.py"], "b"), (["."], "cd"),
        (["HEAD", "--", "d.py"], "d"), (["topic"], "cd"), (["--no-stdin"], "cd"),
    ],
)  # fmt: skip
def test_what_is_named_is_what_is_sent(words: list[str], names: str, repo: Repo, user: Home, stub: Stub) -> None:
    assert set(_sent(user, stub, *words)) == {f"{name}.py" for name in names}


def test_a_branch_is_measured_from_where_it_began(repo: Repo, user: Home, stub: Stub) -> None:
    repo.git("stash", "-q")
    repo.git("checkout", "-q", "main")
    repo.write("d.py", "meanwhile\n")
    repo.commit("on main")
    repo.git("checkout", "-q", "topic")
    assert set(_sent(user, stub, "--base", "main")) == {"a.py", "b.py"}
    assert set(_sent(user, stub, "main..HEAD")) == {"a.py", "b.py", "d.py"}


def test_files_that_git_does_not_know_are_told_and_taken_by_word(user: Home, stub: Stub) -> None:
    repo = begin(user.work, a__py="a\n", __gitignore="*.log\n")
    repo.write("new.py", "one\ntwo\n")
    repo.write("noise.log", "x\n")
    repo.write(".env", "SECRET=1\n")
    repo.write("image.bin", b"\x00\x01")
    (user.work / "link").symlink_to("/etc/passwd")
    ran = user.run("review")
    assert (ran.code, stub.questions) == (0, [])
    assert "Left out, since git does not know it: .env, image.bin, link, new.py. With --untracked it goes" in ran.err
    sent = _sent(user, stub, "--untracked")
    assert sent == {"new.py": "new file\n@@\n    1 +one\n    2 +two"}
    assert set(_sent(user, stub, ".")) == {"new.py"}
    ran = user.run("review", "--untracked")
    assert "Left out, since it may hold keys: .env. To review it, name it." in ran.err
    assert "no text that can be read: image.bin, link." in ran.err
    assert set(_sent(user, stub, ".env")) == {".env"}


def test_a_named_file_without_changes_is_read_whole(user: Home, stub: Stub) -> None:
    repo = begin(user.work, a__py="one\ntwo")
    repo.write("new.py", "x\n")
    (user.work / "sub").mkdir()
    assert _sent(user, stub, "a.py", "new.py") == {
        "a.py": "new file\n@@\n    1 +one\n    2 +two", "new.py": "new file\n@@\n    1 +x",
    }  # fmt: skip
    user.work = user.work / "sub"
    assert set(_sent(user, stub, "../a.py")) == {"a.py"}


def test_without_a_repository_files_are_read_whole_and_nothing_else_is(user: Home, stub: Stub) -> None:
    (user.work / "a.py").write_text("x\n")
    assert set(_sent(user, stub, "a.py")) == {"a.py"}
    for words in ([], ["--staged"], ["nosuch.py"], ["--branch", "a.py"]):
        ran = user.run("review", *words)
        assert (ran.code, ran.out) == (1, "")
        assert "ant: This folder is in no git repository." in ran.err


def test_before_the_first_commit_all_is_new(user: Home, stub: Stub) -> None:
    repo = Repo(user.work)
    repo.git("init", "-q")
    repo.write("a.py", "x\n")
    repo.git("add", "a.py")
    for words in ([], ["--staged"]):
        assert _sent(user, stub, *words) == {"a.py": "new file\n@@\n    1 +x"}


def test_new_gone_moved_binary_files_and_submodules(user: Home, stub: Stub) -> None:
    repo = begin(user.work, gone__py="x\n" * 9, old__py="same\n" * 30, image__bin="a\0b")
    (user.work / "gone.py").unlink()
    (user.work / "old.py").rename(user.work / "moved.py")
    repo.write("moved.py", "same\n" * 30 + "more\n")
    repo.write("image.bin", b"\0changed")
    (user.work / "inner").mkdir()
    begin(user.work / "inner", x="1\n")
    repo.git("add", "-A")
    stub.reply = finds()
    ran = user.run("review", "--staged")
    sent = {name: text for question in stub.questions for name, text in shown(question).items()}
    assert set(sent) == {"moved.py", "inner"}
    assert sent["moved.py"].startswith("was old.py\n@@")
    assert sent["moved.py"].endswith("\n   31 +more")
    assert "Not reviewed, since it is no text that can be read: image.bin." in ran.err
    assert "Not reviewed, since it is deleted: gone.py." in ran.err


def test_a_patch_is_read_from_a_pipe(user: Home, stub: Stub) -> None:
    patch = b"From: ada\n\n--- a/x.c\n+++ b/x.c\n@@ -7,2 +7,2 @@ main\n same\n-old\n+new\n-- \n2.39\n"
    for words in ([], ["-"]):
        assert _sent(user, stub, *words, stdin=patch) == {"x.c": "@@ main\n    7  same\n      -old\n    8 +new"}
    ran = user.run("review", stdin=b"hello\n")
    assert (ran.code, ran.out) == (1, "")
    assert "ant: Standard input is no patch." in ran.err
    ran = user.run("review", "--fail-on", "low", stdin=b"")
    assert (ran.code, ran.out) == (0, "")
    assert "There is nothing to review" in ran.err


def test_what_a_hook_is_given_on_standard_input_is_no_patch(repo: Repo, user: Home, stub: Stub) -> None:
    refs = b"refs/heads/topic 0123 refs/heads/topic 4567\n"
    assert set(_sent(user, stub, "--base", "main", stdin=refs)) == {"a.py", "b.py"}


def test_a_hook_sees_the_index_that_git_gives_it(user: Home, stub: Stub) -> None:
    repo = begin(user.work, a__py="a\n", b__py="b\n")
    repo.write("a.py", "a2\n")
    repo.write("b.py", "b2\n")
    repo.git("add", "b.py")
    hook = repo.write(".git/hooks/pre-commit", f"#!/bin/sh\nexec {shlex.join(ANT)} review --staged\n")
    hook.chmod(0o755)
    stub.reply = finds()
    repo.git("commit", "-q", "-m", "only a", "a.py", HOME=str(user.folder))
    assert set(shown(stub.questions[0])) == {"a.py"}  # of a partial commit, git makes an index of its own


_NAMES = (
    "with space", "new\nline.py", 'quo"te.py', "ünïcode.py", "-leading", "--help", "tab\t.py", "a/b", "back\\slash",
    "esc\x1b[31m.py", "star*.py", ":(top)x", "HEAD", "\u202e.py", "b/b", "\x7f", "a: b%",
)  # fmt: skip


def test_files_of_any_name_are_found_and_shown_harmlessly(user: Home, stub: Stub) -> None:
    repo = begin(user.work, first="x\n")
    for name in _NAMES:
        repo.write(name, f"bad {name!r}\n")
    repo.git("add", "-A")
    stub.reply = judges(lambda texts: {"findings": [finding(name, 1, "Bad.") for name in texts]})
    for words in (["--staged", "--json"], ["--json", "--", *(f"./{name}" for name in _NAMES)]):
        ran = user.run("review", *words)
        assert ran.code == 0, ran.err
        found = {each["file"]: (each["line"], each["code"]) for each in json.loads(ran.out)["findings"]}
        assert found == {name: (1, f"bad {name!r}") for name in _NAMES}
    shown_to_people = user.run("review", "--staged").out
    assert not {"\x1b", "\u202e", "\x7f", "\t"} & set(shown_to_people)
    assert shown_to_people.count("\n") == 4 * len(_NAMES) + 1
    places = json.loads(user.run("review", "--staged", "--sarif").out)["runs"][0]["results"]
    uris = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in places]
    assert {unquote(uri).removeprefix("./") for uri in uris} == set(_NAMES)
    assert all(uri.isascii() and ":" not in uri and " " not in uri for uri in uris)


def test_a_name_is_no_pattern(user: Home, stub: Stub) -> None:
    repo = begin(user.work, first="x\n")
    for name in ("a*.py", "ab.py", "[a]b.py"):
        repo.write(name, "x\n")
    repo.git("add", "-A")
    assert set(_sent(user, stub, "--staged", "a*.py")) == {"a*.py"}
    assert set(_sent(user, stub, "[a]b.py")) == {"[a]b.py"}


def test_a_pattern_that_the_shell_left_stands_for_the_files_that_fit(user: Home, stub: Stub) -> None:
    repo = begin(user.work, first="x\n")
    for name in ("src/a.py", "src/b.py", "src/c.txt"):
        repo.write(name, "x\n")
    repo.git("add", "-A")
    assert set(_sent(user, stub, "src/*.py")) == {"src/a.py", "src/b.py"}
    assert "There is no file and no revision src/*.rs." in user.run("review", "src/*.rs").err


def test_from_a_folder_below_the_whole_tree_is_reviewed(repo: Repo, user: Home, stub: Stub) -> None:
    (user.work / "sub").mkdir()
    repo.write("new.py", "x\n")
    repo.git("config", "diff.relative", "true")
    user.work = user.work / "sub"
    assert set(_sent(user, stub)) == {"c.py", "d.py"}
    assert set(_sent(user, stub, "--untracked")) == {"c.py", "d.py", "new.py"}
    assert set(_sent(user, stub, "../c.py")) == {"c.py"}


def test_a_patch_too_large_for_where_it_is_put_aside_is_said(user: Home, stub: Stub) -> None:
    patch = user.folder / "patch"
    patch.write_text("--- a/x\n+++ b/x\n@@ -0,0 +1,99999 @@\n" + "+some text of a line\n" * 99999)
    line = f"ulimit -f 1; exec {shlex.join(ANT)} review < {shlex.quote(str(patch))}"
    done = subprocess.run(["sh", "-c", line], cwd=user.work, env=user.environ, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"ant: The changes can't be put aside: file too large.\n$TMPDIR says where.\n"


def test_names_that_are_no_utf8_do_not_break_it(user: Home, stub: Stub) -> None:
    repo = begin(user.work, first="x\n")
    (user.work / os.fsdecode(b"b\xff.py")).write_bytes(b"caf\xe9\n")
    repo.git("add", "-A")
    stub.reply = judges(lambda texts: {"findings": [finding(next(iter(texts)), 1)]})
    assert '"b?.py"' in user.run("review", "--staged", "--json").out
    assert "b%FF.py" in user.run("review", "--staged", "--sarif").out


def test_on_a_terminal_nothing_is_waited_for(repo: Repo, user: Home, stub: Stub) -> None:
    stub.reply = finds()
    ours, theirs = pty.openpty()
    process = user.start("review", stdin=theirs)
    out, _ = process.communicate(timeout=20)
    os.close(ours)
    os.close(theirs)
    assert (process.returncode, out) == (0, b"Nothing was found.\n")
