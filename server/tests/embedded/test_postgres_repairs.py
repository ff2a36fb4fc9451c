"""The embedded PostgreSQL after a sudden death: of itself, of its parent, of both; and what they leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest

from aniate_server.plumbing.embedded import cluster
from aniate_server.plumbing.embedded import postgres as module
from aniate_server.plumbing.embedded.guarded import guarded_command
from aniate_server.plumbing.embedded.postgres import EmbeddedPostgres
from aniate_server.plumbing.errors import SetupError
from server.tests.embedded.processes import LIMIT_S, Ask, family, gone

NO_FSYNC = {"fsync": "off"}


def test_it_starts_again_after_a_kill_and_has_all_that_was_acknowledged(running: EmbeddedPostgres, ask: Ask) -> None:
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


def test_no_process_is_left_when_its_parent_is_killed_and_the_next_start_works(
    running: EmbeddedPostgres, ask: Ask
) -> None:
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


def test_it_starts_again_after_a_kill_of_both(running: EmbeddedPostgres, ask: Ask) -> None:
    running.stop()
    parent, pid = start_elsewhere(running.folder)
    pids = family(pid)
    os.kill(pid, signal.SIGKILL)
    parent.kill()
    parent.wait()
    running.start()
    assert ask(running, "select 1") == 1
    assert gone(pids)


def test_a_second_server_on_the_folder_is_refused_while_the_first_lives(
    running: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch, ask: Ask
) -> None:
    monkeypatch.setattr(module, "LOCK_S", 0.2)
    with pytest.raises(SetupError, match="Another server still uses the data folder"):
        EmbeddedPostgres(running.folder).start()
    assert ask(running, "select 1") == 1


def test_four_first_starts_at_once_leave_one_whole_folder(short_folder: Path) -> None:
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
def test_a_stale_pid_file_does_not_stop_a_start(running: EmbeddedPostgres, content: str, ask: Ask) -> None:
    running.stop()
    (running.folder / "data" / "postmaster.pid").write_text(content)
    running.start()
    assert ask(running, "select 1") == 1


def test_a_server_that_was_started_by_hand_is_left_alone(running: EmbeddedPostgres, ask: Ask) -> None:
    """It holds no lock of ours, so its pid file is what tells."""
    running.stop()
    data, run = running.folder / "data", running.folder / "run"
    command = guarded_command(
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


def test_a_half_made_folder_is_cleared_away(short_folder: Path, ask: Ask) -> None:
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


def test_a_failed_set_up_leaves_no_data_and_says_why(short_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "initdb").write_text("#!/bin/sh\nmkdir -p $2\necho 'initdb: error: no space left' >&2\nexit 1\n")
    (tmp_path / "initdb").chmod(0o755)
    server = EmbeddedPostgres(short_folder / "failed", tmp_path)
    with pytest.raises(SetupError, match="PostgreSQL could not start: initdb: error: no space left"):
        server.start()
    assert not (short_folder / "failed" / "data").exists()


def test_programs_that_are_missing_are_said(short_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"PostgreSQL could not be run: Cannot run .*initdb"):
        EmbeddedPostgres(short_folder / "missing", tmp_path).start()


def test_a_server_that_does_not_heed_is_killed(running: EmbeddedPostgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STOP_S", 0.2)
    pids = family(running.process.pid)
    running.process.send_signal(signal.SIGSTOP)
    running.stop()
    assert gone(pids)
