"""`ant commit`: a message for what is staged, and a commit only by yes."""

import json

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Stub, refuses, streams
from real_git import Repo, begin, says, shown


def _message(subject: str, body: str = "") -> dict[str, str]:
    return {"subject": subject, "body": body}


@pytest.fixture
def repo(user: Home, stub: Stub) -> Repo:
    """One change is staged, another is not."""
    made = begin(user.work, a__py="a\n", b__py="b\n")
    made.write("a.py", "a2\n")
    made.git("add", "a.py")
    made.write("b.py", "b2\n")
    stub.reply = says(_message("Change a", "Since b demands it."))
    return made


def _commits(repo: Repo) -> int:
    return int(repo.git("rev-list", "--count", "HEAD"))


def _spawn(user: Home, *words: str, **environ: str) -> "pexpect.spawn[bytes]":
    return pexpect.spawn(
        ANT[0], [*ANT[1:], "commit", *words], cwd=str(user.work), env={**user.environ, **environ}, timeout=20
    )


def test_off_a_terminal_the_message_is_printed_and_nothing_is_committed(repo: Repo, user: Home, stub: Stub) -> None:
    ran = user.run("commit")
    assert (ran.code, ran.out, ran.err) == (0, "Change a\n\nSince b demands it.\n", "")
    assert _commits(repo) == 1
    [question] = stub.questions
    assert question.json["brew"] == "commit"
    assert shown(question) == {"a.py": "@@\n-a\n+a2"}
    assert json.loads(user.run("commit", "--json").out) == {
        "subject": "Change a", "body": "Since b demands it.", "message": "Change a\n\nSince b demands it.\n",
        "committed": False,
    }  # fmt: skip


def test_words_go_along(repo: Repo, user: Home, stub: Stub) -> None:
    user.run("commit", "mends", "the", "race")
    assert stub.questions[0].json["messages"] == [{"role": "user", "content": "mends the race"}]


def test_with_yes_it_commits_what_is_staged(repo: Repo, user: Home, stub: Stub) -> None:
    ran = user.run("commit", "--yes")
    assert (ran.code, ran.out) == (0, "Change a\n\nSince b demands it.\n")
    assert "1 file changed" in ran.err
    assert repo.git("log", "-1", "--format=%B").rstrip() == "Change a\n\nSince b demands it."
    assert repo.git("show", "--format=", "--name-only") == "a.py"
    assert json.loads(user.run("commit", "--all", "--yes", "--json").out)["committed"] is True
    assert repo.git("show", "--format=", "--name-only") == "b.py"


def test_all_takes_what_git_knows(repo: Repo, user: Home, stub: Stub) -> None:
    repo.write("new.py", "n\n")
    user.run("commit", "--all", "--yes")
    assert set(shown(stub.questions[0])) == {"a.py", "b.py"}
    assert repo.git("status", "--porcelain") == "?? new.py"


def test_nothing_staged_is_said_and_nobody_is_asked(user: Home, stub: Stub) -> None:
    repo = begin(user.work, a__py="a\n")
    ran = user.run("commit", "--all")
    assert (ran.code, ran.err) == (1, "ant: There is nothing to commit: no file that git knows has changed.\n")
    repo.write("a.py", "b\n")
    ran = user.run("commit")
    assert (ran.code, ran.out) == (1, "")
    assert (
        ran.err
        == "ant: Nothing is staged, so there is nothing to commit.\nStage it: git add FILE, or ant commit --all\n"
    )
    assert stub.questions == []


def test_a_key_commits_and_the_users_hooks_are_run(repo: Repo, user: Home) -> None:
    hook = repo.write(".git/hooks/commit-msg", '#!/bin/sh\necho "Checked: yes" >> "$1"\n')
    hook.chmod(0o755)
    terminal = _spawn(user)
    terminal.expect_exact("Change a\r\n\r\nSince b demands it.\r\n")
    terminal.expect_exact("[c]ommit  [e]dit  [a]gain  [q] cancel")
    terminal.send("c")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert repo.git("log", "-1", "--format=%B").split("\n")[-1] == "Checked: yes"


@pytest.mark.parametrize("key", ["q", "\r", "\x1b", "\x04", "\x03"])
def test_all_else_commits_nothing(key: str, repo: Repo, user: Home) -> None:
    terminal = _spawn(user)
    terminal.expect_exact("[q] cancel")
    terminal.send(key)
    said = terminal.read().decode()
    terminal.close()
    assert terminal.exitstatus == (130 if key == "\x03" else 1)
    assert ("Nothing was committed." in said) == (key != "\x03")
    assert _commits(repo) == 1


def test_it_is_edited_in_the_editor(repo: Repo, user: Home) -> None:
    editor = user.folder / "editor"
    editor.write_text('#!/bin/sh\nprintf "Mine\\n\\n# no comment\\n" > "$1"\n')
    editor.chmod(0o755)
    terminal = _spawn(user, VISUAL=str(editor))
    terminal.expect_exact("[q] cancel")
    terminal.send("e")
    terminal.expect_exact("Mine\r\n\r\n# no comment\r\n")
    terminal.expect_exact("[q] cancel")
    terminal.send("c")
    terminal.expect(pexpect.EOF)
    assert repo.git("log", "-1", "--format=%B").rstrip() == "Mine\n\n# no comment"


def test_it_is_written_again_by_a_few_words(repo: Repo, user: Home, stub: Stub) -> None:
    terminal = _spawn(user)
    terminal.expect_exact("[q] cancel")
    stub.reply = says(_message("Shorter"))
    terminal.send("a")
    terminal.expect_exact("What should be different?")
    terminal.send("shorter, please\r")
    terminal.expect_exact("\r\nShorter\r\n")
    terminal.expect_exact("[q] cancel")
    said = stub.questions[-1].json
    assert [turn["content"] for turn in said["messages"]] == [
        "Write the message.", "Change a\n\nSince b demands it.\n", "shorter, please",
    ]  # fmt: skip
    assert said["context"] == stub.questions[0].json["context"]
    stub.reply = streams("no JSON")
    terminal.send("a")
    terminal.expect_exact("What should be different?")
    terminal.send("x\r")
    terminal.expect_exact("has not the form")
    terminal.expect_exact("[q] cancel")
    terminal.send("c")
    terminal.expect(pexpect.EOF)
    assert repo.git("log", "-1", "--format=%B").rstrip() == "Shorter"


def test_a_hook_that_refuses_is_a_failure(repo: Repo, user: Home) -> None:
    hook = repo.write(".git/hooks/pre-commit", "#!/bin/sh\necho no way >&2\nexit 1\n")
    hook.chmod(0o755)
    ran = user.run("commit", "--yes", "--json")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith("no way\n")
    assert json.loads(ran.err.split("\n")[1])["error"]["message"] == "git commit ended with 1: nothing is committed."
    assert _commits(repo) == 1


def test_a_model_signs_for_nobody_and_drives_no_terminal(repo: Repo, user: Home, stub: Stub) -> None:
    stub.reply = says(
        _message(
            "`Add\x1b[2J a thing.`\nSigned-off-by: Mallory <m@evil.example>",
            "Why\x07 not.\u202e\n\nSigned-off-by: Mallory <m@evil.example>\nCo-Authored-By: M <m@evil.example>\n"
            "Reviewed-by: Linus\n- " + "word " * 30 + "\n\n\n\n"
            "    code stays as it is, however long it is, since it may be a table of something\n",
        )
    )  # fmt: skip
    user.run("commit", "--yes")
    message = repo.git("log", "-1", "--format=%B").rstrip()
    subject, _, body = message.partition("\n\n")
    assert subject == "Add␛[2J a thing"
    assert "evil" not in message
    assert "Linus" not in message
    lines = body.split("\n")
    assert lines[0] == "Why not."
    assert max(len(line) for line in lines if not line.startswith("    ")) <= 72
    assert "\n\n\n" not in body
    assert lines[-1] == "    code stays as it is, however long it is, since it may be a table of something"


@pytest.mark.parametrize(
    ("subject", "kept"),
    [
        ("word " * 30, "word word word word word word word word word word word word word word"),
        ("x" * 200, "x" * 72),
        ("# 7 mended.", "# 7 mended"),
        ("Fix: by the way", "Fix: by the way"),
    ],
)
def test_a_subject_is_one_short_line(subject: str, kept: str, repo: Repo, user: Home, stub: Stub) -> None:
    stub.reply = says(_message(subject))
    assert user.run("commit").out == kept + "\n"


@pytest.mark.parametrize(
    "form",
    [
        "no JSON",
        _message("", "x"),
        _message("Signed-off-by: M <m@evil.example>"),
        {"subject": 7, "body": ""},
        {"subject": "a"},
    ],
)
def test_an_answer_that_is_no_message_commits_nothing(form: object, repo: Repo, user: Home, stub: Stub) -> None:
    stub.reply = says(form)
    ran = user.run("commit", "--yes")
    assert (ran.code, ran.out) == (1, "")
    assert _commits(repo) == 1


def test_a_refusal_commits_nothing(repo: Repo, user: Home, stub: Stub) -> None:
    stub.reply = refuses(429, "limit_reached", "Used up.")
    assert user.run("commit", "--yes").code == 5
    assert _commits(repo) == 1


def test_before_the_first_commit(user: Home, stub: Stub) -> None:
    repo = Repo(user.work)
    repo.git("init", "-q")
    for setting in ("user.name=ada", "user.email=ada@example.com"):
        repo.git("config", *setting.split("=", 1))
    repo.write("a.py", "x\n")
    repo.git("add", "-A")
    stub.reply = says(_message("Begin"))
    assert user.run("commit", "--yes").code == 0
    assert _commits(repo) == 1


def test_a_large_change_is_cut_and_its_figures_stay(user: Home, stub: Stub) -> None:
    repo = begin(user.work, small__py="a\n", gone__py="x\n" * 50, tool__sh="#!/bin/sh\n", image__bin="a\0")
    repo.write("big.py", "".join(f"value_{number} = {number}\n" for number in range(20_000)))
    for number in range(400):
        repo.write(f"many/{number}.txt", "some text\n" * 100)
    repo.write("small.py", "b\n")
    repo.write("image.bin", b"b\0")
    (user.work / "gone.py").unlink()
    (user.work / "tool.sh").chmod(0o755)
    repo.git("add", "-A")
    stub.reply = says(_message("Much"))
    assert user.run("commit").code == 0
    sent = shown(stub.questions[0])
    assert sum(map(len, sent.values())) < 40_000
    rest = sent.pop("files that are shown in part or not at all")
    assert "big.py +20000 -0 new file" in rest
    assert "files more" in rest


def test_a_change_of_mode_alone_can_be_committed(user: Home, stub: Stub) -> None:
    repo = begin(user.work, tool__sh="#!/bin/sh\n")
    (user.work / "tool.sh").chmod(0o755)
    repo.git("add", "-A")
    stub.reply = says(_message("Let the tool be run"))
    assert user.run("commit", "--yes").code == 0
    assert "new mode 100755" in next(iter(shown(stub.questions[0]).values()))


def test_outside_a_repository_it_is_said(user: Home, stub: Stub) -> None:
    ran = user.run("commit")
    assert (ran.code, ran.out) == (1, "")
    assert "ant: This folder is in no git repository." in ran.err


def test_a_dry_run_shows_the_request_and_commits_nothing(repo: Repo, user: Home, stub: Stub) -> None:
    ran = user.run("commit", "--dry-run", "--yes")
    assert json.loads(ran.out)["body"]["brew"] == "commit"
    assert (stub.questions, _commits(repo)) == ([], 1)


def test_settings_of_a_repository_start_nothing_before_the_yes(repo: Repo, user: Home) -> None:
    trap = user.folder / "trap"
    trap.write_text(f"#!/bin/sh\necho sprung >> '{user.folder}/sprung'\n")
    trap.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv", "filter.x.clean", "core.editor"):
        repo.git("config", key, str(trap))
    repo.write(".git/info/attributes", "* diff=x filter=x\n")
    for words in ([], ["--all"], ["--json"]):
        assert user.run("commit", *words).code == 0
    assert not (user.folder / "sprung").exists()


@pytest.mark.parametrize("option", ["--yes", "--all"])
def test_while_a_merge_has_conflicts_nobody_is_asked_and_nothing_committed(option: str, user: Home, stub: Stub) -> None:
    repo = begin(user.work, a__txt="1\n")
    repo.git("checkout", "-q", "-b", "other")
    repo.write("a.txt", "theirs\n")
    repo.commit()
    repo.git("checkout", "-q", "main")
    repo.write("a.txt", "ours\n")
    repo.commit()
    head = repo.git("rev-parse", "HEAD")
    with pytest.raises(AssertionError):
        repo.git("merge", "other")
    ran = user.run("commit", option, "--yes")
    assert (ran.code, ran.err) == (1, "ant: A conflict is not settled: a.txt.\nSettle it, and then: git add FILE\n")
    assert (repo.git("rev-parse", "HEAD"), stub.questions) == (head, [])
