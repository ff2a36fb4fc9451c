"""The embedded PostgreSQL: starts, stops, is killed, starts again; and lets nobody else in."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from aniate_server.plumbing.embedded import cluster
from aniate_server.plumbing.embedded import postgres as module
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import SetupError

NO_FSYNC = {"fsync": "off"}  # processes are killed here, never the power
LIMIT_S = 20


@pytest.fixture(scope="module")
def server(short_folder) -> Iterator[EmbeddedPostgres]:
    """One for the module; each test leaves it startable."""
    server = EmbeddedPostgres(short_folder / "embedded", settings=NO_FSYNC)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def running(server) -> EmbeddedPostgres:
    if server.process.poll() is not None:
        server.start()
    return server


def ask(server: EmbeddedPostgres, query: str) -> object:
    with psycopg.connect(server.superuser_url, autocommit=True) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def gone(pids: list[int]) -> bool:
    """Whether all of them end within the limit."""

    def alive(pid: int) -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
        except FileNotFoundError:
            return False

    deadline = time.monotonic() + LIMIT_S
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(alive, pids))


def test_it_runs_with_our_settings(running):
    assert str(ask(running, "show server_version")).startswith("18.")
    shown = {name: ask(running, f"show {name}") for name in ("listen_addresses", "max_connections", "jit", "timezone")}
    assert shown == {"listen_addresses": "", "max_connections": "50", "jit": "off", "timezone": "UTC"}
    assert ask(running, "show synchronous_commit") == "on"
    assert ask(running, "select upper('ä')") == "Ä"
    assert ask(running, "select datlocale from pg_database where datname = 'postgres'") == "C.UTF-8"


def test_it_stops_with_nothing_left_and_keeps_what_was_written(running):
    with psycopg.connect(running.superuser_url) as connection:
        connection.execute("create table kept as select 42 as x")
    pids = family(running.process.pid)
    assert len(pids) > 3
    started = time.monotonic()
    running.stop()
    assert time.monotonic() - started < LIMIT_S
    assert gone(pids)
    running.stop()  # a second time does nothing
    running.start()
    assert ask(running, "select x from kept") == 42


def test_it_listens_on_its_socket_alone(running):
    sockets = subprocess.run(
        ["readlink", *(str(fd) for fd in Path(f"/proc/{running.process.pid}/fd").iterdir())],
        capture_output=True,
        text=True,
    ).stdout.split()
    inodes = {name[len("socket:[") : -1] for name in sockets if name.startswith("socket:")}
    tcp = [line.split() for name in ("tcp", "tcp6") for line in Path(f"/proc/net/{name}").read_text().splitlines()[1:]]
    assert inodes
    assert not inodes & {fields[9] for fields in tcp}
    unix = [line.split() for line in Path("/proc/net/unix").read_text().splitlines()[1:]]
    assert [fields[7] for fields in unix if fields[6] in inodes] == [str(running.folder / "run" / ".s.PGSQL.5432")]


def test_only_we_may_enter_its_folders(running):
    def mode(path: Path) -> str:
        return stat.filemode(path.stat().st_mode)

    assert {name: mode(running.folder / name) for name in (".", "data", "run", "log", "postgres.password")} == {
        ".": "drwx------",
        "data": "drwx------",
        "run": "drwx------",
        "log": "-rw-------",
        "postgres.password": "-rw-------",
    }


@pytest.mark.parametrize("password", ["wrong", ""])
def test_a_wrong_password_is_refused(running, password):
    url = running.superuser_url
    secret = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
        psycopg.connect(url.replace(secret, password))


def test_passwords_are_kept_as_scram_verifiers_and_not_in_the_log(running):
    assert str(ask(running, "select rolpassword from pg_authid where rolname = 'postgres'")).startswith(
        "SCRAM-SHA-256$"
    )
    rules = "select string_agg(distinct auth_method, ',') from pg_hba_file_rules where type = 'local'"
    assert ask(running, rules) == "scram-sha-256"
    secret = (running.folder / "postgres.password").read_text()
    assert secret not in (running.folder / "log").read_text()


def test_the_server_role_gets_its_password_and_no_one_sees_it(running):
    with psycopg.connect(running.superuser_url, autocommit=True) as connection:
        connection.execute("create role aniate_server login")
        connection.execute("alter system set log_statement = 'all'")
        connection.execute("select pg_reload_conf()")
        try:
            time.sleep(0.2)
            running.allow_server_role()
            running.allow_server_role()
            with psycopg.connect(running.server_url) as mine:
                assert mine.execute("select current_user").fetchone() == ("aniate_server",)
            secret = running.server_url.split(":")[2].split("@")[0]
            log = (running.folder / "log").read_text()
            assert "alter role" in log
            assert secret not in log
        finally:
            connection.execute("alter system reset log_statement")
            connection.execute("select pg_reload_conf()")
            connection.execute("drop role aniate_server")


def test_it_starts_again_after_a_kill_and_has_all_that_was_acknowledged(running):
    with psycopg.connect(running.superuser_url, autocommit=True) as connection:
        connection.execute("create table counted (n int)")
        for number in range(50):
            connection.execute("insert into counted values (%s)", [number])
        pids = family(running.process.pid)
        running.process.kill()
    running.start()
    assert ask(running, "select count(*) from counted") == 50
    assert gone(pids)


PARENT = """
import pathlib, sys, time
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
server = EmbeddedPostgres(pathlib.Path(sys.argv[1]), settings={"fsync": "off"})
server.start()
print(server.process.pid, flush=True)
time.sleep(60)
"""


def start_elsewhere(folder: Path) -> tuple[subprocess.Popen[str], int]:
    """The server as the child of another process of ours; that process and the server's pid."""
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(folder)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    line = parent.stdout.readline()
    parent.stdout.close()
    return parent, int(line)


def test_no_process_is_left_when_its_parent_is_killed_and_the_next_start_works(running):
    running.stop()
    parent, pid = start_elsewhere(running.folder)
    pids = family(pid)
    assert len(pids) > 3
    parent.kill()
    parent.wait()
    running.start()  # at once, while the old one may still be ending
    assert ask(running, "select 1") == 1
    assert gone(pids)
    assert running.process.pid not in pids


def test_it_starts_again_after_a_kill_of_both(running):
    running.stop()
    parent, pid = start_elsewhere(running.folder)
    pids = family(pid)
    os.kill(pid, signal.SIGKILL)
    parent.kill()
    parent.wait()
    running.start()
    assert ask(running, "select 1") == 1
    assert gone(pids)


def test_a_second_server_on_the_folder_is_refused_while_the_first_lives(running, monkeypatch):
    monkeypatch.setattr(module, "LOCK_S", 0.2)
    with pytest.raises(SetupError, match="Another server still uses the data folder"):
        EmbeddedPostgres(running.folder).start()
    assert ask(running, "select 1") == 1


def test_four_first_starts_at_once_leave_one_whole_folder(short_folder):
    """Each waits for the one before it to end."""
    folder = short_folder / "race"
    script = PARENT.replace("time.sleep(60)", "server.stop()")
    starts = [
        subprocess.Popen([sys.executable, "-c", script, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(4)
    ]
    results = [start.communicate(timeout=100) for start in starts]
    assert [(start.returncode, errors) for start, (_, errors) in zip(starts, results, strict=True)] == [(0, b"")] * 4
    assert len({out for out, _ in results}) == 4


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="half-written"),
        pytest.param("999999999\n", id="of a dead process"),
        pytest.param(f"{os.getppid()}\n", id="its number is somebody else's now"),
        pytest.param("1\n", id="its number is init's now"),
    ],
)
def test_a_stale_pid_file_does_not_stop_a_start(running, content):
    running.stop()
    (running.folder / "data" / "postmaster.pid").write_text(content)
    running.start()
    assert ask(running, "select 1") == 1


def test_a_server_that_was_started_by_hand_is_left_alone(running):
    """It holds no lock of ours, so its pid file is what tells."""
    running.stop()
    data, run = running.folder / "data", running.folder / "run"
    command = cluster.guarded_command(
        [str(cluster.wheel_bin_dir() / "postgres"), "-D", str(data), "-k", str(run), "-c", "listen_addresses="],
        as_other_user=os.geteuid() == 0,
    )
    by_hand = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + LIMIT_S
        while "ready" not in (data / "postmaster.pid").read_text() if (data / "postmaster.pid").exists() else True:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        with pytest.raises(SetupError, match=f"Another PostgreSQL \\(pid {by_hand.pid}\\) runs on the data folder"):
            running.start()
        assert ask(running, "select 1") == 1
    finally:
        by_hand.send_signal(signal.SIGINT)
        by_hand.wait(LIMIT_S)
        if by_hand.stdin:
            by_hand.stdin.close()


def test_a_half_made_folder_is_cleared_away(short_folder):
    folder = short_folder / "halfmade"
    (folder / "init-dead").mkdir(parents=True)
    (folder / "init-dead" / "PG_VERSION").write_text("18")
    server = EmbeddedPostgres(folder, settings=NO_FSYNC)
    server.start()
    try:
        assert ask(server, "select 1") == 1
        assert not list(folder.glob("init-*"))
    finally:
        server.stop()


def test_a_failed_set_up_leaves_no_data_and_says_why(short_folder, tmp_path):
    (tmp_path / "initdb").write_text("#!/bin/sh\nmkdir -p $2\necho 'initdb: error: no space left' >&2\nexit 1\n")
    (tmp_path / "initdb").chmod(0o755)
    server = EmbeddedPostgres(short_folder / "failed", tmp_path)
    with pytest.raises(SetupError, match="PostgreSQL could not start: initdb: error: no space left"):
        server.start()
    assert not (short_folder / "failed" / "data").exists()


def test_programs_that_are_missing_are_said(short_folder, tmp_path):
    with pytest.raises(SetupError, match=r"PostgreSQL could not be run: Cannot run .*initdb"):
        EmbeddedPostgres(short_folder / "missing", tmp_path).start()


def test_a_folder_whose_path_is_too_long_for_a_socket_is_refused_with_nothing_written(short_folder):
    folder = short_folder / ("x" * 100)
    with pytest.raises(SetupError, match="path is too long for PostgreSQL's socket, by"):
        EmbeddedPostgres(folder).start()
    assert not folder.exists()


def test_the_longest_path_that_is_accepted_works(short_folder):
    room = module.LONGEST_SOCKET_PATH - len(str(short_folder / "x" / "run" / module.SOCKET_NAME))
    server = EmbeddedPostgres(short_folder / ("x" * (room + 1)), settings=NO_FSYNC)
    server.start()
    try:
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


def test_odd_letters_in_the_path_do_no_harm(short_folder):
    folder = short_folder / """a b'c"d%e\\f@g?h"""
    server = EmbeddedPostgres(folder, settings=NO_FSYNC)
    server.start()
    try:
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


def test_a_comma_in_the_path_is_refused(short_folder):
    with pytest.raises(SetupError, match="must not contain a comma"):
        EmbeddedPostgres(short_folder / "a,b").start()


def test_a_lost_password_file_is_said(running):
    file = running.folder / "postgres.password"
    kept = file.read_text()
    running.stop()
    file.unlink()
    try:
        with pytest.raises(SetupError, match=r"The passwords kept in .* are not those of its database"):
            running.start()
    finally:
        file.write_text(kept)
    running.start()


def test_a_server_that_does_not_heed_is_killed(running, monkeypatch):
    monkeypatch.setattr(module, "STOP_S", 0.2)
    pids = family(running.process.pid)
    running.process.send_signal(signal.SIGSTOP)
    running.stop()
    assert gone(pids)
