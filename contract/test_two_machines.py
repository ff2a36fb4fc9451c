"""One's own assistant on every machine: two homes, one server, the real client on both."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from contract.house import House
from server.tests.doubles.groq import Groq


def other_machine(house: House) -> House:
    """The same server, as seen from another home that is logged in by a key of its own."""
    home = house.folder / "other"
    other = replace(house, env={**house.env, "HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")})
    key = house.server("admin", "key", "add", "me@localhost").stdout
    url = house.server("status", "--url").stdout.strip()
    assert other.ant("login", "--with-token", "--host", url, stdin=key).returncode == 0
    return other


def a_minute_passes(machine: House) -> None:
    """The last look-up of names is as old as it is a minute later."""
    names = Path(machine.env["XDG_CACHE_HOME"]) / "aniate" / "assistants.tsv"
    rows = [line.split("\t") for line in names.read_text().splitlines()]
    lines = ["\t".join([*row[:4], str(int(row[4]) - 61)] if row[2] == "" else row) for row in rows]
    names.write_text("".join(f"{line}\n" for line in lines))
    os.utime(names, (1, 1))


def test_what_is_brewed_on_one_is_used_on_the_other_and_what_is_deleted_is_gone(house: House, groq: Groq) -> None:
    other = other_machine(house)
    brewed = house.ant("brew.chat", "coder", "--prompt", "You review code. Be strict.")
    assert brewed.returncode == 0, brewed.stderr

    a_minute_passes(other)
    used = other.ant("coder", "is", "this", "right?")
    assert (used.returncode, used.stdout) == (0, "Hello from Groq.\n"), used.stderr
    assert "You review code. Be strict." in groq.asked[-1].body["messages"][0]["content"]

    assert other.ant("edit", "coder", "--prompt", "Be kind.").returncode == 0
    assert house.ant("show", "coder").stdout == "Be kind.\n"

    assert house.ant("delete.chat", "coder", "--yes").returncode == 0
    gone = other.ant("coder", "hello")
    assert gone.returncode == 1 and "There is no assistant coder." in gone.stderr
    assert other.ant("coder", "hello").returncode == 2
    assert "coder" not in other.ant("list").stdout


def test_a_conversation_goes_on_at_the_other_machine_if_the_user_chose_so(house: House, groq: Groq) -> None:
    other = other_machine(house)
    assert house.ant("ask", "what is a pipe").returncode == 0
    assert "No conversation is kept." in other.ant("history").stderr
    for machine in (house, other):
        turned_on = machine.ant("config", "sync", "on")
        assert turned_on.returncode == 0 and "Your account keeps" in turned_on.stderr

    assert other.ant("ask", "-c", "and a socket?").returncode == 0
    told = [each["content"] for each in groq.asked[-1].body["messages"][1:]]
    assert told == ["what is a pipe", "Hello from Groq.", "and a socket?"]
    assert house.ant("history", "show", "last").stdout.count("> ") == 2
    assert house.rows("select version from aniate.conversations") == [(3,)]

    assert house.ant("history", "delete", "last", "--yes").returncode == 0
    assert "No conversation is kept." in other.ant("history").stderr
    assert house.rows("select sealed from aniate.conversations") == [(None,)]


def test_an_assistant_answers_on_the_local_model(local_house: House) -> None:
    assert local_house.ant("brew.chat", "pirate", "--prompt", "You talk like a pirate.").returncode == 0
    answered = local_house.ant("pirate", "say hello")
    assert answered.returncode == 0 and answered.stdout.strip()
