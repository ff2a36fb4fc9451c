"""A provider's key in a file: rotated without a restart, and never told."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from aniate_server.plumbing.clock import SystemClock
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.errors import SetupError
from aniate_server.plumbing.keys import KeyFile
from aniate_server.plumbing.settings import Provider, Settings
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving
from server.tests.inference.test_retries import Timeline

pytestmark = pytest.mark.anyio

NEW = "gsk_" + "n" * 52


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a key, as an editor leaves it."""
    file = tmp_path / "key"
    file.write_text(f"  {KEY} \nnotes of no concern\n")
    return file


@pytest.fixture
async def by_file(groq: Groq, db: Database, database: TestDatabase, file: Path) -> AsyncIterator[Gateway]:
    async with serving(db, database, Provider("groq", groq.base_url, "wrong", key_file=file)) as running:
        yield running


async def test_a_new_key_holds_for_the_next_question_and_neither_is_ever_logged(
    by_file: Gateway, groq: Groq, tenant: MakeTenant, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = (await tenant("ada", "enterprise")).key
    assert (await by_file.chat(ada)).text == "Hello from Groq."
    draft = file.with_suffix(".new")
    draft.write_text(f"{NEW}\n")
    draft.replace(file)
    groq.key = NEW  # the old one is refused from now on: that it is noticed does not wait for the second to pass
    answer = await by_file.chat(ada)
    assert answer.text == "Hello from Groq."
    assert [asked.headers["Authorization"] for asked in groq.asked] == [f"Bearer {KEY}", f"Bearer {NEW}"]
    said = "".join(capsys.readouterr())
    assert "key changed" in said
    assert KEY not in said and NEW not in said and "Bearer" not in said


async def test_a_key_that_is_refused_and_has_no_successor_is_told_once(
    by_file: Gateway, groq: Groq, tenant: MakeTenant, capsys: pytest.CaptureFixture[str]
) -> None:
    groq.key = NEW
    answer = await by_file.chat((await tenant("ada")).key)
    assert (answer.status, answer.error["code"]) == (503, "unavailable")
    assert KEY not in answer.raw.decode() + "".join(capsys.readouterr())


def test_the_file_is_looked_at_once_a_second(file: Path) -> None:
    time = Timeline()
    key = KeyFile(file, time)
    file.write_text(NEW)
    assert key.now() == KEY
    time.at += 1
    assert key.now() == NEW


@pytest.mark.parametrize("text", ["", "\n", "two words\n", "caf\u00e9\n", "a\rb\n", None])
def test_a_file_without_a_key_leaves_the_last_one_in_force(file: Path, text: str | None) -> None:
    time = Timeline()
    key = KeyFile(file, time)
    if text is None:
        file.unlink()
    else:
        file.write_text(text)
    time.at += 1
    assert key.now() == KEY
    assert not key.other_than(KEY)


def test_a_rotation_that_keeps_size_and_time_is_noticed_by_the_inode(file: Path) -> None:
    time = Timeline()
    key, before = KeyFile(file, time), file.stat()
    draft = file.with_suffix(".new")
    draft.write_text(file.read_text().replace(KEY, NEW))
    os.utime(draft, ns=(before.st_atime_ns, before.st_mtime_ns))
    draft.replace(file)
    time.at += 1
    assert key.now() == NEW


def test_a_server_does_not_start_without_its_key(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"Cannot read the key in .*: No such file or directory"):
        KeyFile(tmp_path / "none", SystemClock())
    (tmp_path / "empty").touch()
    with pytest.raises(SetupError, match="There is no key in"):
        KeyFile(tmp_path / "empty", SystemClock())


def test_each_key_may_stand_in_a_file_that_goes_before(file: Path) -> None:
    env = {"HOME": "/nowhere", "GROQ_API_KEY": "set", "GROQ_API_KEY_FILE": str(file)}
    groq = Settings.from_environment(env).provider
    assert groq is not None and (groq.key, groq.key_file) == ("set", file)
    env = {"HOME": "/nowhere", "ANIATE_PROVIDER_URL": "http://x/v1", "ANIATE_PROVIDER_MODEL": "m"}
    custom = Settings.from_environment({**env, "ANIATE_PROVIDER_KEY_FILE": str(file)}).provider
    assert custom is not None and custom.key_file == file
    assert "set" not in repr(replace(groq, name="x"))
