"""Each rule, on what a program really said: run here where it is installed, else in its own words."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from failure import Failure
from failures_builds import BUILDS, FOR_THE_MODEL, PYTHON
from failures_git import GIT
from failures_machines import MACHINES
from failures_shell import FILES, SHELL

from aniate.failed_command import Failed
from aniate.fix_rules import matching

FAILURES = (*GIT, *FILES, *SHELL, *PYTHON, *BUILDS, *MACHINES)


def _really_failed(failure: Failure, folder: Path) -> Failed:
    """Run it, as from a prompt; its words in English, and git alone with this folder."""
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "LC_ALL": "C.UTF-8", "GIT_CONFIG_NOSYSTEM": "1"}
    if "PYENV_VERSION" in os.environ:
        environ["PYENV_VERSION"] = os.environ["PYENV_VERSION"]
    subprocess.run(["bash", "-ec", failure.setup], cwd=folder, env=environ, check=True, capture_output=True)
    if failure.said is not None:
        return Failed(failure.command, None, failure.code, failure.said, str(folder))
    done = subprocess.run(
        ["bash", "-c", failure.command], cwd=folder, env=environ, check=False, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30,
    )  # fmt: skip
    assert done.returncode != 0, done.stdout
    return Failed(failure.command, None, done.returncode, done.stdout.decode("utf-8", "replace"), str(folder))


def _name(failure: Failure) -> str:
    return f"{failure.rule}: {failure.command}"


@pytest.mark.parametrize("failure", FAILURES, ids=_name)
def test_the_rule_proposes_what_mends_it(failure: Failure, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    failed = _really_failed(failure, folder)
    if failure.programs:
        programs = tmp_path / "bin"
        programs.mkdir()
        for name in failure.programs:
            (programs / name).touch(0o755)
        monkeypatch.setenv("PATH", str(programs))
    found = matching.proposals(failed)
    assert [each for each in found if each.rule == failure.rule], (failed.output, [(e.rule, e.command) for e in found])
    proposed = found[0].command.replace(f"{folder}/", "")
    assert proposed == failure.proposed or proposed.startswith(f"{failure.proposed} "), failed.output
    assert all(each.why.endswith((".", ":", "/")) for each in found)


@pytest.mark.parametrize("failure", FOR_THE_MODEL, ids=lambda failure: failure.said or failure.setup or failure.command)
def test_what_rules_cant_know_is_left_to_the_model(failure: Failure, tmp_path: Path) -> None:
    folder = tmp_path / "here"
    folder.mkdir()
    failed = _really_failed(failure, folder)
    assert [each.command for each in matching.proposals(failed)] == [], failed.output


def test_each_rule_is_tried() -> None:
    named = [rule.name for module in matching.all_modules() for rule in matching.rules(module)]
    assert len(named) == len(set(named)) >= 80
    assert set(named) == {failure.rule for failure in FAILURES}
