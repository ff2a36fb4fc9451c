"""A slip of the hand costs one sentence: no request is made that should not be."""

import os
import socket

import pytest
from ant_process import Home
from ant_stub import KEY, Stub

LOOK_UP = [("/v1/names", b"")]
"""An assistant may have been brewed elsewhere: the names are asked for, and the word itself is not told."""


def _refused(
    user: Home,
    stub: Stub,
    code: int,
    sentence: str,
    *words: str | bytes,
    stdin: bytes | None = None,
    look_up: object = None,
) -> str:
    ran = user.run(*words, stdin=stdin)
    assert (ran.code, ran.out) == (code, ""), ran
    assert ran.err.startswith("ant: "), ran.err
    assert sentence in ran.err
    assert len(ran.err.splitlines()) <= 2
    assert [(sent.path, sent.body) for sent in stub.requests] in ([], look_up)
    return ran.err


@pytest.mark.parametrize(
    ("typed", "meant"), [("lgoin", "login"), ("waht", "what"), ("hlep", "help"), ("confg", "config"), ("LIST", "list")]
)
def test_an_unknown_command_is_never_sent_and_the_near_one_is_named(
    typed: str, meant: str, user: Home, stub: Stub
) -> None:
    err = _refused(user, stub, 2, f"There is no command {typed}.", typed, look_up=LOOK_UP)
    assert f"Did you mean `{meant}`" in err


@pytest.mark.parametrize("words", [["please", "help"], ["frobnicate"], ["rm -rf /", "x"], [""], ["\x1b[2J"]])
def test_unknown_words_are_never_sent(words: list[str], user: Home, stub: Stub) -> None:
    err = _refused(user, stub, 2, "There is no command", *words, look_up=LOOK_UP)
    assert "\x1b" not in err


@pytest.mark.parametrize("name", ["nosuch.txt", "./nosuch", "src/nosuch", "~/nosuch", ".nosuch"])
def test_a_missing_file_is_told(name: str, user: Home, stub: Stub) -> None:
    _refused(user, stub, 1, f"There is no file {name}.", "what", name)


def test_a_binary_file_is_told(user: Home, stub: Stub) -> None:
    (user.work / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
    _refused(user, stub, 1, "picture.png is not a text file.", "what", "picture.png")


def test_a_file_of_50_megabytes_is_told_and_not_read(user: Home, stub: Stub) -> None:
    with (user.work / "big.log").open("wb") as file:
        file.truncate(50 * 1024 * 1024)
    _refused(user, stub, 1, "big.log is too large: 50.0 MiB", "what", "big.log")


def test_a_path_in_a_hint_can_be_pasted(user: Home, stub: Stub) -> None:
    for name, shown in (("a b.log", "'a b.log'"), ("plain.log", "plain.log")):
        with (user.work / name).open("wb") as file:
            file.truncate(2 * 1024 * 1024)
        assert f"tail -n 500 {shown} | ant what" in _refused(user, stub, 1, "is too large", "what", name)


def test_many_files_are_told_when_they_are_too_much_together(user: Home, stub: Stub) -> None:
    names = [f"{number}.txt" for number in range(3)]
    for name in names:
        (user.work / name).write_text("x" * 800_000)
    _refused(user, stub, 1, "more than 2 MiB together", "what", *names)


def test_an_unreadable_file_is_told(user: Home, stub: Stub) -> None:
    (user.work / "loop.txt").symlink_to("loop.txt")
    _refused(user, stub, 1, "loop.txt can't be read: too many levels of symbolic links.", "what", "loop.txt")


def test_a_device_is_told(user: Home, stub: Stub) -> None:
    _refused(user, stub, 1, "/dev/zero is not a regular file.", "what", "/dev/zero")


def test_a_fifo_that_nobody_writes_to_is_told_and_not_waited_for(user: Home, stub: Stub) -> None:
    os.mkfifo(user.work / "fifo.txt")
    _refused(user, stub, 1, "fifo.txt is not a regular file.", "what", "fifo.txt")


def test_a_socket_is_told(user: Home, stub: Stub) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(user.work / "s.sock"))
        _refused(user, stub, 1, "s.sock is not a regular file.", "what", "s.sock")


def test_a_hostile_file_name_is_shown_harmless(user: Home, stub: Stub) -> None:
    err = _refused(user, stub, 1, "There is no file", "what", "a\x1b]0;x\x07\u202e.txt/")
    assert "\x1b" not in err


def test_an_empty_folder_is_told(user: Home, stub: Stub) -> None:
    (user.work / "empty").mkdir()
    _refused(user, stub, 1, "There is nothing to read in the folder empty.", "what", "empty")


@pytest.mark.parametrize("stdin", [b"", b" \n\t\n"])
def test_empty_standard_input_with_nothing_else_is_told(stdin: bytes, user: Home, stub: Stub) -> None:
    _refused(user, stub, 2, "Standard input is empty", "what", stdin=stdin)
    _refused(user, stub, 2, "Standard input is empty", "ask", stdin=stdin)


def test_binary_standard_input_is_told(user: Home, stub: Stub) -> None:
    _refused(user, stub, 1, "Standard input is not text.", "what", stdin=b"\0\1\2")


@pytest.mark.parametrize("text", ["", " \n\t\n"])
def test_an_empty_file_is_told(text: str, user: Home, stub: Stub) -> None:
    (user.work / "empty.txt").write_text(text)
    _refused(user, stub, 1, "There is nothing in empty.txt.", "what", "empty.txt")
    _refused(user, stub, 1, "There is nothing in empty.txt.", "what", "empty.txt", "what is wrong", stdin=b"")


@pytest.mark.parametrize(
    "words",
    [["what"], ["ask"], ["what", "--no-stdin"], ["ask", "--", ""], ["what", "   "], ["what", "", "\t"], ["ask", "  "]],
)
def test_nothing_to_ask_is_told(words: list[str], user: Home, stub: Stub) -> None:
    _refused(user, stub, 2, "There is no question." if words[0] == "ask" else "There is nothing to explain.", *words)


def test_not_logged_in_is_told(home: Home, stub: Stub) -> None:
    _refused(home, stub, 4, f"You are not logged in to {stub.url} (profile default).", "ask", "--host", stub.url, "hi")
    _refused(home, stub, 4, "You are not logged in to https://api.aniate.com", "whoami")


def test_the_key_of_one_host_does_not_go_to_another(user: Home, stub: Stub) -> None:
    other = stub.url.replace("127.0.0.1", "localhost")
    err = _refused(user, stub, 4, f"You are not logged in to {other}", "ask", "--host", other, "hi")
    assert f"the login of this profile is for {stub.url}" in err


@pytest.mark.parametrize("how", ["flag", "environment", "config"])
def test_plain_http_to_another_machine_is_refused_before_anything_is_sent(how: str, user: Home, stub: Stub) -> None:
    url, sentence = "http://example.com", "Plain http to example.com would show your key to the network"
    if how == "config":
        (user.config / "config.json").write_text('{"profiles": {"default": {"host": "http://example.com"}}}')
        _refused(user, stub, 2, sentence, "ask", "hi")
    elif how == "flag":
        _refused(user, stub, 2, sentence, "--host", url, "ask", "hi")
    else:
        user.environ["ANT_HOST"] = url
        _refused(user, stub, 2, sentence, "ask", "hi")
    assert user.run("config", "set", "host", url).code == 2


@pytest.mark.parametrize("key", ["", "two words", "k\r\nX-Evil: 1", "ключ", "k" * 5000])
def test_what_is_no_key_is_never_sent(key: str, user: Home, stub: Stub) -> None:
    _refused(user, stub, 2, "key in" if key == "" else "is no key", "login", "--with-token", stdin=key.encode())
    if key:
        user.environ["ANT_TOKEN"] = key
        _refused(user, stub, 2, "What is in ANT_TOKEN is no key.", "ask", "hi")


def test_a_hostile_folder_changes_neither_host_nor_token(user: Home, stub: Stub) -> None:
    evil = "http://127.0.0.1:1"
    (user.work / ".env").write_text(f"ANT_HOST={evil}\nANT_TOKEN=stolen\nXDG_CONFIG_HOME=.\n")
    for folder in (".config/aniate", "aniate", ".aniate"):
        (user.work / folder).mkdir(parents=True)
        (user.work / folder / "config.json").write_text(f'{{"profiles": {{"default": {{"host": "{evil}"}}}}}}')
    for name in ("config.json", "ant.toml", "pyproject.toml"):
        (user.work / name).write_text(f'host = "{evil}"')
    (user.work / "json.py").write_text("raise SystemExit('the folder is on the path')")
    user.environ["XDG_CONFIG_HOME"] = "."  # relative, so to be ignored
    assert user.run("ask", "hi").out == "Hello.\n"
    assert stub.questions[0].headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("name", ["config.json", "credentials.json"])
@pytest.mark.parametrize("text", ["{", "[]", '{"profiles": 5}', '{"profiles": {"default": 5}}', "\xff\0"])
def test_a_damaged_file_of_ours_is_named(name: str, text: str, user: Home, stub: Stub) -> None:
    (user.config / name).write_bytes(text.encode("latin-1"))
    _refused(user, stub, 1, f"{name} is damaged", "ask", "hi")


def test_a_context_that_is_too_large_as_json_is_told(user: Home, stub: Stub) -> None:
    (user.work / "a.txt").write_text("\x01" * 900_000)  # six letters each, as JSON
    _refused(user, stub, 1, "more than the 4 MiB", "what", "a.txt")


def test_a_file_that_can_not_be_opened_is_told(user: Home, stub: Stub) -> None:
    _refused(user, stub, 1, "can't be read: file name too long.", "what", "x" * 300 + ".txt")
