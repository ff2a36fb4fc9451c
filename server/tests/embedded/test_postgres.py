"""The embedded PostgreSQL: starts, stops, and lets nobody else in."""

from __future__ import annotations

import stat
import subprocess
import time
from pathlib import Path

import psycopg
import pytest

from aniate_server.plumbing.embedded import postgres as module
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import SetupError
from server.tests.embedded.processes import LIMIT_S, Ask, family, gone

NO_FSYNC = {"fsync": "off"}


def test_it_runs_with_our_settings(running: EmbeddedPostgres, ask: Ask) -> None:
    assert str(ask(running, "show server_version")).startswith("18.")
    shown = {name: ask(running, f"show {name}") for name in ("listen_addresses", "max_connections", "jit", "timezone")}
    assert shown == {"listen_addresses": "", "max_connections": "50", "jit": "off", "timezone": "UTC"}
    assert ask(running, "show synchronous_commit") == "on"
    assert ask(running, "select upper('ä')") == "Ä"
    assert ask(running, "select datlocale from pg_database where datname = 'postgres'") == "C.UTF-8"


def test_it_stops_with_nothing_left_and_keeps_what_was_written(running: EmbeddedPostgres, ask: Ask) -> None:
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


def test_it_listens_on_its_socket_alone(running: EmbeddedPostgres) -> None:
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


def test_only_we_may_enter_its_folders(running: EmbeddedPostgres) -> None:
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
def test_a_wrong_password_is_refused(running: EmbeddedPostgres, password: str) -> None:
    url = running.superuser_url
    secret = url.split(":")[2].split("@")[0]
    with pytest.raises(psycopg.OperationalError, match=r"password authentication failed|no password supplied"):
        psycopg.connect(url.replace(secret, password))


def test_passwords_are_kept_as_scram_verifiers_and_not_in_the_log(running: EmbeddedPostgres, ask: Ask) -> None:
    assert str(ask(running, "select rolpassword from pg_authid where rolname = 'postgres'")).startswith(
        "SCRAM-SHA-256$"
    )
    rules = "select string_agg(distinct auth_method, ',') from pg_hba_file_rules where type = 'local'"
    assert ask(running, rules) == "scram-sha-256"
    secret = (running.folder / "postgres.password").read_text()
    assert secret not in (running.folder / "log").read_text()


def test_the_server_role_gets_its_password_and_no_one_sees_it(running: EmbeddedPostgres) -> None:
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


def test_a_folder_whose_path_is_too_long_for_a_socket_is_refused_with_nothing_written(short_folder: Path) -> None:
    folder = short_folder / ("x" * 100)
    with pytest.raises(SetupError, match="path is too long for PostgreSQL's socket, by"):
        EmbeddedPostgres(folder).start()
    assert not folder.exists()


def test_the_longest_path_that_is_accepted_works(short_folder: Path, ask: Ask) -> None:
    room = module.LONGEST_SOCKET_PATH - len(str(short_folder / "x" / "run" / module.SOCKET_NAME))
    server = EmbeddedPostgres(short_folder / ("x" * (room + 1)), settings=NO_FSYNC)
    server.start()
    try:
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


def test_odd_letters_in_the_path_do_no_harm(short_folder: Path, ask: Ask) -> None:
    folder = short_folder / """a b'c"d%e\\f@g?h"""
    server = EmbeddedPostgres(folder, settings=NO_FSYNC)
    server.start()
    try:
        assert ask(server, "select 1") == 1
    finally:
        server.stop()


def test_a_comma_in_the_path_is_refused(short_folder: Path) -> None:
    with pytest.raises(SetupError, match="must not contain a comma"):
        EmbeddedPostgres(short_folder / "a,b").start()


def test_a_lost_password_file_is_said(running: EmbeddedPostgres) -> None:
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
