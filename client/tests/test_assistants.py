"""Assistants from the terminal: brewed, used by name, changed, carried about, and known on other machines."""

from __future__ import annotations

import json
from pathlib import Path

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Handler, Stub, refuses
from logging_in import logged_in
from oauth_stub import Logins


def brewed(user: Home, name: str = "coder", prompt: str = "You review code. Be strict.") -> None:
    done = user.run("brew.chat", name, "--prompt", prompt)
    assert (done.code, done.err) == (0, f"Brewed {name}. Use it: ant {name} WORDS…\n")


def aged(user: Home) -> None:
    """As if the last look-up were more than a minute ago."""
    import os

    path = user.cache / "assistants.tsv"
    rows = [line.split("\t") for line in path.read_text().splitlines()]
    path.write_text("".join("\t".join([*row[:4], "1"] if row[2] == "" else row) + "\n" for row in rows))
    os.utime(path, (1, 1))


def test_one_is_brewed_and_used_by_its_name_in_exactly_one_request(user: Home, stub: Stub) -> None:
    brewed(user)
    before = len(stub.requests)
    done = user.run("coder", "what", "does", "curl", "--json", "do")
    assert (done.code, done.out, done.err) == (0, "Hello.\n", "")
    [request] = stub.requests[before:]
    assert request.json["assistant"] == "coder" and request.json["brew"] == "chat"
    assert request.json["messages"][-1]["content"] == "what does curl --json do"


@pytest.mark.parametrize("words", [("@coder", "hi"), ("run", "coder", "hi"), ("run", "--model", "m", "coder", "hi")])
def test_the_at_sign_and_run_always_mean_the_assistant(user: Home, stub: Stub, words: tuple[str, ...]) -> None:
    assert user.run(*words).code == 0
    assert stub.questions[-1].json["assistant"] == "coder"


def test_options_stand_between_the_name_and_the_first_word(user: Home, stub: Stub) -> None:
    brewed(user)
    done = user.run("coder", "--model", "smart", "--json", "why", "--model", "and", "why")
    assert json.loads(done.out)["text"] == "Hello."
    asked = stub.questions[-1].json
    assert (asked["model"], asked["messages"][-1]["content"]) == ("smart", "why --model and why")


def test_what_is_piped_in_goes_along(user: Home, stub: Stub) -> None:
    brewed(user)
    assert user.run("coder", stdin=b"+ a line").code == 0
    assert stub.questions[-1].json["context"][0]["text"] == "+ a line"


def test_without_words_it_says_how(user: Home) -> None:
    brewed(user)
    done = user.run("coder")
    assert done.code == 2 and "ant coder why" in done.err


def test_what_is_brewed_elsewhere_is_known_here_within_a_minute(user: Home, stub: Stub) -> None:
    assert user.run("coder", "hi").code == 2
    stub.assistants["coder"] = {
        "name": "coder",
        "summary": "s",
        "model": "m",
        "version": 1,
        "updated_at": "",
        "prompt": "p",
    }
    before = len(stub.requests)
    assert user.run("coder", "hi").code == 2
    assert len(stub.requests) == before  # asked at most once a minute
    aged(user)
    assert user.run("coder", "hi").out == "Hello.\n"


def test_what_is_deleted_elsewhere_is_gone_here(user: Home, stub: Stub) -> None:
    brewed(user)
    stub.assistants.clear()
    stub.reply = refuses(404, "not_found", "There is no assistant coder.")
    done = user.run("coder", "hi")
    assert done.code == 1 and "There is no assistant coder." in done.err
    assert "coder" not in user.run("list").out
    assert user.run("coder", "hi").code == 2


def test_an_unknown_word_is_never_sent_and_a_slip_is_told(user: Home, stub: Stub) -> None:
    brewed(user)
    done = user.run("codre", "hi")
    assert done.code == 2 and "coder" in done.err
    assert not stub.questions


def test_a_name_that_another_profile_or_host_knows_is_never_sent_to_this_one(user: Home, stub: Stub) -> None:
    brewed(user)
    rows = (user.cache / "assistants.tsv").read_text()
    (user.cache / "assistants.tsv").write_text(rows.replace("default\t", "work\t"))
    stub.assistants.clear()
    assert user.run("coder", "secret", "words").code == 2
    assert "coder" not in user.run("list").out
    (user.cache / "assistants.tsv").write_text(rows.replace(stub.url, "https://elsewhere.example"))
    assert user.run("coder", "secret", "words").code == 2
    assert not stub.questions


def test_a_server_that_is_away_does_not_change_what_is_unknown(home: Home) -> None:
    home.log_in("http://127.0.0.1:9")
    done = home.run("codre", "hi")
    assert done.code == 2 and "There is no command codre" in done.err


def test_a_look_up_tells_what_is_known_and_is_answered_without_a_list(user: Home, stub: Stub) -> None:
    brewed(user)
    aged(user)
    assert "coder" in user.run("list").out
    [etag] = {request.headers["if-none-match"] for request in stub.requests[-1:]}
    assert etag.startswith('"')
    aged(user)
    assert "coder" in user.run("list").out


def test_a_mark_of_the_list_that_no_request_can_hold_is_not_sent_back(user: Home, stub: Stub) -> None:
    def lists(handler: Handler, _: bytes) -> bool:
        handler.send_json(200, {"names": []}, ETag='"\x1b[2J"')
        return True

    stub.routes = lists
    for _ in range(2):
        assert user.run("list").code == 0
        aged(user)
    assert "if-none-match" not in stub.requests[-1].headers


@pytest.mark.parametrize("name", ["ask", "brew", "list", "Coder", "9a", "a b", "é"])
def test_a_name_that_cannot_be_is_refused_before_anything_is_sent(user: Home, stub: Stub, name: str) -> None:
    done = user.run("brew.chat", name, "--prompt", "p")
    assert done.code == 2
    assert not stub.requests


def test_a_second_one_of_the_same_name_is_told(user: Home) -> None:
    brewed(user)
    done = user.run("brew.chat", "coder", "--prompt", "other")
    assert done.code == 1 and "already" in done.err


def test_a_text_that_is_empty_or_too_long_is_told(user: Home, stub: Stub) -> None:
    assert user.run("brew.chat", "coder", "--prompt", " ").code == 2
    assert "32768" in user.run("brew.chat", "coder", stdin=b"x" * 32769).err
    assert user.run("brew.chat", "coder").code == 2
    assert not stub.assistants


def test_a_copy_takes_what_is_not_said_otherwise(user: Home, stub: Stub) -> None:
    assert user.run("brew.chat", "coder", "--prompt", "p", "--model", "smart", "--summary", "s").code == 0
    assert user.run("brew.chat", "kind", "--from", "coder", "--model", "fast").code == 0
    kept = stub.assistants["kind"]
    assert (kept["prompt"], kept["model"], kept["summary"]) == ("p", "fast", "s")


def test_on_a_terminal_it_asks_what_it_should_be(user: Home, stub: Stub) -> None:
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "brew.chat", "coder"], env=user.environ, cwd=str(user.work), encoding="utf-8", timeout=20
    )
    terminal.expect("What should coder be")
    terminal.sendline("You review code.")
    terminal.sendline("Be strict.")
    terminal.sendline("")
    terminal.expect("Brew coder")
    terminal.sendline("y")
    terminal.expect("Brewed coder")
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == 0
    assert stub.assistants["coder"]["prompt"] == "You review code.\nBe strict."
    assert stub.assistants["coder"]["summary"] == "You review code."


def test_it_is_shown_made_safe(user: Home) -> None:
    brewed(user, prompt="be \x1b[31mred")
    done = user.run("show", "coder")
    assert done.code == 0 and "\x1b" not in done.out and "red" in done.out
    assert json.loads(user.run("show", "coder", "--json").out)["version"] == 1


def editor(user: Home, script: str) -> str:
    path = user.folder / "editor"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


def test_it_is_changed_in_the_users_editor(user: Home, stub: Stub) -> None:
    brewed(user)
    done = user.run("edit", "coder", EDITOR=editor(user, 'echo "Be kind." > "$1"'))
    assert (done.code, stub.assistants["coder"]["prompt"]) == (0, "Be kind.")
    assert user.run("edit", "coder", EDITOR=editor(user, "true")).err == "Nothing was changed.\n"
    assert not list(user.config.glob("*.draft.md"))


def test_of_two_writers_the_second_is_told_and_keeps_the_text(user: Home, stub: Stub) -> None:
    brewed(user)
    other = f'sed -i s/x/x/ "$1"; echo mine > "$1"; {ANT[0]} edit coder --prompt theirs'
    done = user.run("edit", "coder", EDITOR=editor(user, other))
    assert done.code == 1 and "changed meanwhile" in done.err
    assert stub.assistants["coder"]["prompt"] == "theirs"
    [draft] = user.config.glob("coder.*.draft.md")
    assert draft.read_text() == "mine\n" and str(draft) in done.err and draft.stat().st_mode & 0o777 == 0o600
    assert user.run("edit", "coder", "--file", str(draft)).code == 0
    assert stub.assistants["coder"]["prompt"] == "mine"


def test_an_editor_that_fails_changes_nothing(user: Home, stub: Stub) -> None:
    brewed(user)
    assert user.run("edit", "coder", EDITOR=editor(user, "exit 3")).code == 1
    assert user.run("edit", "coder", EDITOR="/nonesuch").code == 1
    assert user.run("edit", "coder", EDITOR=editor(user, 'echo > "$1"')).code == 2
    assert stub.assistants["coder"]["version"] == 1
    assert not list(user.config.glob("*.draft.md"))


@pytest.mark.parametrize("script", ['echo mine > "$1"; exit 3', 'head -c 40000 /dev/zero | tr "\\0" x > "$1"'])
def test_what_was_typed_and_could_not_be_saved_is_kept(script: str, user: Home, stub: Stub) -> None:
    brewed(user)
    done = user.run("edit", "coder", EDITOR=editor(user, script))
    [draft] = user.config.glob("coder.*.draft.md")
    assert done.code != 0 and f"Your text is kept in {draft}" in done.err
    assert stub.assistants["coder"]["version"] == 1


def test_a_summary_that_came_from_the_text_goes_with_it(user: Home, stub: Stub) -> None:
    def summary_after(*words: str) -> str:
        assert user.run("edit", "coder", *words).code == 0
        return str(stub.assistants["coder"]["summary"])

    brewed(user)
    assert summary_after("--prompt", "Be kind.\nAlways.") == "Be kind."
    assert summary_after("--model", "smart") == "Be kind."
    assert summary_after("--prompt", "Be brief.", "--summary", "Be kind.") == "Be kind."
    assert summary_after("--prompt", "Be long.") == "Be kind."  # it was chosen
    assert summary_after("--summary", "Be long.") == "Be long."
    assert summary_after("--prompt", "Be good.") == "Be good."


def test_deleting_needs_a_yes(user: Home, stub: Stub) -> None:
    brewed(user)
    assert user.run("delete.chat", "coder").code == 2
    assert stub.assistants
    assert user.run("delete.chat", "coder", "--yes").err == "Deleted coder.\n"
    assert not stub.assistants
    assert user.run("delete.chat", "coder", "--yes").code == 1


def test_it_is_carried_to_another_in_one_readable_file(user: Home, stub: Stub, tmp_path: Path) -> None:
    brewed(user, prompt="one\n---\ntwo")
    file = tmp_path / "coder.md"
    assert user.run("export", "coder", str(file)).code == 0
    assert file.read_text() == "---\nname: coder\nmodel: default\nsummary: one\n---\none\n---\ntwo\n"
    assert user.run("export", "coder", str(file)).code == 1
    assert user.run("export", "coder", str(file), "--force").code == 0
    assert user.run("import", str(file), "--as", "second").code == 0
    assert stub.assistants["second"]["prompt"] == "one\n---\ntwo"


@pytest.mark.parametrize("text", ["", "hello", "---\nname: x\n", "---\ncolour: blue\n---\np", "---\nname: x\n---\n"])
def test_a_file_that_is_none_is_told(user: Home, stub: Stub, text: str) -> None:
    done = user.run("import", "-", stdin=text.encode())
    assert done.code in (1, 2) and len(done.err.splitlines()) <= 2
    assert not stub.assistants


def test_a_cache_that_is_damaged_is_no_error(user: Home) -> None:
    user.cache.mkdir(parents=True)
    (user.cache / "assistants.tsv").write_bytes(
        b"\xff\x00\tdefault\n\t\t\t\t\t\t\nno tabs\n" + b"default\tx\t\te\tNaN\n"
    )
    assert user.run("list").code == 0
    assert user.run("--version").code == 0


@pytest.mark.parametrize("known", [False, True])
def test_a_list_says_why_assistants_are_not_shown(known: bool, home: Home, logins: Logins) -> None:
    logged_in(home, logins)
    if known:
        brewed(home)
        aged(home)
    logins.stub.tokens.clear()
    logins.current = ""
    done = home.run("list")
    so = "shown as they were known last" if known else "not shown"
    why = "this login has ended. Log in again with `ant login`."
    assert (done.code, done.err) == (0, f"Your assistants are {so}: {why}\n")
    assert done.out.startswith("ask ")
    assert ("coder" in done.out) == known
    done = home.run("list")  # it is forgotten now
    assert (done.code, done.err) == (0, "")


def test_a_list_with_a_refused_key_says_so(home: Home, stub: Stub) -> None:
    home.log_in(stub.url, key="aniate_sk_old")
    done = home.run("list")
    assert (done.code, len(done.err.splitlines())) == (0, 1)
    assert "not shown: this key is not valid." in done.err


def test_who_never_logged_in_is_told_nothing_by_a_list_and_a_hint_by_a_name(home: Home, stub: Stub) -> None:
    done = home.run("list", "--host", stub.url)
    assert (done.code, done.err) == (0, "")
    done = home.run("--host", stub.url, "coder", "hi")
    assert done.code == 2
    assert done.err.endswith("Assistants and commands of your own are known after `ant login`.\n")
    assert "ant login" not in home.run("Coder!", "hi").err
    home.log_in(stub.url)
    assert "ant login" not in home.run("coder", "hi").err
    assert stub.questions == []


def test_a_name_that_is_empty_is_told(user: Home, stub: Stub) -> None:
    for words in (["show", ""], ["show", "@"], ["brew.chat", ""]):
        assert user.run(*words).err.splitlines()[0] == "ant: The assistant's name is empty."
    for words in (["run"], ["run", "", "hi"]):
        assert user.run(*words).err.splitlines()[0] == "ant: The assistant's name is missing."
    assert stub.requests == []
