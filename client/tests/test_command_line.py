"""Words, options, help; on a terminal of any width."""

import re
import subprocess
import time
from importlib.metadata import version

import pexpect
import pyte
import pytest
from ant_process import ANT, Home
from ant_stub import Stub, refuses, streams
from brewed_stub import Commands

_COMMANDS = ["ask", "what", "list", "help", "login", "logout", "whoami", "config", "completion"]


def test_the_version_is_that_of_the_package(home: Home) -> None:
    for words in (["--version"], ["-V"], ["--profile", "x", "--version"]):
        assert home.run(*words).out == f"ant {version('aniate')}\n"


def test_ant_alone_is_help(home: Home) -> None:
    shown = home.run().out
    assert shown == home.run("--help").out == home.run("-h").out == home.run("help").out
    for name in _COMMANDS:
        assert re.search(rf"^  {name} ", shown, re.MULTILINE)


@pytest.mark.parametrize("name", _COMMANDS)
def test_each_command_has_help_with_examples_first(name: str, home: Home) -> None:
    shown = home.run("help", name).out
    assert shown == home.run(name, "--help").out == home.run(name, "-h").out == home.run("--help", name).out
    assert 0 < shown.index("Examples:") < shown.index("Usage: ant " + name)
    for option in re.findall(r"^  (--[a-z-]+)", shown, re.MULTILINE):
        assert f"There is no option {option}" not in home.run(name, option, "--help").err


def test_help_for_nothing_is_a_usage_error(home: Home) -> None:
    ran = home.run("help", "waht")
    assert (ran.code, ran.err) == (2, "ant: There is no command waht.\nDid you mean `what`?\n")


def test_options_stand_before_or_after_the_command(user: Home, stub: Stub) -> None:
    for words in (
        ["--model", "m", "ask", "hi"],
        ["ask", "--model=m", "hi"],
        ["what", "hi", "--model", "m"],
        ["--model=m", "what", "hi"],
    ):  # fmt: skip
        assert user.run(*words).code == 0
        assert stub.questions[-1].json["model"] == "m"
        assert stub.questions[-1].json["messages"] == [{"role": "user", "content": "hi"}]


def test_after_the_first_word_of_free_text_nothing_is_an_option(user: Home, stub: Stub) -> None:
    user.run("ask", "what", "does", "tar", "-xzf", "--", "--host", "do", "--help", "say")
    assert stub.questions[0].json["messages"][0]["content"] == "what does tar -xzf -- --host do --help say"
    user.run("ask", "--", "--help")
    assert stub.questions[1].json["messages"][0]["content"] == "--help"


@pytest.mark.parametrize(
    "line",
    [
        "ask hi --dry-run",
        "ask hi --json --no-stdin",
        "ask hi --model smart",
        "ask hi --model=smart",
        "ask hi --model",
        "ask hi --profile work",
        "ask --json hi --help",
        "ask why -- --dry-run",
        "shell list files --yes",
        "net hi --dry-run",
        "brew.cmd count --from-file x",
        "run coder hi --dry-run",
        "run --json coder --model m hi --dry-run",
        "coder hi --dry-run",
        "@coder hi --no-redact",
        "-- ask hi --dry-run",
    ],
)
def test_words_that_end_in_an_option_are_not_sent(line: str, user: Home, stub: Stub) -> None:
    user.run("brew.chat", "coder", "--prompt", "Be strict.")
    before = len(stub.requests)
    ran = user.run(*line.split(), stdin=b"piped")
    assert ran.code == 2
    assert " stands behind the words, and would be sent as one of them." in ran.err
    assert "before the words" in ran.err
    assert len(stub.requests) == before


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("ask -- hi --dry-run", "hi --dry-run"),
        ("ask --model m -- hi --model smart", "hi --model smart"),
        ("run coder -- hi --dry-run", "hi --dry-run"),
        ("run -- coder hi --dry-run", "hi --dry-run"),
        ("coder -- hi --dry-run", "hi --dry-run"),
        ("ask what does --dry-run do", "what does --dry-run do"),
        ("ask hi --from-file x", "hi --from-file x"),
        ("ask hi --json=yes", "hi --json=yes"),
        ("ask what is du -h", "what is du -h"),
        ("ask what is bash -c", "what is bash -c"),
        ("ask hi --version", "hi --version"),
    ],
)
def test_elsewhere_and_behind_dashes_they_are_words(line: str, sent: str, user: Home, stub: Stub) -> None:
    user.run("brew.chat", "coder", "--prompt", "Be strict.")
    assert user.run(*line.split()).code == 0
    assert stub.questions[-1].json["messages"][-1]["content"] == sent


def test_the_arguments_of_a_brewed_command_may_end_in_options(user: Home, stub: Stub, commands: Commands) -> None:
    commands.put(name="asks", kind="template", body="Say {w}", may=[], arguments=[{"name": "w", "type": "text"}])
    assert user.run("asks", "hi", "--dry-run").code == 0
    assert user.run("cmd", "asks", "hi", "--json").out.startswith("{")
    assert len(stub.questions) == 1


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ask", "--modle", "x", "hi"], "There is no option --modle here.\nDid you mean `--model`?"),
        (["--frobnicate"], "There is no option --frobnicate here."),
        (["-x", "ask", "hi"], "There is no option -x here."),
        (["ask", "--model"], "--model needs a value: --model ALIAS."),
        (["ask", "--json=yes", "hi"], "--json takes no value."),
        (["--model", "x", "whoami"], "`ant whoami` has no option --model."),
        (["login", "--no-stdin"], "There is no option --no-stdin here."),
        (["whoami", "now"], "`ant whoami` takes no words."),
        (["list", "all"], "`ant list` takes no words."),
        (["--profile", "", "ask", "hi"], "profile must be a name"),
        (["--model", "a\x1bb", "ask", "hi"], "model must be a name"),
    ],
)
def test_a_wrong_option_is_a_usage_error(words: list[str], sentence: str, user: Home, stub: Stub) -> None:
    ran = user.run(*words)
    assert (ran.code, ran.out) == (2, "")
    assert sentence in ran.err
    assert stub.requests == []


def _on_a_terminal(user: Home, columns: int, *words: str, **environ: str) -> tuple[str, bytes]:
    """What a terminal of that width shows, and the bytes it was sent."""
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], *words], dimensions=(400, columns), env={**user.environ, **environ}, timeout=20,
        cwd=str(user.work),
    )  # fmt: skip
    sent = b"".join(terminal)  # to the end
    terminal.close()
    screen = pyte.Screen(columns, 400)
    pyte.ByteStream(screen).feed(sent)
    return "\n".join(line.rstrip() for line in screen.display).rstrip(), sent


@pytest.mark.parametrize("words", [["--help"], *(["help", name] for name in _COMMANDS)])
def test_help_fits_twenty_columns_and_breaks_no_word(words: list[str], home: Home) -> None:
    shown, _ = _on_a_terminal(home, 20, *words)
    wide, _ = _on_a_terminal(home, 100, *words)
    longest = {word for word in wide.split() if len(word) > 14}  # a word that is longer than the line must break
    for word in set(wide.split()) - longest:
        assert word in shown.split(), word


def test_an_error_fits_twenty_columns_and_breaks_no_word(user: Home, stub: Stub) -> None:
    stub.reply = refuses(500, "internal", "The database of the server is away for a moment.", "Try again in a minute.")
    shown, _ = _on_a_terminal(user, 20, "ask", "hi")
    assert shown.split("\n") == [
        "ant: The database of", "the server is away", "for a moment.", "Try again in a", "minute."
    ]  # fmt: skip


def test_an_answer_on_a_terminal_of_twenty_columns_is_whole(user: Home, stub: Stub) -> None:
    stub.reply = streams("word " * 20)
    shown, _ = _on_a_terminal(user, 20, "ask", "hi")
    assert shown.replace("\n", "").replace(" ", "") == "word" * 20


def test_escape_sequences_of_an_answer_do_nothing_to_the_terminal(user: Home, stub: Stub) -> None:
    stub.reply = streams("before\n", "\x1b[2J\x1b[H\x1b]0;title\x07\x1b[31m\x9b5A", "after")
    shown, sent = _on_a_terminal(user, 80, "ask", "hi")
    assert shown == "before ␛[2J␛[H␛]0;title␛[31m5Aafter"
    assert b"\x1b" not in sent


def test_a_notice_is_shown_once_beside_the_answer(user: Home, stub: Stub) -> None:
    stub.reply = streams("Yes.", notice="offline demo model: small\x1b")
    shown, _ = _on_a_terminal(user, 80, "ask", "hi")
    assert shown == "offline demo model: small␛\nYes."


def test_a_pipe_that_nobody_writes_to_is_said_to_be_waited_for(user: Home, stub: Stub) -> None:
    line = f"sleep 30 | {' '.join(ANT)} ask hi"
    terminal = pexpect.spawn("bash", ["-c", line], env=user.environ, timeout=20)
    terminal.expect_exact("Waiting for standard input; --no-stdin would leave it alone.")
    terminal.sendintr()
    terminal.expect(pexpect.EOF)
    terminal.close()
    assert stub.requests == []


def test_the_waiting_is_said_also_where_a_program_reads(user: Home, stub: Stub) -> None:
    process = user.start("ask", "hi", stdin=subprocess.PIPE)
    assert process.stderr is not None
    assert process.stderr.readline() == b"Waiting for standard input; --no-stdin would leave it alone.\n"
    assert process.communicate(timeout=30)[0] == b"Hello.\n"


@pytest.mark.parametrize(("environ", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_colour_is_for_those_who_want_it(environ: dict[str, str], coloured: bool, user: Home) -> None:
    _, sent = _on_a_terminal(user, 80, "nosuch", **environ)
    assert (b"\x1b[31m" in sent) == coloured


def test_in_a_real_terminal_a_question_is_answered(user: Home, stub: Stub) -> None:
    line = f"{' '.join(ANT)} ask hi; echo code $?; sleep 20"
    name = f"ant-{stub.url.rpartition(':')[2]}"
    tmux = ["tmux", "-L", name, "-f", "/dev/null"]
    try:
        subprocess.run([*tmux, "new-session", "-d", "-x", "20", "-y", "30", line], env=user.environ, check=True)
    except FileNotFoundError:
        pytest.skip("there is no tmux here")
    try:
        assert stub.asked.wait(10)
        deadline, shown = time.monotonic() + 10, ""
        while "\ncode 0" not in shown and time.monotonic() < deadline:
            time.sleep(0.05)
            shown = subprocess.run(
                [*tmux, "capture-pane", "-p"], env=user.environ, capture_output=True, text=True, check=True
            ).stdout
        assert shown.startswith("Hello.\ncode 0\n")
    finally:
        subprocess.run([*tmux, "kill-server"], env=user.environ, check=True)
