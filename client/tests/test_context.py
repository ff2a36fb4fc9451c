"""What goes along with a question: all that was named, nothing that was not, and the user is told what was left out."""

import os
import subprocess
from pathlib import Path

import pytest
from ant_process import ANT, Home
from ant_stub import KEY, Stub


def _sent(user: Home, stub: Stub, *words: str, stdin: bytes | None = None) -> dict[str, str]:
    ran = user.run(*words, stdin=stdin)
    assert ran.code == 0, ran.err
    return {piece["name"]: piece["text"] for piece in stub.questions[-1].json["context"]}


def _question(stub: Stub) -> str:
    return str(stub.questions[-1].json["messages"][0]["content"])


def _write(work: Path, **files: str) -> None:
    for name, text in files.items():
        path = work / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_several_files_and_the_question_after_them(user: Home, stub: Stub) -> None:
    (user.work / "a.py").write_text("é = 1\n")
    (user.work / "Makefile").write_text("all:\n")
    sent = _sent(user, stub, "what", "a.py", "Makefile", "why", "does", "it", "fail")
    assert sent == {"a.py": "é = 1\n", "Makefile": "all:\n"}
    assert _question(stub) == "why does it fail"
    assert [piece["kind"] for piece in stub.questions[0].json["context"]] == ["file", "file"]


@pytest.mark.parametrize(
    ("words", "files", "question"),
    [
        (["what", "is", "a", "monad"], [], "is a monad"),
        (["what", "does", "a.py", "do"], ["a.py"], "does do"),
        (["what", "is", "word"], [], "is word"),
        (["what", "word", "means"], ["word"], "means"),
        (["what", "does", "example.com/x", "say"], [], "does example.com/x say"),
        (["what", "is 3.12 new? see a.py"], [], "is 3.12 new? see a.py"),
        (["what", "--", "a.py"], ["a.py"], "What is this?"),
        (["what", "-", "a.py"], ["a.py"], "What is this?"),
    ],
)
def test_what_is_a_file_and_what_a_word(
    words: list[str], files: list[str], question: str, user: Home, stub: Stub
) -> None:
    (user.work / "a.py").write_text("1")
    (user.work / "word").write_text("2")
    assert list(_sent(user, stub, *words)) == files
    if question != "does do":
        assert _question(stub) == question


def test_nothing_that_was_not_named_goes_along(user: Home, stub: Stub) -> None:
    (user.work / "secret.txt").write_text("TOP SECRET")
    user.environ |= {"SECRET": "TOP SECRET"}
    user.run("ask", "hi")
    request = stub.questions[0]
    assert b"SECRET" not in request.body
    told = {"host", "authorization", "user-agent", "accept", "accept-encoding", "content-type", "content-length"}
    assert set(request.headers) == {*told, "connection"}


def test_what_is_piped_in_goes_along(user: Home, stub: Stub) -> None:
    assert _sent(user, stub, "what", stdin=b"error: 1\n") == {"stdin": "error: 1\n"}
    assert _sent(user, stub, "ask", "why", stdin=b"error: 2\n") == {"stdin": "error: 2\n"}
    assert _sent(user, stub, "ask", stdin=b"how are you\n") == {"stdin": "how are you\n"}
    assert _sent(user, stub, "ask", "why", stdin=b"") == {}


def test_a_file_can_be_redirected_in(user: Home, stub: Stub) -> None:
    (user.work / "in.txt").write_text("text")
    with (user.work / "in.txt").open("rb") as file:
        process = user.start("what", stdin=file)
        process.communicate(timeout=30)
    assert stub.questions[0].json["context"] == [{"kind": "stdin", "name": "stdin", "text": "text"}]


def test_no_stdin_leaves_standard_input_for_others(user: Home, stub: Stub) -> None:
    assert _sent(user, stub, "ask", "--no-stdin", "hi", stdin=b"for the loop\n") == {}


def test_of_a_long_input_beginning_and_end_are_sent_and_the_user_is_told(user: Home, stub: Stub) -> None:
    lines = [f"line {number} é\n".encode() for number in range(200_000)]
    text = b"".join(lines)
    ran = user.run("what", stdin=text)
    assert ran.err == f"Standard input is {len(text) / 2**20:.1f} MiB: its first 256 KiB and last 768 KiB are sent.\n"
    [piece] = stub.questions[0].json["context"]
    assert piece["text"].startswith("line 0 é\nline 1 é\n")
    assert piece["text"].endswith("line 199999 é\n")
    assert f"[... {len(text) - 1024 * 1024} bytes left out here ...]" in piece["text"]
    assert 1024 * 1024 - 10 < len(piece["text"].encode()) < 1024 * 1024 + 100


def test_an_input_of_exactly_a_mebibyte_is_sent_whole(user: Home, stub: Stub) -> None:
    text = b"x" * (1024 * 1024)
    assert _sent(user, stub, "what", stdin=text) == {"stdin": text.decode()}


def test_bytes_that_are_no_text_are_replaced(user: Home, stub: Stub) -> None:
    (user.work / "latin.txt").write_bytes(b"caf\xe9")
    (user.work / "windows.txt").write_bytes("\ufeffÜber".encode("utf-16"))
    (user.work / "bom.txt").write_bytes(b"\xef\xbb\xbfx")
    sent = _sent(user, stub, "what", "latin.txt", "windows.txt", "bom.txt")
    assert sent == {"latin.txt": "caf\ufffd", "windows.txt": "\ufeffÜber", "bom.txt": "x"}


def test_a_folder_is_its_listing_and_its_text_files(user: Home, stub: Stub) -> None:
    _write(user.work / "src", **{"main.py": "print()", "lib__util.py": "pass", "lib__deep__x.md": "# x"})
    (user.work / "src" / "logo.png").write_bytes(b"\x89PNG\0")
    sent = _sent(user, stub, "what", "src", "is", "it", "good")
    assert sent.pop("src/").split("\n") == ["logo.png", "main.py", "lib/", "lib/util.py", "lib/deep/", "lib/deep/x.md"]
    assert sent == {"src/main.py": "print()", "src/lib/util.py": "pass", "src/lib/deep/x.md": "# x"}


def test_gitignore_is_heeded_as_git_heeds_it(user: Home, stub: Stub) -> None:
    repo = user.work / "repo"
    _write(
        repo,
        **{
            ".gitignore": "*.log\nbuild/\n/only_here.txt\nsub/named.txt\n!important.log\n",
            "a.txt": "a", "a.log": "a", "important.log": "a", "build__x.txt": "a", "only_here.txt": "a",
            "sub__only_here.txt": "a", "sub__b.log": "a", "sub__named.txt": "a", "sub__.gitignore": "!b.log\n*.tmp\n",
            "sub__c.tmp": "a", "c.tmp": "a", "sub__deep__d.tmp": "a", "sub__build__y.txt": "a",
        },
    )  # fmt: skip
    subprocess.run(["git", "init", "-q"], cwd=repo, check=True, env=user.environ)
    listed = subprocess.run(
        ["git", "ls-files", "--others", "--exclude-standard"], cwd=repo, check=True, capture_output=True, text=True,
        env=user.environ,
    ).stdout.split()  # fmt: skip
    sent = _sent(user, stub, "what", "repo")
    assert sorted(name.removeprefix("repo/") for name in sent if name != "repo/") == sorted(listed)
    below = _sent(user, stub, "what", "repo/sub")  # the rules of the repository hold inside it too
    assert sorted(name.removeprefix("repo/") for name in below if name != "repo/sub/") == sorted(
        name for name in listed if name.startswith("sub/")
    )


def test_links_lead_nowhere_and_git_is_no_context(user: Home, stub: Stub) -> None:
    (user.work / "outside.txt").write_text("TOP SECRET")
    _write(user.work / "in", **{"a.txt": "a", ".git__config": "TOP SECRET"})
    (user.work / "in" / "link.txt").symlink_to("../outside.txt")
    (user.work / "in" / "up").symlink_to("..")
    assert _sent(user, stub, "what", "in") == {"in/": "a.txt", "in/a.txt": "a"}


def test_what_usually_holds_secrets_is_listed_and_not_sent(user: Home, stub: Stub) -> None:
    _write(
        user.work / "in", **{"a.txt": "a", ".env": "TOP SECRET", "server.key": "TOP SECRET", ".env.local": "TOP SECRET"}
    )
    ran = user.run("what", "in")
    assert ran.err == "Of in, 3 files that usually hold secrets are listed but not sent.\n"
    assert b"TOP SECRET" not in stub.questions[0].body
    assert _sent(user, stub, "what", "in/.env") == {"in/.env": "TOP SECRET"}


def test_a_key_of_ours_is_never_sent(user: Home, stub: Stub) -> None:
    _write(user.work / "in", **{"a.txt": "a", "b.sh": f"export ANT_TOKEN={KEY}\n"})
    ran = user.run("what", "in")
    assert ran.err == "Of in, 1 file that holds a key of Aniate is listed but not sent.\n"
    ran = user.run("what", "in/b.sh", stdin=f"<{KEY}{KEY}k> aniate_sk_short".encode())
    assert ran.err == (
        "A key of Aniate in in/b.sh is not sent; … stands in its place.\n"
        "A key of Aniate in stdin is not sent; … stands in its place.\n"
    )
    assert [piece["text"] for piece in stub.questions[1].json["context"]] == [
        "export ANT_TOKEN=aniate_sk_…\n", "<aniate_sk_…aniate_sk_…k> aniate_sk_short"
    ]  # fmt: skip
    assert not any(KEY.encode() in request.body for request in stub.requests)


def test_a_login_of_ours_is_never_sent(user: Home, stub: Stub) -> None:
    token = "aniate_rt_" + "r" * 70
    _write(user.work / "in", **{"a.txt": "a", "revocations.json": "TOP SECRET", "b.txt": token})
    assert user.run("what", "in", stdin=f"<{token}>".encode()).code == 0
    body = stub.questions[0].body.decode()
    assert "<aniate_rt_…>" in body
    assert "rrrr" not in body
    assert "TOP SECRET" not in body


def test_of_a_folder_what_can_not_be_read_is_counted(user: Home, stub: Stub) -> None:
    _write(user.work / "in", **{"a.txt": "a", "b.txt": "b", "c__d.txt": "d"})
    (user.work / "in" / "b.txt").chmod(0)
    alone = ["unshare", "--user"] if os.geteuid() == 0 else []  # where root, too, may not read everything
    if alone and subprocess.run([*alone, "true"], capture_output=True, check=False).returncode:
        pytest.skip("root may read everything here")

    def said() -> str:
        done = subprocess.run(
            [*alone, *ANT, "what", "in"], cwd=user.work, env=user.environ, stdin=subprocess.DEVNULL, text=True,
            capture_output=True, check=True, timeout=30,
        )  # fmt: skip
        return done.stderr

    assert said() == "Of in, 1 file or folder that can't be read is left out.\n"
    (user.work / "in" / "c").chmod(0)
    assert said() == "Of in, 2 files or folders that can't be read are left out.\n"
    (user.work / "in" / "c").chmod(0o700)


def test_a_folder_has_a_budget_and_the_user_is_told(user: Home, stub: Stub) -> None:
    _write(user.work / "in", **{f"{number:03}.txt": "x" for number in range(300)})
    ran = user.run("what", "in")
    assert ran.err.startswith("Of in, 200 files are sent; 100 more would pass the limits")
    assert len(stub.questions[0].json["context"]) == 201
    _write(user.work / "big", **{f"{number}.txt": "x" * 60_000 for number in range(9)})
    ran = user.run("what", "big")
    assert ran.err.startswith("Of big, 4 files are sent; 5 more")
    assert len(stub.questions[1].body) < 300_000


def test_a_gitignore_that_is_made_to_take_for_ever_takes_no_time_and_lets_nothing_in(user: Home, stub: Stub) -> None:
    folder = user.work / "hostile"
    folder.mkdir()
    (folder / ".gitignore").write_text("*a*a*a*a*a*a*b\n!*a*a*a*a*a*a*b\n**/build/\n")
    for name in ("a" * 200, "aaaaaaaaaab", "main.c"):
        (folder / name).write_text(name)
    sent = _sent(user, stub, "what", "hostile")
    assert set(sent) == {"hostile/", "hostile/.gitignore", "hostile/main.c"}


def test_a_folder_deeper_than_any_real_one_is_cut(user: Home, stub: Stub) -> None:
    deep = "deep__" + "d__" * 200
    _write(user.work, **{"deep__top.txt": "top", f"{deep}bottom.txt": "bottom"})
    sent = _sent(user, stub, "what", "deep")
    assert "deep/top.txt" in sent
    assert "bottom" not in str(sent)


@pytest.mark.parametrize(
    "name", [".git-credentials", ".envrc", "prod.env", "id_ecdsa", "terraform.tfstate", "credentials", "secrets.yaml"]
)
def test_files_that_usually_hold_secrets_are_not_sent_from_a_folder(user: Home, stub: Stub, name: str) -> None:
    _write(user.work, **{f"project__{name}": "hunter2", "project__main.c": "int main;"})
    assert "hunter2" not in str(_sent(user, stub, "what", "project"))


def test_patterns_of_a_gitignore_that_make_no_sense_are_passed_over(user: Home, stub: Stub) -> None:
    folder = user.work / "odd"
    folder.mkdir()
    (folder / ".gitignore").write_text("[z-a]\n[[a]x\n!\n***\\\n[\n*.log\n")
    for name in ("z", "ax", "main.c", "a.log"):
        (folder / name).write_text("x\n")
    ran = user.run("what", "odd")
    assert (ran.code, ran.err) == (0, "")
    sent = {piece["name"] for piece in stub.questions[0].json["context"]}
    assert "odd/main.c" in sent and not sent & {"odd/a.log", "odd/ax"}
