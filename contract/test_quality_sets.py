"""The sets of bench/quality: each can be read, those that need no model are solved, and the sandbox holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.quality import danger, rules, sandbox
from bench.quality.tasks import FIELDS, SETS, read

CAN = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of a task, where there is a sandbox."""
    made = tmp_path / "task"
    made.mkdir()
    try:
        sandbox.demand(made)
    except sandbox.NoSandbox as error:
        pytest.skip(str(error))
    return made


@pytest.mark.parametrize("name", FIELDS)
def test_each_set_can_be_read_and_its_tasks_have_names_of_their_own(name: str) -> None:
    tasks = read(name)
    assert len({task["id"] for task in tasks}) == len(tasks) >= 4


def test_a_line_that_lacks_something_is_named(tmp_path: Path) -> None:
    (tmp_path / "more.jsonl").write_text(json.dumps({"id": "1", "command": "ls"}) + "\n")
    with pytest.raises(ValueError, match="line 1: dangerous missing"):
        read("danger", tmp_path / "more.jsonl")


def test_what_is_dangerous_is_held_back_and_nothing_else(tmp_path: Path) -> None:
    assert [each for task in read("danger") if not (each := danger.run(task, None, tmp_path)).solved] == []


def test_local_rules_know_the_failures_of_the_set(folder: Path) -> None:
    wrong = []
    for task in read("rules"):
        mine = folder / str(task["id"])
        mine.mkdir()
        found = rules.run(task, None, mine)
        wrong += [] if found.solved else [found]
    assert wrong == []


def test_what_a_model_wrote_can_write_its_folder_alone(folder: Path) -> None:
    outside = folder.parent / "kept.txt"
    outside.write_text("kept")
    done = sandbox.run(["sh", "-c", f"rm -f '{outside}'; echo x > '{outside}'; echo y > mine; cat mine"], folder, CAN)
    assert (done.stdout, outside.read_text(), (folder / "mine").read_text()) == ("y\n", "kept", "y\n")


def test_what_a_model_wrote_reaches_no_network_and_ends_in_time(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dial = "import socket; socket.create_connection(('127.0.0.1', 9), 2)"
    assert "unreachable" in sandbox.run(["python3", "-c", dial], folder, CAN).stderr
    monkeypatch.setattr(sandbox, "LIMIT_S", 1)
    assert sandbox.run(["sleep", "30"], folder, CAN).returncode == 124


def test_a_tasks_files_stay_in_its_folder(tmp_path: Path) -> None:
    assert all(path.suffix == ".jsonl" for path in SETS.iterdir())
    from bench.quality.tasks import furnish

    with pytest.raises(ValueError, match="leads out"):
        furnish(tmp_path, {"../evil": ""})
