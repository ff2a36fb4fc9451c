"""Tab, in real shells: what appears, that no program runs for it, and that names from a server are only names."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator

import pytest
from ant_process import Home
from shell_at_tab import ShellAtTab

from aniate.completion import expected
from aniate.config import DEFAULTS
from aniate.table import SETTINGS, TABLE

SHELLS = [
    pytest.param(shell, marks=pytest.mark.skipif(shutil.which(shell) is None, reason=f"{shell} is not installed"))
    for shell in ("bash", "zsh", "fish")
]
_CHECK = {"bash": ["bash", "-n"], "zsh": ["zsh", "-n"], "fish": ["fish", "--no-execute"]}
_HOSTILE = "$(touch pwned) `touch pwned` 'a\" %s %n%F{red} a:b \\e[31m \x1b]0;pwned\x07 {x,y} *"
_ROWS = [
    ("default", "https://h", "", '"1"', "1"),
    ("default", "https://h", "coder", "reviews code"),
    ("default", "https://h", "hostile", _HOSTILE),
    ("default", "https://h", "$(touch pwned)", "no name"),
    ("default", "https://h", "`touch pwned`", "no name"),
    ("default", "https://h", "co:lon", "no name"),
    ("default", "https://h", "Cobol", "no name"),
    ("default", "https://h", "", "copper", "1"),
    ("default", "https://h", "lines", "counts lines", "command"),
    ("default", "https://h", "nasty", _HOSTILE, "command"),
    ("default", "https://h", "lin;es", "no name", "command"),
    ("work", "https://h", "poet", "writes poems"),
    ("work", "https://h", "coder", "another"),
]
_ENDINGS = {
    "ant wha": "t",
    "aniate wha": "t",
    "ant cod": "er",
    "ant @cod": "er",
    "ant run cod": "er",
    "ant run --model smart @cod": "er",
    "ant --profile work show poe": "t",
    "ant delete.ch": "at",
    "ant lin": "es",
    "ant show lin": "es",
    "ant share lin": "es",
    "ant agree lin": "es",
    "ant delete.cmd lin": "es",
    "ant cmd lin": "es",
    "ant cmd lines no": "tes\\ one.txt",
    "ant lines no": "tes\\ one.txt",
    "ant brew.cmd --from-file no": "tes\\ one.txt",
    "ant brew.chat new --from cod": "er",
    "ant brew.chat new --from=cod": "er",
    "ant brew.chat new --fi": "le",
    "ant brew.chat new --file no": "tes\\ one.txt",
    "ant edit coder --file=no": "tes\\ one.txt",
    "ant what why no": "tes\\ one.txt",
    "ant import no": "tes\\ one.txt",
    "ant export coder no": "tes\\ one.txt",
    "ant config uns": "et",
    "ant --json config get ti": "meout",
    "ant completion fi": "sh",
    "ant help who": "ami",
    "ant --ver": "sion",
    "ant coder --mo": "del",
}
_NO_ENDINGS = (
    "ant config set host ti",
    "ant ask why --mo",
    "ant what -- --mo",
    "ant ask no",
    "ant edit coder --file x --model no",
    "ant brew.chat cod",
    "ant run lin",
    "ant share coder",  # "cod" is found in a description by fish, which looks for letters in their order
    "ant @lin",
)
Start = Callable[..., ShellAtTab]


@pytest.fixture
def start(home: Home) -> Iterator[Start]:
    """Starts a shell where some assistants are known; at the end, nothing may have run."""
    home.cache.mkdir(parents=True)
    (home.cache / "assistants.tsv").write_text("".join("\t".join(row) + "\n" for row in _ROWS))
    (home.work / "notes one.txt").write_text("")
    made: list[ShellAtTab] = []

    def begin(shell: str, how: str = "file") -> ShellAtTab:
        made.append(ShellAtTab(home, shell, how))
        return made[-1]

    yield begin
    for shell in made:
        shell.close()
        assert not shell.mark.exists(), "a Tab ran ant"
    assert not [*home.work.glob("**/pwned"), *home.folder.glob("**/pwned")]


@pytest.mark.parametrize("shell", SHELLS)
def test_a_tab_ends_the_word(shell: str, start: Start) -> None:
    at = start(shell)
    for typed, ending in _ENDINGS.items():
        at.press_tab(typed)
        at.shows(f"READY> {typed}{ending}")
        at.type("ZQ")
        at.shows(f"READY> {typed}{ending} ZQ")
        at.clear()


@pytest.mark.parametrize("shell", SHELLS)
def test_where_nothing_is_expected_nothing_is_offered(shell: str, start: Start) -> None:
    at = start(shell)
    for typed in _NO_ENDINGS:
        at.press_tab(typed)
        assert at.settled() == f"READY> {typed}"
        at.clear()


@pytest.mark.parametrize("how", ["file", "eval"])
@pytest.mark.parametrize("shell", SHELLS)
def test_commands_and_assistants_are_offered_together(shell: str, how: str, start: Start) -> None:
    at = start(shell, how)
    at.press_tab("ant ")
    screen = at.shows(*TABLE, "coder", "poet", "hostile")
    for word in ("copper", "Cobol", "co:lon", "no name", "notes", "--", "-lib"):
        assert word not in screen.replace("  -- ", "  ").replace("READY> ant", "")
    assert screen.split().count("coder") == 1
    if shell != "bash":
        assert TABLE["what"].summary in screen and "reviews code" in screen


@pytest.mark.parametrize("how", ["file", "eval"])
@pytest.mark.parametrize("shell", SHELLS)
def test_what_shells_bring_for_another_ant_is_out_of_the_way(shell: str, how: str, start: Start) -> None:
    at = start(shell, how)
    at.press_tab("ant -")
    at.shows("--version", "--profile", "--host", "--debug", "--help")
    words = [word for word in at.settled().split() if word.startswith("-") and word not in ("-", "--")]
    assert sorted(words) == ["--debug", "--help", "--host", "--profile", "--version"]


@pytest.mark.parametrize("shell", SHELLS)
def test_of_a_command_its_own_options_are_offered(shell: str, start: Start) -> None:
    at = start(shell)
    at.press_tab("ant edit coder --")
    screen = at.shows("--prompt", "--file", "--model", "--summary", "--profile", "--host", "--debug", "--help")
    assert "--json" not in screen and "--version" not in screen
    if shell != "bash":
        assert "what the assistant is told" in screen


@pytest.mark.parametrize("shell", SHELLS)
def test_a_chosen_profile_has_its_own_assistants(shell: str, home: Home, start: Start) -> None:
    home.environ["ANT_PROFILE"] = "work"
    at = start(shell)
    at.press_tab("ant show ")
    assert "hostile" not in at.shows("coder", "poet")


@pytest.mark.parametrize("shell", SHELLS)
def test_brews_are_offered_and_caches_may_lie_elsewhere(shell: str, home: Home, start: Start) -> None:
    folder = home.folder / "else" / "aniate"
    folder.mkdir(parents=True)
    (folder / "brews.tsv").write_text(
        "default\tzoology\tanimals\ndefault\tchat\tto talk\ndefault\tzoo$(touch pwned)\t\n"
    )
    home.environ["XDG_CACHE_HOME"] = str(folder.parent)
    at = start(shell)
    at.press_tab("ant zoo")
    at.shows("READY> ant zoology")
    assert "coder" not in at.settled()


@pytest.mark.parametrize("shell", SHELLS)
def test_what_a_server_named_is_text_and_no_program(shell: str, home: Home, start: Start) -> None:
    at = start(shell)
    at.press_tab("ant show ")
    screen = at.shows("coder", "hostile", "poet")
    if shell != "bash":
        assert "$(touch pwned) `touch pwned` 'a\" %s %n%F{red} a:b \\e[31m" in screen
    assert "\x1b]0;pwned" not in at.said
    at.type("hos\t")
    at.shows("READY> ant show hostile")


@pytest.mark.parametrize("shell", SHELLS)
def test_without_a_cache_or_with_a_damaged_one_the_rest_still_works(shell: str, home: Home, start: Start) -> None:
    (home.cache / "assistants.tsv").write_bytes(
        b"\xff\xfe\0\n\t\t\t\t\n\n\tx\ndefault\to\t\xff\tx\ndefault\to\tlast\tend"
    )
    at = start(shell)
    at.press_tab("ant show ")
    at.shows("READY> ant show last")
    (home.cache / "assistants.tsv").unlink()
    at.type("\x15")
    at.press_tab("ant wha")
    at.shows("READY> ant what")


@pytest.mark.parametrize("shell", SHELLS)
def test_the_mark_of_these_tests_works(shell: str, home: Home, start: Start) -> None:
    at = start(shell)
    at.type("ant; echo do''ne\r")
    at.shows("done")
    assert at.mark.exists()
    at.mark.unlink()


@pytest.mark.parametrize("shell", SHELLS)
def test_the_shell_finds_nothing_wrong_in_the_script(shell: str, home: Home) -> None:
    script = home.work / "script"
    script.write_text(home.run("completion", shell).out)
    done = subprocess.run([*_CHECK[shell], str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_that_of_the_named_shell_or_of_the_users(shell: str, home: Home) -> None:
    done = home.run("completion", shell)
    assert (done.code, done.err) == (0, "") and f"for {shell}" in done.out and "#<" not in done.out
    assert home.run("completion", SHELL=f"/usr/local/bin/{shell}").out == done.out
    for name, command in TABLE.items():
        assert name in done.out
        assert all(f"--{option.name}" in done.out for option in command.options)


@pytest.mark.parametrize("words", [(), ("tcsh",), ("bash", "zsh"), ("fihs",)])
def test_another_shell_is_told_what_to_type(words: tuple[str, ...], home: Home) -> None:
    done = home.run("completion", *words, SHELL="/bin/tcsh")
    assert (done.code, done.out) == (2, "")
    assert "ant completion bash" in done.err


@pytest.mark.parametrize(
    ("usage", "rows"),
    [
        ("", []),
        ("WORDS…", []),
        ("--with-token", []),
        ("list | end ID", [("0", "*", ["list", "end"])]),
        ("[list | new FILE]", [("0", "*", ["list", "new"]), ("1", "new", ["FILES"])]),
        ("[on|off] [FILE…]", [("0", "*", ["on", "off"]), ("*", "*", ["FILES"])]),
        ("end ID|all | list", [("0", "*", ["end", "list"]), ("1", "end", ["all"])]),
    ],
)
def test_a_usage_says_what_follows(usage: str, rows: list[tuple[str, str, list[str]]]) -> None:
    assert list(expected.of_command("sessions", usage)) == rows


def test_the_offered_settings_are_all_there_are() -> None:
    assert list(SETTINGS) == list(DEFAULTS)
