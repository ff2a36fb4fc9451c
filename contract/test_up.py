"""`aniate-server up` on a fresh machine: what it starts, what it says, what it leaves behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from contract.house import BIN, House, environment, until
from server.tests.doubles.groq import KEY, Groq


@pytest.fixture
def plot(folder: Path, groq: Groq) -> House:
    """A house that has not been started yet."""
    return House(folder, environment(folder, groq))


def test_a_second_up_says_where_the_first_one_is(house: House) -> None:
    url = house.server("status", "--url").stdout.strip()
    for arguments in (["up"], ["up", "--background"]):
        second = house.server(*arguments, check=False)
        assert second.returncode == 1
        assert "already running" in second.stderr and url in second.stderr and "down" in second.stderr


def test_a_port_that_is_taken_is_said_in_one_sentence(plot: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        for arguments in (["up", "--port", port], ["up", "--port", port, "--background"]):
            refused = plot.server(*arguments, check=False)
            assert refused.returncode == 1
            assert f"Cannot listen on 127.0.0.1 port {port}: address already in use." in refused.stderr
            assert "Traceback" not in refused.stderr
    assert not plot.processes()


def test_without_weights_and_without_a_key_it_says_how_to_get_either(folder: Path) -> None:
    env = {**environment(folder, None), "XDG_CACHE_HOME": str(folder / "empty")}
    refused = House(folder, env).server("up", check=False)
    assert refused.returncode == 1
    assert "aniate-server model pull" in refused.stderr and "GROQ_API_KEY" in refused.stderr
    assert not House(folder, env).processes()


def test_ctrl_c_stops_everything_that_it_started(plot: House) -> None:
    command = [str(BIN / "aniate-server"), "--data", str(plot.data), "up", "--port", "0"]
    with subprocess.Popen(command, env=plot.env, text=True, stdout=subprocess.PIPE, process_group=0) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("Aniate is up at http://127.0.0.1:")
        family = plot.family(process.pid)
        assert len(family) > 2
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(15) == 0
    until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in family), "the end of every process")


def test_it_writes_into_its_data_folder_and_the_users_own_folders_alone(house: House) -> None:
    assert house.ant("ask", "hi").returncode == 0
    assert {path.name for path in house.folder.iterdir()} == {"data", "home", "cache"}
    home = house.folder / "home"
    written = {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}
    assert written
    ours = (".config/aniate/", ".local/share/aniate/", ".local/state/aniate/")
    assert all(name.startswith(ours) for name in written), written


def test_it_listens_on_loopback_alone_and_postgresql_on_no_port(house: House) -> None:
    links = [link for pid in house.family(house.pid) for link in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {str(link.readlink()) for link in links if link.is_symlink()}
    tables = [Path(f"/proc/net/{name}").read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
    sockets = [line.split() for table in tables for line in table]
    ours = [fields[1] for fields in sockets if fields[3] == "0A" and f"socket:[{fields[9]}]" in inodes]
    assert len(ours) == 1
    assert ours[0].startswith("0100007F:")


def test_commands_work_while_no_server_is_up(plot: House) -> None:
    assert "user add" not in plot.server("admin", "user", "add", "ada@example.com").stderr
    assert "ada@example.com" in plot.server("admin", "user", "list").stdout
    again = plot.server("admin", "user", "add", "ADA@example.com", check=False)
    assert again.returncode == 1
    assert "Traceback" not in again.stderr
    assert plot.server("down").stdout.startswith("No server is running")
    assert plot.server("status", check=False).returncode == 1
    assert not plot.processes()


def test_an_outside_database_must_be_migrated_by_the_command_for_it(house: House, folder: Path, groq: Groq) -> None:
    url = house.superuser_url.replace("dbname=postgres", "dbname=elsewhere").replace("/postgres?", "/elsewhere?")
    house.rows("create database elsewhere")
    other = House(folder / "other", {**environment(folder / "other", groq), "ANIATE_DATABASE_URL": url})
    refused = other.server("up", "--port", "0", check=False)
    assert refused.returncode == 1
    assert "aniate-server migrate" in refused.stderr
    assert "applied 001" in other.server("migrate").stdout
    assert other.server("migrate").stdout == "The database is up to date.\n"
    other.up()
    try:
        other.log_in("elsewhere@localhost")
        assert other.ant("ask", "hi").stdout == "Hello from Groq.\n"
    finally:
        other.server("down")


def test_doctor_says_what_is_there_and_what_is_missing(house: House, folder: Path) -> None:
    well = house.server("doctor")
    assert "FAIL" not in well.stdout and "reachable and up to date" in well.stdout
    bare = House(folder / "bare", {**environment(folder / "bare", None), "XDG_CACHE_HOME": str(folder / "none")})
    ill = bare.server("doctor", check=False)
    assert ill.returncode == 1
    assert "FAIL  model" in ill.stdout and "aniate-server model pull" in ill.stdout


def test_the_worker_settles_what_a_silent_process_left_and_the_process_cannot_settle_it_again(
    plot: House, groq: Groq
) -> None:
    plot.server("up", "--port", "0", "--background", "--no-worker")
    try:
        plot.log_in()
        groq.says, groq.pause_s = ["word "] * 60, 0.1
        with plot.start_ant("ask", "hi") as asking:
            assert asking.stdout
            assert asking.stdout.read(4) == "word"
            plot.rows("update aniate.usage set opened_at = now() - interval '1 hour'")
            state, abandoned = "select state, outcome, estimated from aniate.usage", [("closed", "abandoned", True)]

            def swept() -> bool:
                """Each look silences the serving process again, which goes on saying that it lives."""
                plot.rows("update operations.holders set seen_at = now() - interval '1 hour'")
                return plot.rows(state) == abandoned

            command = [str(BIN / "aniate-server"), "--data", str(plot.data), "worker"]
            with subprocess.Popen(command, env=plot.env) as worker:
                until(swept, "the sweep")
                worker.terminate()
                assert worker.wait(10) == 0
            asking.communicate(timeout=20)
        assert plot.rows(state) == abandoned
        assert plot.rows("select count(*) from ledger.entries") == [(1,)]
    finally:
        plot.server("down")


def test_any_provider_that_speaks_the_protocol_can_be_set(folder: Path, groq: Groq) -> None:
    custom = {
        "ANIATE_PROVIDER_URL": groq.base_url,
        "ANIATE_PROVIDER_KEY": KEY,
        "ANIATE_PROVIDER_MODEL": "openai/gpt-oss-120b",
    }
    built = House(folder, {**environment(folder, None), **custom})
    built.up()
    try:
        built.log_in()
        assert built.ant("ask", "hi").stdout == "Hello from Groq.\n"
        assert groq.asked[0].body["model"] == "openai/gpt-oss-120b"
        assert built.rows("select provider, cost_micro_usd from aniate.usage") == [("custom", 0)]
    finally:
        built.server("down")
