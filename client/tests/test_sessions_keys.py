"""`ant sessions` and `ant keys`: seen, and ended, by the beginning of an id."""

from __future__ import annotations

import json

import pexpect
import pytest
from ant_process import ANT, Home
from logging_in import keyring_of, logged_in, stored
from oauth_stub import Logins, session

_OURS, _OTHER = "0198c2f1-aaaa-7000-8000-000000000001", "0198c2f1-bbbb-7000-8000-000000000002"


@pytest.fixture
def three(home: Home, logins: Logins) -> Home:
    """A home that is one of three logins."""
    logged_in(home, logins, "keyring")
    web = session("01aa0000-cccc-7000-8000-000000000003", name="", client="Firefox\x1b[2J", kind="web")
    logins.sessions = [session(_OURS, current=True), session(_OTHER, name="desk"), web]
    return home


def _ids(logins: Logins) -> list[str]:
    return [row["id"][:8] + row["id"][8:10] for row in logins.sessions]


@pytest.mark.parametrize("words", [["sessions"], ["sessions", "list"]])
def test_the_logins_are_listed(words: list[str], three: Home, logins: Logins) -> None:
    assert three.run(*words).out.splitlines() == [
        "ID          MACHINE      ADDRESS    LAST USED (UTC)",
        "0198c2f1-a  laptop       192.0.2.7  2026-11-23 10:05  this one",
        "0198c2f1-b  desk         192.0.2.7  2026-11-23 10:05",
        "01aa0000-c  Firefox␛[2J  192.0.2.7  2026-11-23 10:05",
    ]


def test_as_json_they_are_whole(three: Home, logins: Logins) -> None:
    told = json.loads(three.run("sessions", "--json").out)["sessions"]
    assert [row["id"] for row in told] == [row["id"] for row in logins.sessions]
    assert [row["current"] for row in told] == [True, False, False]
    assert told[1] == logins.sessions[1]


def test_one_is_ended_by_the_beginning_of_its_id(three: Home, logins: Logins) -> None:
    ran = three.run("sessions", "end", "0198C2F1-b", "01aa")
    assert (ran.code, ran.err) == (0, "Ended 2 logins.\n")
    assert _ids(logins) == ["0198c2f1-a"]
    assert three.run("ask", "hi").code == 0


@pytest.mark.parametrize(
    ("word", "code", "sentence"),
    [
        ("019", 2, "019 is no id: at least 4 characters of one."),
        ("", 2, "The id is empty."),
        ("0198c2f1", 2, "2 logins have an id that begins with 0198c2f1; type more of it."),
        ("ffffffff", 1, "There is no login ffffffff."),
    ],
)
def test_what_names_no_single_login_ends_none(word: str, code: int, sentence: str, three: Home, logins: Logins) -> None:
    ran = three.run("sessions", "end", "01aa0000", word)
    assert (ran.code, ran.err.splitlines()[0]) == (code, f"ant: {sentence}")
    assert len(logins.sessions) == 3


def test_the_others_are_ended(three: Home, logins: Logins) -> None:
    ran = three.run("sessions", "end", "--others")
    assert (ran.code, ran.err) == (0, "Ended 2 logins.\n")
    assert _ids(logins) == ["0198c2f1-a"]


def test_to_end_our_own_is_to_log_out(three: Home, logins: Logins) -> None:
    ran = three.run("sessions", "end", _OURS, _OTHER)
    assert ran.err == "Ended 2 logins; you are logged out here.\n"
    assert logins.seen[-1] == f"DELETE /v1/sessions/{_OURS}"  # last, since then the token is worth nothing
    assert stored(three, logins) == json.loads(keyring_of(three).read_text()) == {}


def test_to_end_all_needs_a_yes(three: Home, logins: Logins) -> None:
    ran = three.run("sessions", "end", "--all")
    assert (ran.code, ran.err) == (2, "ant: There is no terminal to ask on.\n--yes goes on without asking.\n")
    assert len(logins.sessions) == 3
    assert json.loads(three.run("sessions", "end", "--all", "--yes", "--json").out) == {"ended": 3}
    assert (logins.sessions, stored(three, logins)) == ([], {})


@pytest.mark.parametrize(("said", "code"), [("y", 0), ("", 1)])
def test_on_a_terminal_the_yes_is_asked_for(said: str, code: int, three: Home, logins: Logins) -> None:
    terminal = pexpect.spawn(ANT[0], [*ANT[1:], "sessions", "end", "--all"], env=three.environ, timeout=20)
    terminal.expect_exact("[y/N] ")
    terminal.sendline(said)
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert terminal.exitstatus == code
    assert (logins.sessions == []) == (code == 0)


@pytest.mark.parametrize(
    "words",
    [["end"], ["ls"], ["list", "x"], ["end", "--all", "--others"], ["end", "01aa0000", "--others"], ["--all"]],
)
def test_what_makes_no_sense_ends_nothing(words: list[str], three: Home, logins: Logins) -> None:
    assert three.run("sessions", *words, "--yes").code == 2
    assert (len(logins.sessions), logins.stub.requests) == (3, [])


def test_a_key_is_shown_once_and_alone(user: Home, logins: Logins) -> None:
    ran = user.run("keys", "new", "ci runner")
    assert (ran.code, ran.out) == (0, "aniate_sk_" + "n" * 43 + "\n")
    assert "ANT_TOKEN" in ran.err
    assert logins.keys[0]["name"] == "ci runner"
    told = json.loads(user.run("keys", "new", "other", "--json").out)
    assert (told["name"], told["key"]) == ("other", "aniate_sk_" + "n" * 43)
    assert "nnnn" not in user.run("keys", "list").out


def test_keys_are_listed_and_revoked(user: Home, logins: Logins) -> None:
    user.run("keys", "new", "first")
    user.run("keys", "new", "second")
    assert user.run("keys").out.splitlines() == [
        "ID        NAME    BEGINS WITH      MADE (UTC)",
        "00000000  first   aniate_sk_abcd…  2026-11-23 10:00",
        "00000001  second  aniate_sk_abcd…  2026-11-23 10:00",
    ]
    assert user.run("keys", "revoke", "0000").code == 2
    assert user.run("keys", "revoke", "00000001").err == "Revoked the key second.\n"
    assert [row["name"] for row in json.loads(user.run("keys", "list", "--json").out)["keys"]] == ["first"]
    assert user.run("keys", "revoke", "00000001").code == 1


@pytest.mark.parametrize("words", [["new"], ["new", "a", "b"], ["revoke"], ["list", "x"], ["frobnicate"]])
def test_what_makes_no_sense_changes_no_key(words: list[str], user: Home, logins: Logins) -> None:
    assert user.run("keys", *words).code == 2
    assert logins.stub.requests == []


@pytest.mark.parametrize("words", [["sessions"], ["keys"], ["keys", "new", "x"]])
def test_without_a_login_nothing_is_asked(words: list[str], home: Home, logins: Logins) -> None:
    assert home.run(*words, "--host", logins.stub.url).code == 4
    assert logins.stub.requests == []


@pytest.mark.parametrize("address", ["192.0.2.254", "2001:db8:1234:5678:9abc:def0:1234:5678"])
def test_the_logins_fit_a_terminal(address: str, three: Home, logins: Logins) -> None:
    logins.sessions += [session("02aa0000-cccc-7000-8000-000000000004", name="m" * 64, address=address, current=True)]
    command = [*ANT[1:], "sessions"]
    terminal = pexpect.spawn(ANT[0], command, env=three.environ, dimensions=(24, 80), encoding="utf-8", timeout=20)
    terminal.expect(pexpect.EOF)
    lines = str(terminal.before).splitlines()
    assert len(lines) == 5
    assert max(map(len, lines)) <= 80
    assert lines[-1].endswith("this one") and "mm…" in lines[-1]
    assert address in three.run("sessions").out  # whole, where no terminal is


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "The key's name is empty."), (" ", "The key's name is empty."),
     ("x" * 201, "The key's name has 201 characters; 200 are the most."),
     ("a\nb", "The key's name must be one line of letters that can be shown.")],
)  # fmt: skip
def test_a_name_that_no_key_can_have_is_told_before_anything_is_sent(
    name: str, sentence: str, user: Home, logins: Logins
) -> None:
    ran = user.run("keys", "new", name)
    assert (ran.code, ran.err.splitlines()[0]) == (2, f"ant: {sentence}")
    assert logins.stub.requests == []


def test_to_revoke_the_key_in_use_is_told(user: Home, logins: Logins) -> None:
    row = {"name": "here", "created_at": "2026-11-23T10:00:00Z"}
    beginnings = {"aaaa": "aniate_sk_kkkk", "bbbb": "aniate_sk_bbbb"}
    logins.keys = [{**row, "id": f"{letters}-key", "prefix": prefix} for letters, prefix in beginnings.items()]
    assert user.run("keys", "revoke", "bbbb").err == "Revoked the key here.\n"
    told = user.run("keys", "revoke", "aaaa").err.splitlines()
    assert told[0] == "Revoked the key here."
    assert told[1].startswith("It is the key that `ant` goes by here, in ")


def test_a_key_that_does_not_exist_is_told_with_where_they_are_listed(user: Home, logins: Logins) -> None:
    assert user.run("keys", "revoke", "zzzz").err == "ant: There is no key zzzz.\n`ant keys` lists them.\n"
    assert user.run("keys", "revoke", "").err == "ant: The id is empty.\n`ant keys` shows the ids.\n"


def test_what_the_server_gives_no_usable_id_is_not_listed_and_breaks_nothing(three: Home, logins: Logins) -> None:
    logins.sessions.append(session("0198dddd\x1b[2J \u241b", name="odd"))
    assert "odd" not in three.run("sessions").out
    assert three.run("sessions", "end", "0198dddd").code == 1
