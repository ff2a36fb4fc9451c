"""Every command where little works: no network, no login, no room, no folder, no terminal, a hostile repository."""

from __future__ import annotations

import os
import pty
import select
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import published
import pytest
from ant_process import ANT, TIMEOUT_S, Home, Ran
from ant_stub import KEY, Server, Stub
from brewed_stub import LINES
from furnished import Place, answer_in_form, furnish, spoil

from aniate.agreed import hash_of
from aniate.brewed import Brewed
from aniate.table import TABLE

_HASH = hash_of(Brewed(LINES))
CALLS = {
    "ask": "hi",
    "what": "trace.txt",
    "review": "--no-stdin",
    "commit": "",
    "copy": "",
    "net": "hi",
    "shell": "list",
    "fix": "--no-stdin app.py",
    "undo": "--yes",
    "run": "coder hi",
    "chat": "",
    "history": "",
    "brew.chat": "poet --prompt rhymes",
    "brew.cmd": "count words",
    "cmd": "asks x",
    "show": "coder",
    "edit": "coder --prompt x",
    "agree": f"lines --hash {_HASH}",
    "share": "lines",
    "delete.cmd": "lines --yes",
    "delete.chat": "coder --yes",
    "export": "coder -",
    "import": "lines.txt --as other --yes",
    "list": "",
    "help": "",
    "login": "--with-token --in-file",
    "signup": "--device",
    "logout": "",
    "whoami": "",
    "sessions": "",
    "keys": "list",
    "usage": "",
    "doctor": "",
    "config": "set timeout 7",
    "init": "bash",
    "completion": "bash",
}
"""How each command is called."""
ELSE = {"undo": 1, "chat": 2, "signup": 2}
"""What does not end with 0 here even where all works: there is nothing to undo, no terminal, and no keyring."""
LOCAL = {"copy", "undo", "chat", "history", "list", "help", "logout", "config", "init", "completion"}
"""What needs neither a server nor a login."""
WITHOUT_LOGIN = LOCAL | {"login", "signup", "doctor"}
KEEPERS = {"agree", "login", "logout", "config"}
"""What is asked for in order to be kept: where it can't be, they fail."""
PROMPTED = {"commit", "shell", "fix", "brew.cmd", "login", "signup", "chat"}
"""What asks on a terminal; it is told that the input ends."""
_READ_ONLY = 'mount --bind "$HOME" "$HOME" && mount -o remount,ro,bind "$HOME" && exec "$@"'
_FULL = """cp -a "$HOME" "$HOME.kept" && mount -t tmpfs -o size=128k tmpfs "$HOME" || exit
cp -a "$HOME.kept/." "$HOME" || exit
cat /dev/zero > "$HOME/filler" 2> /dev/null
"$@"
code=$?
cp -a "$HOME/." "$HOME.after" || exit
exit $code"""
_mounts = subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
mounting = pytest.mark.skipif(not _mounts, reason="no folder can be mounted here")
every = pytest.mark.parametrize("name", CALLS)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    stub = Stub(reply=answer_in_form)
    with Server(stub):
        yield furnish(stub, tmp_path_factory.mktemp("everywhere"))


@pytest.fixture
def there(place: Place, tmp_path: Path) -> Home:
    """A home that is logged in, and a repository with a change."""
    home = place.furnish(tmp_path)
    talk = next((home.folder / ".local/state/aniate/history").iterdir())
    talk.write_text(talk.read_text().replace(str(place.template), str(tmp_path)))
    return home


def words_of(name: str, as_json: bool = False) -> list[str]:
    """The call, with `--json` if it is wanted and known."""
    known = as_json and any(option.name == "json" for option in TABLE[name].options)
    return [name, *(["--json"] if known else []), *CALLS[name].split()]


def run(home: Home, words: list[str], shell: str = 'exec "$@"', **environ: str) -> Ran:
    """Run it by a line of shell; if it prints JSON, that is as published, and it is never a bug."""
    by = ["unshare", "-rm", "sh", "-c", shell, "sh"] if "mount" in shell else ["sh", "-c", shell, "sh"]
    done = subprocess.run(
        [*by, *ANT, *words], input=KEY.encode() + b"\n" if "login" in words else None,
        stdin=None if "login" in words else subprocess.DEVNULL, cwd=home.work, env={**home.environ, **environ},
        capture_output=True, timeout=TIMEOUT_S, check=False,
    )  # fmt: skip
    ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
    assert ran.code in (0, 1, 2, 4) and "Traceback" not in ran.err, ran.err
    published.check(words, ran.code, ran.out, ran.err)
    return ran


def test_each_command_is_here() -> None:
    assert sorted(CALLS) == sorted(TABLE)


@every
def test_where_all_works_it_works(name: str, there: Home) -> None:
    ran = run(there, words_of(name, as_json=True))
    assert ran.code == ELSE.get(name, 0), ran.err


@every
def test_without_a_network_what_is_local_works_and_the_rest_says_so(name: str, there: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    ran = run(there, words_of(name, as_json=True), 'exec "$@" <&-', ANT_HOST=url, ANT_TOKEN=KEY)
    if name in LOCAL:
        assert ran.code == ELSE.get(name, 0), ran.err
    elif name not in ("login", "signup"):  # they look for a key, and a keyring, first
        assert ran.code == 1
        assert "can't be reached" in ran.out + ran.err


@every
def test_logged_out_what_needs_a_login_says_how(name: str, there: Home, place: Place) -> None:
    shutil.rmtree(there.config)
    ran = run(there, words_of(name), ANT_HOST=place.stub.url, LC_ALL="POSIX", TERM="dumb", NO_COLOR="1")
    assert ran.code == (ELSE.get(name, 0) if name in WITHOUT_LOGIN else 4), ran.err
    assert ran.code != 4 or "Log in with `ant login`." in ran.err
    assert "\x1b" not in ran.out + ran.err


@mounting
@every
def test_in_a_home_that_is_read_only_answers_are_shown(name: str, there: Home) -> None:
    ran = run(there, words_of(name), _READ_ONLY)
    if name in KEEPERS:
        assert (ran.code, ran.out) == (1, "")
        assert "Read-only file system" in ran.err
    else:
        assert ran.code == (1 if name == "doctor" else ELSE.get(name, 0)), ran.err
        assert "Read-only" not in ran.err


@mounting
@every
def test_on_a_full_disk_answers_are_shown_and_nothing_is_lost(name: str, there: Home) -> None:
    ran = run(there, words_of(name), _FULL)
    if name in KEEPERS:
        assert ran.code == 1
        assert "No space left on device" in ran.err
    else:
        assert ran.code == (1 if name == "doctor" else ELSE.get(name, 0)), ran.err
        assert "No space left" not in ran.err
    after = kept(there.folder.with_name("home.after"))
    assert kept(there.folder.with_name("home.kept")).items() <= after.items()
    assert not [path for path in after if path.endswith(".new")]


def kept(home: Path) -> dict[str, bytes]:
    """What lies there, but for what only fills it or locks, and the answer that a later one takes the place of."""
    passing = ("filler", "last-answer")
    files = [path for path in home.rglob("*") if path.is_file() and path.suffix != ".lock" and path.name not in passing]
    return {str(path.relative_to(home)): path.read_bytes() for path in files}


@every
def test_where_stdout_is_closed_no_question_is_sent(name: str, there: Home, place: Place) -> None:
    ran = run(there, words_of(name), 'exec "$@" >&-')
    assert ran.code in (0, 1, 2) and ran.out == ""
    assert ran.code != 1 or name == "undo" or "standard output is closed" in ran.err
    assert ran.code == 0 or not place.stub.questions


def test_no_key_is_made_that_nobody_sees(there: Home, place: Place) -> None:
    ran = run(there, ["keys", "new", "ci"], 'exec "$@" >&-')
    assert (ran.code, place.stub.requests) == (1, [])


@every
def test_in_a_folder_that_was_deleted_nothing_is_a_bug(name: str, there: Home) -> None:
    ran = run(there, words_of(name, as_json=True), 'cd "$(mktemp -d)" && rmdir "$PWD" && exec "$@"')
    assert ran.code in (ELSE.get(name, 0), 1), ran.err


@every
def test_on_a_narrow_and_dumb_terminal_nothing_breaks(name: str, there: Home) -> None:
    code, shown = on_a_terminal(there, words_of(name))
    assert code in (0, 1, 2), shown
    assert "Sorry" not in shown and "Traceback" not in shown
    assert "\x1b" not in shown


def on_a_terminal(home: Home, words: list[str]) -> tuple[int, str]:
    """Run it on a terminal of 20 columns at which nobody sits any more."""
    ours, its = pty.openpty()
    os.set_blocking(ours, False)
    environ = {**home.environ, "TERM": "dumb", "NO_COLOR": "1", "LANG": "C"}
    sized = ["sh", "-c", 'stty cols 20; exec "$@"', "sh", *ANT, *words]
    with subprocess.Popen(
        sized, stdin=its, stdout=its, stderr=its, cwd=home.work, env=environ, start_new_session=True
    ) as process:
        os.close(its)
        shown = b""
        while True:
            if not select.select([ours], [], [], 0.2 if words[0] in PROMPTED else TIMEOUT_S)[0]:
                os.write(ours, b"\x04")
                continue
            try:
                block = os.read(ours, 65536)
            except OSError:  # as Linux tells the end
                block = b""
            if not block:
                break
            shown += block
    os.close(ours)
    return process.wait(TIMEOUT_S), shown.decode("utf-8", "replace")


@every
def test_a_hostile_folder_runs_nothing_and_paints_nothing(name: str, there: Home) -> None:
    spoil(there)
    for words in [words_of(name), *([[name, "."]] if name in ("what", "fix") else [])]:
        ran = run(there, words)
        assert not (there.folder / "canary").exists(), (there.folder / "canary").read_text()
        assert "\x1b" not in ran.out + ran.err and "Warning" not in ran.err
        assert ran.code == ELSE.get(name, 0) or name == "fix", ran.err


@mounting
@pytest.mark.parametrize("call", ["export coder FILE --force", "history export last FILE --force"])
def test_on_a_full_disk_a_file_that_would_be_written_over_stays(call: str, there: Home, place: Place) -> None:
    place.stub.assistants["coder"]["prompt"] = "x" * 30_000
    talk = next((there.folder / ".local/state/aniate/history").iterdir())
    talk.write_text(talk.read_text().replace("Revert it.", "x" * 30_000))
    (there.folder / "kept.md").write_text("Mine.")
    for name in ("kept.md", "new.md"):
        ran = run(there, call.replace("FILE", str(there.folder / name)).split(), _FULL.replace("128k", "256k"))
        assert ran.code == 1 and "no space left" in ran.err.lower()
        assert kept(there.folder.with_name("home.after")) == kept(there.folder.with_name("home.kept"))
        shutil.rmtree(there.folder.with_name("home.after"))
        shutil.rmtree(there.folder.with_name("home.kept"))
