"""The local model's process: it starts, refuses in one sentence, and never outlives its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # has none
import pytest

from aniate_server.plumbing.embedded import model_process, weights
from aniate_server.plumbing.embedded.local_model import LocalModel
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.settings import Settings


@pytest.fixture
def real_weights() -> Path:
    return weights.path(Settings.from_environment(os.environ).cache, weights.DEFAULT)


def test_it_listens_on_loopback_and_stops_at_once(real_weights: Path, tmp_path: Path) -> None:
    model = LocalModel(real_weights, tmp_path / "model.log")
    model.start()
    process = psutil.Process(model.process.pid)
    [address] = {each.laddr.ip for each in process.net_connections() if each.status == psutil.CONN_LISTEN}
    assert address == "127.0.0.1"
    assert model.base_url.startswith("http://127.0.0.1:")
    assert model.key not in " ".join(process.cmdline())
    began = time.monotonic()
    model.stop()
    assert time.monotonic() - began < 2
    assert not process.is_running()
    model.stop()


def test_it_does_not_outlive_a_parent_that_is_killed(real_weights: Path, tmp_path: Path) -> None:
    code = (
        "import pathlib, sys, time\n"
        "from aniate_server.plumbing.embedded.local_model import LocalModel\n"
        "model = LocalModel(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]))\n"
        "model.start()\n"
        "print(model.process.pid, flush=True)\n"
        "time.sleep(60)\n"
    )
    argv = [sys.executable, "-c", code, str(real_weights), str(tmp_path / "model.log")]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
    psutil.wait_procs([child], timeout=5)
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE


@pytest.mark.parametrize("content", [b"", b"GGUF", b"no model at all" * 1000])
def test_what_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "broken.gguf"
    file.write_bytes(content)
    with pytest.raises(SetupError) as refused:
        LocalModel(file).start()
    assert str(file) in refused.value.message or "model.log" in refused.value.message
    assert "\n" not in refused.value.message


def test_weights_that_are_not_there_are_refused_with_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SetupError) as refused:
        LocalModel(tmp_path / "none.gguf").start()
    assert refused.value.hint == "Fetch them: aniate-server model pull"


@pytest.mark.parametrize(("flags", "lacks"), [("fpu avx avx2 sse", False), ("fpu avx sse", True)])
def test_a_processor_without_avx2_is_told_before_the_library_crashes(tmp_path: Path, flags: str, lacks: bool) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(f"processor\t: 0\nflags\t\t: {flags}\n")
    assert model_process.lacks_avx2(cpuinfo) is lacks
