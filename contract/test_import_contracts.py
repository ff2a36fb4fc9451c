"""Each import contract holds, and is broken by a planted violation."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

# contract id → (the module that breaks it, the line that does)
VIOLATIONS = {
    "client-alone": ("client/src/aniate/engine.py", "import aniate_server"),
    "server-knows-the-wire-alone": ("server/src/aniate_server/app.py", "import aniate.config"),
    "wire-stands-alone": ("client/src/aniate/wire.py", "import aniate.errors"),
    "client-layers": ("client/src/aniate/transport.py", "import aniate.engine"),
    "tools-apart": ("client/src/aniate/brews/tools/what.py", "import aniate.brews.tools.ask"),
    "server-layers": ("server/src/aniate_server/accounts/store.py", "import aniate_server.usage.store"),
    "driver-in-stores": ("server/src/aniate_server/inference/answer.py", "import psycopg"),
    "http-clients-outward": ("server/src/aniate_server/accounts/store.py", "import urllib3"),
}


def lint(tree: Path, contract: str) -> subprocess.CompletedProcess[str]:
    """Run one contract over the sources in `tree`."""
    paths = os.pathsep.join([str(tree / "client" / "src"), str(tree / "server" / "src")])
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--contract", contract]
    return subprocess.run(
        command, cwd=tree, env={**os.environ, "PYTHONPATH": paths}, text=True, capture_output=True, check=False
    )


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of the sources that may be spoiled."""
    for part in ("client/src", "server/src"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_list_of_violations_names_every_contract() -> None:
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(VIOLATIONS)


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_planted_violation_breaks_the_contract(tree: Path, contract: str) -> None:
    kept = lint(tree, contract)
    assert kept.returncode == 0, kept.stdout + kept.stderr

    module, line = VIOLATIONS[contract]
    with (tree / module).open("a") as source:
        source.write(f"\n{line}\n")

    broken = lint(tree, contract)
    assert broken.returncode == 1
    assert "BROKEN" in broken.stdout


def test_the_wire_imports_the_standard_library_alone() -> None:
    import ast

    tree = ast.parse((ROOT / "client/src/aniate/wire.py").read_text())
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    imported |= {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert {name.partition(".")[0] for name in imported} <= sys.stdlib_module_names
