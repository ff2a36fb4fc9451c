"""The built client keeps the golden rule, and each part of the check can fail."""

from __future__ import annotations

import io
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from contract import golden_rule


@pytest.fixture(params=["*.whl", "*.tar.gz"])
def archive(dist: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A copy of the wheel, then of the sdist."""
    [built] = dist.glob(request.param)
    return Path(shutil.copy(built, tmp_path))


def plant(archive: Path, name: str, text: str) -> None:
    """Put a file into a wheel or sdist, in place of one of that name if there is one."""
    files = {**dict(golden_rule.members(archive)), name: text.encode()}
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive, "w") as wheel:
            for member, data in files.items():
                wheel.writestr(member, data)
        return
    with tarfile.open(archive, "w:gz") as sdist:
        for member, data in files.items():
            info = tarfile.TarInfo(f"top/{member}")
            info.size = len(data)
            sdist.addfile(info, io.BytesIO(data))


def test_the_built_client_keeps_the_golden_rule(archive: Path) -> None:
    assert golden_rule.violations(archive) == []


def test_a_planted_prompt_line_is_found_whatever_its_layout(archive: Path) -> None:
    prompt = golden_rule.words((golden_rule.PROMPTS / "meta.md").read_text())[3:9]
    plant(archive, "aniate/engine.py", "x = '''\n" + " \n".join(prompt).upper() + "'''\n")
    assert any("repeats a prompt" in found for found in golden_rule.violations(archive))


def test_a_planted_server_import_is_found(archive: Path) -> None:
    plant(archive, "aniate/engine.py", "import aniate_server.brews\n")
    assert any("private word 'aniate_server'" in found for found in golden_rule.violations(archive))


def test_an_extra_file_is_found(archive: Path) -> None:
    plant(archive, "aniate/notes.txt", "nothing bad in it\n")
    assert any("notes.txt is not on the list" in found for found in golden_rule.violations(archive))


def test_a_missing_file_is_found(archive: Path, tmp_path: Path) -> None:
    lists = tmp_path / "lists"
    shutil.copytree(golden_rule.LISTS, lists)
    with golden_rule.list_of(archive, lists).open("a") as listed:
        listed.write("aniate/gone.py\n")
    assert golden_rule.violations(archive, lists=lists) == ["aniate/gone.py is missing"]


def test_a_new_requirement_is_found() -> None:
    metadata = "Metadata-Version: 2.4\nName: aniate\nRequires-Dist: urllib3>=2\nRequires-Dist: httpx\n\n"
    assert golden_rule.requirement_violations(metadata) == ["it requires 'httpx'"]
