"""Settings: flag, environment, file, default; each in its own profile."""

import json
import os

import pytest
from ant_process import Home
from ant_stub import Stub


def test_what_is_set_is_got_and_can_be_unset(home: Home) -> None:
    assert home.run("config", "get", "model").out == "default\n"
    assert home.run("config", "set", "model", "smart").code == 0
    assert home.run("config", "get", "model").out == "smart\n"
    assert home.run("config", "unset", "model").code == 0
    assert home.run("config", "get", "model").out == "default\n"
    assert home.run("config", "unset", "model").code == 0


def test_the_model_that_is_set_is_asked(user: Home, stub: Stub) -> None:
    user.run("config", "set", "model", "smart")
    user.run("ask", "hi")
    user.run("ask", "--model", "fast", "hi")
    assert [request.json["model"] for request in stub.questions] == ["smart", "fast"]


def test_flag_goes_before_environment_before_file_before_default(home: Home) -> None:
    def host(*words: str, environ: str = "") -> str:
        return home.run("config", "get", "host", *words, ANT_HOST=environ).out.strip()

    assert host() == "https://api.aniate.com"
    home.run("config", "set", "host", "https://file.example")
    assert host() == "https://file.example"
    assert host(environ="https://env.example") == "https://env.example"
    assert host("--host", "https://flag.example", environ="https://env.example") == "https://flag.example"


def test_settings_belong_to_a_profile(home: Home) -> None:
    home.run("--profile", "work", "config", "set", "model", "smart")
    assert home.run("config", "get", "model").out == "default\n"
    assert home.run("config", "get", "model", "--profile", "work").out == "smart\n"
    assert home.run("config", "get", "model", ANT_PROFILE="work").out == "smart\n"


def test_the_list_says_where_each_value_is_from(home: Home) -> None:
    home.run("config", "set", "timeout", "5")
    listed = json.loads(home.run("config", "list", "--json", ANT_HOST="https://env.example").out)
    assert listed["timeout"] == {"value": "5", "origin": f"{home.config}/config.json"}
    assert listed["host"] == {"value": "https://env.example", "origin": "ANT_HOST"}
    assert listed["model"] == {"value": "default", "origin": "default"}
    assert home.run("config").out.splitlines()[0] == "profile          default  (default)"


def test_the_path_is_told_and_follows_xdg(home: Home) -> None:
    assert home.run("config", "path").out == f"{home.config}/config.json\n"
    assert home.run("config", "path", XDG_CONFIG_HOME="/x").out == "/x/aniate/config.json\n"


def test_with_json_each_action_answers_one_line(home: Home) -> None:
    def told(*words: str) -> object:
        ran = home.run("config", *words, "--json")
        assert (ran.code, ran.out.count("\n")) == (0, 1)
        return json.loads(ran.out)

    assert told("path") == {"path": f"{home.config}/config.json"}
    assert told("set", "model", "smart") == {"model": "smart"}
    assert told("get", "model") == {"model": "smart"}
    assert told("unset", "model") == {"key": "model", "removed": True}
    assert told("unset", "model") == {"key": "model", "removed": False}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["frob"], "`ant config frob` is not known"),
        (["gte", "host"], "Did you mean `get`"),
        (["get"], "Type: ant config get KEY."),
        (["set", "model"], "Type: ant config set KEY VALUE."),
        (["get", "hots"], "There is no setting hots.\nDid you mean `host`"),
        (["set", "token", "x"], "There is no setting token."),
        (["set", "timeout", "soon"], "timeout must be a number of seconds"),
        (["set", "timeout", "-1"], "timeout must be a number of seconds, at most 3600; -1 (config set) is not."),
        (["set", "timeout", "1_0"], "timeout must be a number of seconds"),
        (["--host", "", "list"], "host must be a server's address; nothing (--host) is not."),
        (["set", "timeout", "nan"], "timeout must be a number of seconds"),
        (["set", "timeout", "0"], "timeout must be a number of seconds"),
        (["set", "host", "example.com"], "it must begin with https://"),
        (["set", "model", "a\x1bb"], "model must be a name"),
        (["set", "profile", ""], "profile must be a name"),
    ],
)
def test_what_makes_no_sense_is_refused_and_not_written(words: list[str], sentence: str, home: Home) -> None:
    ran = home.run("config", *words)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert not (home.config / "config.json").exists()


@pytest.mark.parametrize("kind", ["fifo", "device", "large"])
def test_a_file_that_can_not_be_settings_is_refused_by_name(kind: str, home: Home) -> None:
    home.config.mkdir(parents=True)
    path = home.config / "config.json"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "device":
        path.symlink_to("/dev/zero")
    else:
        path.write_text(" " * 2_000_000)
    ran = home.run("config", "list")
    assert (ran.code, ran.out) == (1, "")
    assert f"{path} is " in ran.err


def test_a_link_to_the_settings_stays_one(home: Home) -> None:
    home.config.mkdir(parents=True)
    target = home.work / "dotfiles.json"
    target.write_text("{}")
    (home.config / "config.json").symlink_to(target)
    assert home.run("config", "set", "model", "smart").code == 0
    assert (home.config / "config.json").is_symlink()
    assert "smart" in target.read_text()


def test_a_wrong_host_in_the_file_is_told_with_its_path(home: Home) -> None:
    home.config.mkdir(parents=True)
    (home.config / "config.json").write_text('{"profiles": {"default": {"host": "http://example.com"}}}')
    ran = home.run("ask", "hi", ANT_TOKEN="k")
    assert ran.code == 2
    assert ran.err.startswith(f"ant: In {home.config}/config.json, host: Plain http to example.com")


def test_a_file_that_was_edited_badly_is_told(home: Home) -> None:
    home.config.mkdir(parents=True)
    (home.config / "config.json").write_text('{"profiles": {"default": {"timeout": "soon"}}}')
    ran = home.run("ask", "hi", ANT_TOKEN="k")
    assert ran.code == 2
    assert f"timeout must be a number of seconds, at most 3600; soon ({home.config}/config.json) is not." in ran.err
