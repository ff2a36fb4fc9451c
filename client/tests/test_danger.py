"""What is dangerous is held back, however it is wrapped; what only looks so is not."""

import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aniate.danger import has_hidden, reasons, visible

_DATA = Path(__file__).parent / "data" / "danger"
_FILES = ("notes.txt", "other.txt", "script.sh", "script.txt", "list.txt", "sub/inner.txt", "sub/notes.txt")


def sections(name: str) -> dict[str, list[str]]:
    """The commands of a file by heading; ⏎ stands for a newline, <U+0000> for a letter by its number."""
    found: dict[str, list[str]] = {}
    for line in (_DATA / f"{name}.txt").read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            kept = found.setdefault(line.removeprefix("## "), [])
        elif line:
            spelled = re.sub(r"<U\+([0-9A-F]+)>", lambda letter: chr(int(letter[1], 16)), line)
            kept.append(spelled.replace("⏎", "\n"))
    return found


def labelled(name: str) -> list[str]:
    """All commands of a file."""
    return [command for commands in sections(name).values() for command in commands]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with a few files that a command may write over."""
    made = tmp_path_factory.mktemp("danger")
    (made / "sub" / "deeper").mkdir(parents=True)
    for name in _FILES:
        (made / name).write_text("kept")
    return str(made)


def test_there_are_enough_of_both() -> None:
    assert len(set(labelled("dangerous"))) >= 100
    assert len(set(labelled("harmless"))) >= 100
    assert not set(labelled("dangerous")) & set(labelled("harmless"))


@pytest.mark.parametrize("section", sections("dangerous"))
def test_it_is_held_back(section: str, folder: str) -> None:
    assert [command for command in sections("dangerous")[section] if not reasons(command, folder)] == []


@pytest.mark.parametrize("section", sections("harmless"))
def test_it_is_let_through(section: str, folder: str) -> None:
    held = {command: reasons(command, folder) for command in sections("harmless")[section]}
    assert {command: why for command, why in held.items() if why} == {}


@pytest.mark.parametrize(
    "command",
    [
        "a0=rm; " + "".join(f"a{at + 1}=$a{at}$a{at};" for at in range(60)) + " $a60 x",
        "find . -exec " * 60 + "rm {} ;",
    ],
    ids=["doubled", "nested"],
)
def test_what_would_take_for_ever_to_read_is_dangerous(command: str, folder: str) -> None:
    began = time.process_time()
    assert reasons(command, folder)
    assert time.process_time() - began < 10


def test_a_command_is_read_and_nothing_else(folder: str) -> None:
    before = sorted(Path(folder).rglob("*"))
    for command in labelled("dangerous") + labelled("harmless"):
        reasons(command, folder)
    assert sorted(Path(folder).rglob("*")) == before
    assert {Path(folder, name).read_text() for name in _FILES} == {"kept"}


_KNOWN = {
    "rm -rf y": "rm deletes files",
    "git push --force": "git push --force changes what others have pushed",
    "mkfs.ext4 /dev/sdb1": "mkfs.ext4 changes disks",
    "kill -9 1": "kill ends processes",
    "find . -delete": "find -delete deletes files",
}
_WRAPPINGS: list[Callable[[str], str]] = [
    lambda command: f"sudo -n {command}",
    lambda command: f"env A=1 {command}",
    lambda command: f"nice -n 5 nohup timeout 3 {command}",
    lambda command: f"command {command}",
    lambda command: f"ls | xargs -n 1 {command}",
    lambda command: f"find . -name x -exec {command} {{}} +",
    lambda command: f"ssh host {shlex.quote(command)}",
    lambda command: f"bash -c {shlex.quote(command)}",
    lambda command: f"sh -ec {shlex.quote(command)}",
    lambda command: f"eval {shlex.quote(command)}",
    lambda command: f"echo {shlex.quote(command)} | bash",
    lambda command: f"bash <<< {shlex.quote(command)}",
    lambda command: f"X={shlex.quote(command)}; eval \"$X\"",
]  # fmt: skip
_ROUNDS: list[Callable[[str], str]] = [
    lambda command: f'echo "$({command})"',
    lambda command: f"( {command} )",
    lambda command: f"{{ {command}; }}",
    lambda command: f"if true; then {command}; fi",
    lambda command: f"for i in 1 2; do {command}; done",
    lambda command: f"f() {{ {command}; }}; f",
    lambda command: f"ls && {command} || ls",
    lambda command: f"cat <({command})",
    lambda command: f"! {command}",
]
"""These make a compound of it, that only a shell can be handed."""


def _nested(command: str, layers: "list[tuple[bool, int]]") -> str:
    plain = True
    for round_, at in layers:
        if round_:
            command, plain = _ROUNDS[at % len(_ROUNDS)](command), False
        else:
            wrap = _WRAPPINGS[at % len(_WRAPPINGS)]
            program = at % len(_WRAPPINGS) < 6
            command = wrap(command if plain or not program else f"bash -c {shlex.quote(command)}")
            plain = program and at % len(_WRAPPINGS) < 4
    return command


@settings(max_examples=150, deadline=None)
@given(
    command=st.sampled_from(sorted(_KNOWN)),
    layers=st.lists(st.tuples(st.booleans(), st.integers(0, 200)), min_size=1, max_size=5),
)
def test_no_wrapping_makes_it_harmless(command: str, layers: list[tuple[bool, int]]) -> None:
    found = reasons(_nested(command, layers), "/nowhere")
    assert _KNOWN[command] in found or any("be read" in reason or "only known" in reason for reason in found)


@settings(max_examples=100, deadline=None)
@given(cuts=st.lists(st.sampled_from(["''", '""', "\\", "$'\\x{:02x}'", "'{}'", '"{}"', "{}"]), min_size=2, max_size=2))
def test_no_quoting_hides_a_name(cuts: list[str]) -> None:
    name = "".join(
        cut.format(ord(letter) if "x" in cut else letter) if "{" in cut else cut + letter
        for cut, letter in zip(cuts, "rm", strict=True)
    )
    assert reasons(f"{name} -rf y", "/nowhere") == ["rm deletes files"]


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="rm -f;|&<>(){}$`'\"\\\n*?[]=x#!~\0\x01\x02\x07", max_size=40))
def test_any_text_is_read_without_a_bug(text: str) -> None:
    reasons(text, "/nowhere")


_PIECES = [
    "rm y", "'r'm y", "$X y", "X=rm", ";", "&&", "|", "\n", "( ", " )", "{ ", "; }", "$(", "`", '"', "'", "\\", "<<E\n",
    "\nE\n", "eval ", "echo ", "bash -c ", "<<< ", "! ", " >n ", " 2>&1 ", " ", "${X:-rm} y", "$'", "env ", "xargs ",
    "nice ", "\\\n", "<(", ">(", "exec ", "command ", "time ", "coproc ", "[[ a ]]", " # ", "<&0", "if ", "; then ",
    "; fi",
]  # fmt: skip


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@settings(max_examples=400, deadline=None)
@given(pieces=st.lists(st.sampled_from(_PIECES), min_size=2, max_size=8))
def test_real_bash_deletes_nothing_by_what_is_called_harmless(pieces: list[str]) -> None:
    with tempfile.TemporaryDirectory() as made:
        work, programs = Path(made, "work"), Path(made, "bin")
        work.mkdir()
        programs.mkdir()
        for name, real in {"rm": "touch", "bash": "bash", "env": "env", "xargs": "xargs", "nice": "nice"}.items():
            (programs / name).symlink_to(shutil.which(real) or "/missing")  # its `rm y` makes y
        command = "".join(pieces)
        if not reasons(command, str(work)):
            environ = {"PATH": str(programs), "HOME": str(work)}
            subprocess.run(
                ["bash", "--norc", "-c", command], cwd=work, env=environ, stdin=subprocess.DEVNULL, capture_output=True,
                timeout=20, check=False,
            )  # fmt: skip
            assert not (work / "y").exists()


@pytest.mark.parametrize(
    ("shell", "command"),
    [
        ("fish", "echo (rm y)"),
        ("fish", "echo 'a\\'' ; rm y ; echo \\''"),
        ("fish", "x=(rm y) ls"),
        ("fish", "if test; rm y; end"),
        ("fish", "ls; and rm y"),
        ("fish", "begin; rm y; end"),
        ("fish", "alias x 'rm -rf'; x y"),
        ("fish", "echo a(rm y)b"),
        ("fish", "echo rm y | source"),
        ("fish", "function x; rm y; end; x"),
        ("zsh", "emulate sh -c 'rm y'"),
        ("zsh", "print ${(e):-'$(rm y)'}"),
        ("zsh", "alias -g X='| rm y'; ls X"),
        ("zsh", "for x (a b) rm y"),
        ("zsh", "() { rm y }"),
        ("zsh", "${:-rm} y"),
        ("zsh", "=rm y"),
        ("zsh", "noglob rm y"),
        ("zsh", "repeat 2 rm y"),
        ("zsh", "ls *(e:'rm y':)"),
        ("zsh", "cat =(rm y)"),
    ],
)
def test_what_another_shell_reads_otherwise_is_held_back(shell: str, command: str) -> None:
    assert reasons(command, "/nowhere", shell)


@pytest.mark.parametrize("shell", ["fish", "zsh"])
@pytest.mark.parametrize(
    "command", ["ls -l", "git status; ls", "echo 'rm -rf /'", "ls | grep x > new.txt", 'echo "$HOME"']
)
def test_plain_commands_are_let_through_in_every_shell(shell: str, command: str) -> None:
    assert reasons(command, "/nowhere", shell) == []


@pytest.mark.parametrize(
    "letter", ["\u200b", "\u202e", "\u2066", "\ufeff", "\u00a0", "\u3164", "\U000e0041", "\x1b", "\r", "\0"]
)
def test_what_is_not_seen_is_dangerous_and_shown(letter: str) -> None:
    assert reasons(f"ls {letter}x", "/nowhere")[0] == "has characters that can't be seen"
    assert visible(f"ls {letter}x").isascii()
    assert not has_hidden(visible(f"ls {letter}x"))


def test_of_git_branch_it_is_told_whether_git_would_refuse_an_unmerged_one(folder: str) -> None:
    for option, told in (("-d", ""), ("--delete", ""), ("-D", ", merged or not")):
        assert reasons(f"git branch {option} topic", folder) == [f"git branch {option} deletes a branch{told}"]


def test_letters_of_any_language_are_shown_as_they_are() -> None:
    for text in ("größe naïve", "日本語 файл", "a\n\tb", "🎉"):
        assert visible(text) == text


def test_the_length_and_depth_of_a_command_have_a_limit() -> None:
    assert reasons("ls " + "x" * 30_000, "/nowhere")
    assert reasons("echo " + "$(echo " * 3000 + ")" * 3000, "/nowhere")
    nested = "rm y"
    for _ in range(6):
        nested = f"bash -c {shlex.quote(nested)}"
    assert reasons(nested, "/nowhere")


def test_a_sed_script_of_nothing_but_backslashes_is_soon_read() -> None:
    assert reasons("sed 's/" + "\\\\" * 4000 + "/x' notes.txt", "/") == []


def test_pieces_that_would_be_written_over_are_seen(tmp_path: Path) -> None:
    (tmp_path / "xaa").write_text("kept")
    (tmp_path / "part00").write_text("kept")
    assert reasons("split -b 1M data.csv", str(tmp_path))
    assert reasons("csplit -f part data.csv 10", str(tmp_path))
    assert reasons("split -b 1M data.csv new-", str(tmp_path)) == []
