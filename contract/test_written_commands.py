"""Whatever our documents tell people to type is a command, with options that it has; and each link leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from aniate.options import EVERYWHERE, VERSION, take
from aniate.table import TABLE
from aniate_server.cli import parser
from contract.console_blocks import ROOT, commands_of, words_of

DOCUMENTS = [
    path
    for folder in (ROOT, ROOT / "client", ROOT / "bench", ROOT / "docs")
    for path in sorted(folder.rglob("*.md") if folder.name == "docs" else folder.glob("*.md"))
]
BREWED = {"coder": "run", "lines": "cmd"}
"""The assistant and the command that the examples have."""
PLACEHOLDERS = {"todo"}
"""Names in sentences that stand for another: the brew that a how-to makes up."""
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
_QUOTED = re.compile(r"(?<!`)`(ant(?: [^`\n]*)?)`(?!`)")


def test_the_documents_are_found() -> None:
    assert {"README.md", "client/README.md", "docs/cookbook.md", "docs/how-to/search.md"} <= {
        str(path.relative_to(ROOT)) for path in DOCUMENTS
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_typed_is_known(path: Path) -> None:
    for typed in commands_of(path.read_text()):
        for words in words_of(typed):
            check(words, typed)


def check(words: list[str], typed: str) -> None:
    """Fail unless these words are a call of ours, or of another's program."""
    if words[0] in ("ant", "aniate"):
        check_ant(words[1:], typed)
    elif words[0] == "aniate-server":
        parser().parse_args(words[1:])
    elif words[0] == "make":
        assert set(words[1:]) <= TARGETS | {"2"}, typed


def check_ant(words: list[str], typed: str) -> None:
    given: dict[str, str] = {}
    every = {option.name: option for command in TABLE.values() for option in command.options}
    words = take(words, [*EVERYWHERE, VERSION, *every.values()], given, anywhere=False)
    if not words or " " in words[0]:
        return  # `ant` alone, or a question in quotes
    name = "run" if words[0].startswith("@") else BREWED.get(words[0], words[0])
    assert name in TABLE, typed
    command = TABLE[name]
    known = (*EVERYWHERE, *command.options)
    take(words[1:], known, given, not command.free_text, command.of_others, command.keeps_dashes)
    assert set(given) <= {option.name for option in known}, typed


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_what_is_named_in_a_sentence_is_known(path: Path) -> None:
    for quoted in _QUOTED.findall(path.read_text()):
        names = [word for word in quoted.split()[1:] if not word.startswith(("-", "…"))]
        known = {*TABLE, *BREWED, "@coder", *PLACEHOLDERS}
        assert not names or names[0] in known or not re.fullmatch(r"@?[a-z.]+", names[0]), quoted


def test_the_readme_has_each_setting_of_the_server_and_no_other() -> None:
    read = (ROOT / "server" / "src" / "aniate_server" / "plumbing" / "settings.py").read_text()
    known = set(re.findall(r"\"((?:ANIATE_|[A-Z]+_API_KEY)(?:[A-Z_]*[A-Z])?)\"", read))
    rows = [line for line in (ROOT / "README.md").read_text().splitlines() if re.match(r"\| `[A-Z]", line)]
    told = {name for row in rows for name in re.findall(r"`([A-Z]+_[A-Z_]+)`", row.split("|")[1])}
    assert {name.removesuffix("_FILE") for name in told} == known
