"""The golden rule, checked on the built files: open the client, keep the server.

`python -m contract.golden_rule DIST` reads the wheel and the sdist of `aniate` in DIST and exits 1 if one of them

- repeats six words in a row of any of the server's prompts,
- contains one of the private words,
- holds a file that is not on the list, or lacks one that is,
- requires a package that is not on the list.

`--write` renews the list of files, for a change that is meant; the difference shows in the review.
"""

from __future__ import annotations

import re
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.parser import Parser
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROMPTS = ROOT / "server" / "src" / "aniate_server" / "brews"
LISTS = Path(__file__).parent / "client_files"
RUN_LENGTH = 6
REQUIRED = {"keyring", "pathspec", "prompt-toolkit", "tree-sitter", "tree-sitter-bash", "urllib3"}
REQUIRED_BY_EXTRAS = {"hypothesis", "jsonschema-rs", "pexpect", "pyte", "pytest", "pytest-timeout"}

PRIVATE_WORDS = (
    "aniate_server",
    "gpt-oss",
    "groq",
    "model_router",
    "psycopg",
    "qwen",
    "rate_limiter",
    "reserved_micro_usd",
    "row level security",
    "stripe",
    "supabase",
    "system prompt",
    "xllamacpp",
)


def violations(archive: Path, prompts: Path = PROMPTS, lists: Path = LISTS) -> list[str]:
    """Every breach of the golden rule in one wheel or sdist, a sentence each."""
    files = dict(members(archive))
    secret_runs = prompt_runs(prompts)
    found = file_list_violations(list_of(archive, lists), set(files))
    for name, data in sorted(files.items()):
        found += text_violations(name, data, secret_runs)
        if name == "PKG-INFO" or name.endswith(".dist-info/METADATA"):
            found += requirement_violations(data.decode())
    return found


def members(archive: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a wheel or sdist; an sdist's names without their leading folder."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                yield name, wheel.read(name)
        return
    with tarfile.open(archive) as sdist:
        for member in sdist.getmembers():
            if file := sdist.extractfile(member):
                yield member.name.partition("/")[2], file.read()


def words(text: str) -> list[str]:
    """The words of a text, without case, punctuation or layout."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())


def runs(text: str) -> set[tuple[str, ...]]:
    """All runs of six words in a text."""
    spoken = words(text)
    return {tuple(spoken[i : i + RUN_LENGTH]) for i in range(len(spoken) - RUN_LENGTH + 1)}


def prompt_runs(prompts: Path) -> set[tuple[str, ...]]:
    """All runs of six words in the server's prompts; it is an error if there are none.

    What stands above a prompt's second rule is left out: the server tells it to every client.
    """
    secret = {run for file in prompts.rglob("*.md") for run in runs(file.read_text().rpartition("---\n")[2])}
    if not secret:
        raise SystemExit(f"No prompts in {prompts}: nothing to compare with.")
    return secret


def text_violations(name: str, data: bytes, secret_runs: set[tuple[str, ...]]) -> list[str]:
    """What a file of the client says that only the server may."""
    text = data.decode("utf-8", "replace")
    found = [f"{name} contains the private word {word!r}" for word in PRIVATE_WORDS if word in text.lower()]
    found += [f"{name} repeats a prompt: {' '.join(run)!r}" for run in sorted(runs(text) & secret_runs)[:1]]
    return found


def requirement_violations(metadata: str) -> list[str]:
    """What the metadata requires beyond the listed packages."""
    found = []
    for requirement in Parser().parsestr(metadata).get_all("Requires-Dist") or []:
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        name = match[0].lower() if match else requirement
        if name not in (REQUIRED_BY_EXTRAS if "extra ==" in requirement else REQUIRED):
            found.append(f"it requires {requirement!r}")
    return found


def list_of(archive: Path, lists: Path = LISTS) -> Path:
    """The file that lists what this kind of archive holds."""
    return lists / ("wheel.txt" if archive.suffix == ".whl" else "sdist.txt")


def without_version(names: set[str]) -> set[str]:
    """File names in which the version, which changes with each release, is left open."""
    return {re.sub(r"^aniate-[^/]+\.dist-info/", "aniate-VERSION.dist-info/", name) for name in names}


def file_list_violations(list_file: Path, names: set[str]) -> list[str]:
    """Files too many and files too few."""
    names, listed = without_version(names), set(list_file.read_text().split())
    found = [f"{name} is not on the list {list_file.name}" for name in sorted(names - listed)]
    return found + [f"{name} is missing" for name in sorted(listed - names)]


def client_archives(dist: Path) -> list[Path]:
    """The wheel and the sdist of the client in a folder of built files."""
    found = sorted([*dist.glob("aniate-*.whl"), *dist.glob("aniate-*.tar.gz")])
    if len(found) != 2:
        raise SystemExit(f"{dist} holds {len(found)} built files of the client, not one wheel and one sdist.")
    return found


def write_lists(dist: Path) -> None:
    """Renew the lists of files from what was built."""
    for archive in client_archives(dist):
        names = without_version({name for name, _ in members(archive)})
        list_of(archive).write_text("".join(f"{name}\n" for name in sorted(names)))


def main(arguments: list[str]) -> int:
    """Check the client's built files in a folder; 1 if anything is wrong."""
    dist = Path(arguments[-1])
    if "--write" in arguments:
        write_lists(dist)
    found = [f"{archive.name}: {what}" for archive in client_archives(dist) for what in violations(archive)]
    for what in found:
        sys.stderr.write(f"golden rule: {what}\n")
    if not found:
        sys.stdout.write("golden rule: the client's wheel and sdist keep it\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
