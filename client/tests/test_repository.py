"""A hostile repository starts nothing: what git would run by its settings is not run for `ant review`."""

import os
import signal
import subprocess
import time

import pytest
from ant_process import Home
from ant_stub import Stub
from real_git import Repo, begin, finds, shown


@pytest.fixture
def trap(user: Home) -> str:
    """A program that leaves a trace, and is not to be run."""
    path = user.folder / "trap"
    path.write_text(f"#!/bin/sh\necho \"$0 $*\" >> '{user.folder}/sprung'\ncat\nexit 0\n")
    path.chmod(0o755)
    return str(path)


def _sprung(user: Home) -> str:
    path = user.folder / "sprung"
    text = path.read_text() if path.exists() else ""
    path.unlink(missing_ok=True)
    return text


def _reviewed(user: Home, stub: Stub, *words: str, **environ: str) -> dict[str, str]:
    stub.reply = finds()
    stub.requests.clear()
    user.environ.update(environ)
    ran = user.run("review", *words)
    assert ran.code == 0, ran.err
    return {name: text for question in stub.questions for name, text in shown(question).items()}


_SETTINGS = {
    "core.fsmonitor": "{trap}",
    "core.pager": "{trap}",
    "pager.diff": "{trap}",
    "diff.external": "{trap}",
    "diff.x.command": "{trap}",
    "diff.x.textconv": "{trap}",
    "filter.x.clean": "{trap}",
    "filter.x.process": "{trap}",
    "filter.x.required": "true",
    "filter.a.b.clean": "{trap}",
    "core.sshCommand": "{trap}",
    "core.askPass": "{trap}",
    "core.editor": "{trap}",
    "interactive.diffFilter": "{trap}",
    "core.hooksPath": "{hooks}",
    "diff.noprefix": "true",
    "diff.mnemonicPrefix": "true",
    "color.ui": "always",
    "color.diff": "always",
    "diff.wordRegex": ".",
    "diff.context": "0",
    "diff.relative": "true",
    "diff.submodule": "diff",
    "diff.orderFile": "nosuch",
    "diff.srcPrefix": "evil/",
    "core.quotePath": "false",
    "alias.diff": "!{trap}",
    "alias.rev-parse": "!{trap}",
}  # fmt: skip


def _hostile(user: Home, repo: Repo, trap: str) -> None:
    hooks = user.folder / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-index-change", "fsmonitor-watchman", "pre-commit", "reference-transaction"):
        for folder in (hooks, repo.folder / ".git" / "hooks"):
            (folder / name).write_text(f"#!/bin/sh\nexec '{trap}' {name}\n")
            (folder / name).chmod(0o755)
    for key, value in _SETTINGS.items():
        repo.git("config", key, value.format(trap=trap, hooks=hooks))
    repo.write(".git/info/attributes", '* diff=x filter=x\nb.py filter="a.b c"\n')


@pytest.mark.parametrize("words", [[], ["--staged"], ["HEAD~1..HEAD"], ["--base", "old"], ["a.py"], ["--untracked"]])
def test_no_setting_of_a_repository_starts_a_program_or_bends_the_diff(
    words: list[str], user: Home, stub: Stub, trap: str
) -> None:
    repo = begin(user.work, a__py="a\n", b__py="b\n")
    repo.git("branch", "old")
    repo.write("a.py", "a2\n")
    repo.commit()
    repo.write("a.py", "a3\n")
    repo.git("add", "a.py")
    repo.write("b.py", "b2\n")
    repo.write("new.py", "n\n")
    _hostile(user, repo, trap)
    os.utime(user.work / "a.py", (1, 1))  # what only seems changed makes git refresh its index
    sent = _reviewed(user, stub, *words)
    assert "\n    1 +a" in sent["a.py"]
    assert set(sent) <= {"a.py", "b.py", "new.py"}
    assert _sprung(user) == ""


def test_git_itself_would_have_started_them(user: Home, trap: str) -> None:
    repo = begin(user.work, a__py="a\n")
    _hostile(user, repo, trap)
    repo.write("a.py", "a2\n")
    subprocess.run(["git", "diff", "HEAD"], cwd=user.work, env=user.environ, capture_output=True, check=False)
    traces = _sprung(user).splitlines()
    assert len({trace.partition(" ")[2] for trace in traces}) > 1, traces


def test_a_filter_that_cant_be_turned_off_is_refused(user: Home, stub: Stub, trap: str) -> None:
    repo = begin(user.work, a__py="a\n")
    repo.git("config", "filter.a=b.clean", trap)
    repo.write(".git/info/attributes", "* filter=a=b\n")
    repo.write("a.py", "a2\n")
    ran = user.run("review")
    assert (ran.code, ran.out) == (1, "")
    assert "ant: The repository's filter a=b can't be turned off, so nothing is read." in ran.err
    assert _sprung(user) == ""


def test_settings_that_are_included_count_as_the_repositorys(user: Home, stub: Stub, trap: str) -> None:
    repo = begin(user.work, a__py="a\n")
    repo.write(".git/more", f'[filter "y"]\n\tclean = {trap}\n')
    repo.git("config", "include.path", "more")
    repo.write(".git/info/attributes", "* filter=y\n")
    repo.write("a.py", "a2\n")
    assert set(_reviewed(user, stub)) == {"a.py"}
    assert _sprung(user) == ""


def test_a_submodule_is_no_way_in(user: Home, stub: Stub, trap: str) -> None:
    repo = begin(user.work, a__py="a\n")
    (user.work / "inner").mkdir()
    inner = begin(user.work / "inner", x="1\n")
    repo.commit()
    inner.git("config", "core.fsmonitor", trap)
    inner.git("config", "diff.external", trap)
    inner.write("x", "2\n")
    repo.write("a.py", "a2\n")
    assert set(_reviewed(user, stub)) == {"a.py"}
    subprocess.run(
        ["git", "-c", "core.fsmonitor=", "commit", "-qam", "x"], cwd=inner.folder, env=user.environ, check=True
    )
    repo.git("config", "diff.submodule", "diff")
    _sprung(user)
    assert "+Subproject commit " in _reviewed(user, stub)["inner"]
    assert _sprung(user) == ""


def test_what_a_partial_clone_lacks_is_not_fetched(user: Home, stub: Stub, trap: str) -> None:
    repo = begin(user.work, a__py="a\n")
    blob = repo.git("rev-parse", "HEAD:a.py")
    repo.write("a.py", "a2\n")
    path = user.work / ".git" / "objects" / blob[:2] / blob[2:]
    path.chmod(0o644)
    path.unlink()
    for key, value in {
        "extensions.partialClone": "origin", "core.repositoryFormatVersion": "1", "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{trap} %S", "protocol.ext.allow": "always",
    }.items():  # fmt: skip
        repo.git("config", key, value)
    ran = user.run("review")
    assert (ran.code, ran.out) == (1, "")
    assert "ant: git can't tell:" in ran.err
    assert _sprung(user) == ""


def test_variables_that_bend_a_diff_are_not_heeded(user: Home, stub: Stub, trap: str) -> None:
    begin(user.work, a__py="a\n").write("a.py", "a2\n")
    environ = {
        "GIT_EXTERNAL_DIFF": trap, "GIT_PAGER": trap, "GIT_DIFF_OPTS": "-u0", "GIT_TRACE": "1", "GIT_TRACE2": "1",
        "GIT_ICASE_PATHSPECS": "1", "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de",
    }  # fmt: skip
    assert set(_reviewed(user, stub, **environ)) == {"a.py"}
    assert _sprung(user) == ""


def test_a_repository_of_somebody_else_is_not_read(user: Home, stub: Stub) -> None:
    begin(user.work, a__py="a\n").write("a.py", "a2\n")
    ran = user.run("review", GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert (ran.code, ran.out, stub.questions) == (1, "", [])
    assert "ant: This repository belongs to somebody else, so git does not read it." in ran.err


def test_without_git_it_is_said(user: Home, stub: Stub, tmp_path: os.PathLike[str]) -> None:
    ran = user.run("review", PATH=str(tmp_path))
    assert (ran.code, ran.out) == (1, "")
    assert "ant: git is not installed, or not in $PATH." in ran.err


def test_the_index_is_left_as_it_was(user: Home, stub: Stub) -> None:
    begin(user.work, a__py="a\n", b__py="b\n").write("a.py", "a2\n")
    os.utime(user.work / "b.py", (1, 1))
    before = (user.work / ".git" / "index").read_bytes()
    _reviewed(user, stub)
    assert (user.work / ".git" / "index").read_bytes() == before


def test_a_second_working_tree_is_read_by_its_own_settings(user: Home, stub: Stub, trap: str) -> None:
    repo = begin(user.work, a__py="a\n")
    second = user.folder / "second"
    repo.git("worktree", "add", "-q", str(second))
    user.work = second
    (second / "a.py").write_text("a2\n")
    assert set(_reviewed(user, stub)) == {"a.py"}
    repo.git("config", "extensions.worktreeConfig", "true")
    there = Repo(second)
    there.git("config", "--worktree", "filter.z.clean", trap)
    repo.write(".git/info/attributes", "* filter=z\n")
    (second / "a.py").write_text("a3\n")
    assert set(_reviewed(user, stub)) == {"a.py"}
    assert _sprung(user) == ""


def test_ctrl_c_ends_git_too(user: Home, stub: Stub) -> None:
    slow, mark = user.folder / "bin" / "git", user.folder / "pid"
    slow.parent.mkdir()
    slow.write_text(f"#!/bin/sh\necho $$ > '{mark}.new'\nmv '{mark}.new' '{mark}'\nexec sleep 60\n")
    slow.chmod(0o755)
    user.environ["PATH"] = f"{slow.parent}:{user.environ['PATH']}"
    process = user.start("review")
    while not mark.exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, complaint = process.communicate(timeout=20)
    assert (process.returncode, complaint) == (130, b"")
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


@pytest.mark.parametrize("words", [["review"], ["review", "HEAD"], ["review", ".."], ["commit", "--all", "--yes"]])
def test_a_repository_cannot_have_files_read_that_are_not_its_own(words: list[str], user: Home, stub: Stub) -> None:
    (user.work / "evil").mkdir()
    repo = begin(user.work / "evil", **{"diary.txt": "x\n"})
    (user.work / "diary.txt").write_text("Nobody's business.\n")
    repo.git("config", "core.worktree", "../..")
    user.work = repo.folder
    ran = user.run(*words)
    assert (ran.code, stub.questions) == (1, [])
    assert ran.err.startswith(
        f"ant: This repository's files are to lie in {repo.folder.parent}, which is not its folder"
    )


def test_a_submodule_and_a_folder_that_the_user_names_are_read(user: Home, stub: Stub) -> None:
    (user.folder / "lib").mkdir()
    begin(user.folder / "lib", a="1\n")
    repo = begin(user.work, b="1\n")
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(user.folder / "lib"), "lib")
    user.work = repo.write("lib/a", "2\n").parent
    assert set(_reviewed(user, stub)) == {"a"}
    user.work = user.folder
    assert set(_reviewed(user, stub, GIT_DIR=f"{repo.folder}/.git", GIT_WORK_TREE=str(repo.folder))) == {
        ".gitmodules",
        "lib",
    }
