"""The answer: shown as it comes, harmless, on stdout; everything else on stderr."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ant_process import ANT, Home
from ant_stub import ACCOUNT, KEY, Handler, Stub, streams

_HOSTILE = "red \x1b[31mtext\x1b]52;c;cm0gLXJmIC8=\x07 \x9b2J\u202eevil\u202c \x08\x7f\rdone\U000e0041"
_HARMLESS = "red ␛[31mtext␛]52;c;cm0gLXJmIC8= 2Jevil done\n"


def test_pieces_are_joined_and_end_in_one_newline(user: Home, stub: Stub) -> None:
    stub.reply = streams("\n\nOne", " two.\n", "\n\n", "Three.", "\n\n\n")
    ran = user.run("ask", "count")
    assert (ran.code, ran.out, ran.err) == (0, "One two.\n\n\nThree.\n", "")


def test_each_piece_is_out_before_the_next_arrives(user: Home, stub: Stub) -> None:
    def reply(handler: Handler) -> None:
        handler.begin()
        handler.event("delta", {"text": "first"})
        handler.wait_for_the_client_to_leave(20)

    stub.reply = reply
    process, written = user.begin("ask", "hi")
    assert written.read(5) == b"first"  # while the server still holds the rest back
    process.kill()
    process.communicate()


@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_escape_sequences_do_not_reach_a_pipe(cut: int, user: Home, stub: Stub) -> None:
    stub.reply = streams(*[_HOSTILE[at : at + cut] for at in range(0, len(_HOSTILE), cut)])
    assert user.run("ask", "hi").out == _HARMLESS


def test_a_letter_cut_in_two_by_the_network_is_whole(user: Home, stub: Stub) -> None:
    def reply(handler: Handler) -> None:
        handler.begin()
        event = 'event: delta\ndata: {"text": "é漢"}\n\n'.encode()
        for byte in event:
            handler.chunk(bytes([byte]))
        handler.end()

    stub.reply = reply
    assert user.run("ask", "hi").out == "é漢\n"


def test_json_is_one_line_with_all_that_is_known(user: Home, stub: Stub) -> None:
    stub.reply = streams("Hé\x1b", "llo", reason="length", notice="small model")
    ran = user.run("ask", "--json", "hi")
    assert (ran.code, ran.err, ran.out.count("\n")) == (0, "", 1)
    assert ran.out.isascii()
    assert "\x1b" not in ran.out
    usage = {"input_tokens": 3, "output_tokens": 5, "cost_micro_usd": 7, "estimated": False}
    assert json.loads(ran.out) == {
        "request_id": "req-1", "model": "fast", "text": "Hé␛llo", "finish_reason": "length", "usage": usage,
    }  # fmt: skip


def test_with_json_an_error_is_one_line_of_json_on_stderr(user: Home, stub: Stub) -> None:
    ran = user.run("what", "--json", "nosuch.txt")
    assert (ran.code, ran.out) == (1, "")
    told = json.loads(ran.err)["error"]
    assert (told["code"], told["message"]) == ("bad_input", "There is no file nosuch.txt.")


@pytest.mark.parametrize(
    "words", [["lgoin", "--json"], ["ask", "--nope", "--json", "hi"], ["what", "--model", "--json"]]
)
def test_an_error_before_json_was_read_is_json_all_the_same(words: list[str], home: Home) -> None:
    ran = home.run(*words, *(["--nope"] if words[0] == "what" else []))
    assert (ran.code, ran.out) == (2, "")
    assert json.loads(ran.err)["error"]["code"] == "usage"
    assert home.run("ask", "--nope", "--", "--json").err.startswith("ant: ")


def test_no_foreign_letter_of_json_drives_a_terminal(user: Home, stub: Stub) -> None:
    stub.reply = streams("a\x9b31m", "\u202eb", reason="st\x1bop")
    told = json.loads(user.run("ask", "--json", "hi").out)
    assert (told["text"], told["finish_reason"]) == ("a31mb", "st␛op")
    stub.account = lambda handler: handler.send_json(200, {**ACCOUNT, "ev\x1bil": "x\x1b"})
    assert json.loads(user.run("whoami", "--json").out)["ev␛il"] == "x␛"


def test_with_json_the_traceback_is_part_of_the_line(user: Home, stub: Stub) -> None:
    ran = user.run("what", "--debug", "--json", "nosuch.txt")
    assert ran.err.count("\n") == 1
    assert json.loads(ran.err)["error"]["traceback"].startswith("Traceback")


def test_the_word_json_in_a_question_does_not_ask_for_json(user: Home, stub: Stub) -> None:
    assert user.run("ask", "what", "does", "curl", "--json", "do").out == "Hello.\n"
    assert stub.questions[0].json["messages"] == [{"role": "user", "content": "what does curl --json do"}]


def test_an_answer_that_reached_its_limit_says_so(user: Home, stub: Stub) -> None:
    stub.reply = streams("And so", reason="length")
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out) == (0, "And so\n")
    assert "limit of length" in ran.err


def test_an_empty_answer_is_told(user: Home, stub: Stub) -> None:
    stub.reply = streams("", "\n")
    ran = user.run("ask", "hi")
    assert (ran.code, ran.out, ran.err) == (0, "", "The answer is empty.\n")


def test_a_notice_is_not_for_programs(user: Home, stub: Stub) -> None:
    stub.reply = streams("Yes.", notice="small demo model")
    assert user.run("ask", "hi").err == ""


def test_the_question_and_its_parts_go_out_as_they_were_typed(user: Home, stub: Stub) -> None:
    user.run("ask", "--model", "smart", "naïve", "--flag", b"\xff")
    request = stub.questions[0].json
    assert request["messages"] == [{"role": "user", "content": "naïve --flag ?"}]
    assert (request["brew"], request["model"], request["stream"], request["context"]) == ("ask", "smart", True, [])


@pytest.mark.parametrize("words", [["how do I exit vim"], ["--host", "URL", "how do I exit vim"]])
def test_a_lone_argument_with_a_space_is_a_question(words: list[str], user: Home, stub: Stub) -> None:
    ran = user.run(*[stub.url if word == "URL" else word for word in words])
    assert ran.out == "Hello.\n"
    assert stub.questions[0].json["brew"] == "ask"


def test_a_closed_pipe_ends_the_command_quietly(user: Home, stub: Stub) -> None:
    stub.reply = streams(*["line\n"] * 2000)
    line = f"{' '.join(ANT)} ask hi | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(
        ["bash", "-c", line], env=user.environ, capture_output=True, text=True, timeout=30, check=False
    )
    assert (done.stdout, done.stderr) == ("line\n141\n", "")
    assert stub.client_left.wait(5)


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "<&- 2>&-"])
def test_closed_streams_are_no_bug(closed: str, user: Home, stub: Stub) -> None:
    for line in ("ask hi", "--help", "what nosuch.txt"):
        done = subprocess.run(
            ["bash", "-c", f"{' '.join(ANT)} {line} {closed}"],
            env=user.environ, capture_output=True, timeout=30, check=False,
        )  # fmt: skip
        assert done.returncode == (1 if "nosuch" in line else 0), done.stderr


@pytest.mark.parametrize(
    ("line", "closed", "code"),
    [
        ("fix -- sh -c 'echo no; exit 3'", "<&- >&- 2>&-", 1),
        pytest.param("show nosuch", "2>/dev/full", 1, marks=pytest.mark.skipif(
            not Path("/dev/full").exists(), reason="this system has no device that is full")),
    ],
)  # fmt: skip
def test_where_no_error_can_be_written_the_exit_code_tells(
    line: str, closed: str, code: int, user: Home, stub: Stub
) -> None:
    command = ["bash", "-c", f"{' '.join(ANT)} {line} {closed}"]
    assert subprocess.run(command, env=user.environ, timeout=30, check=False).returncode == code


@pytest.mark.parametrize("line", ["ask hi", "ask --json hi", "--help", "config path"])
def test_a_closed_output_is_told_before_anything_is_sent(line: str, user: Home, stub: Stub) -> None:
    def ran(closed: str) -> tuple[int, str]:
        command = ["bash", "-c", f"{' '.join(ANT)} {line} {closed}"]
        done = subprocess.run(command, env=user.environ, stderr=subprocess.PIPE, text=True, timeout=30, check=False)
        return done.returncode, done.stderr

    code, err = ran(">&-")
    assert code == 1
    assert "The output can't be written: standard output is closed." in err
    assert len(err.splitlines()) == 1
    assert ran("<&- >&- 2>&-") == (1, "")
    assert stub.requests == []


@pytest.mark.parametrize("words", [["ask", "hi"], ["list"], ["--help"], ["config", "path"]])
def test_a_full_disk_is_an_error_and_no_bug(words: list[str], user: Home, stub: Stub) -> None:
    device = Path("/dev/full")
    if not device.exists():
        pytest.skip("this machine has no /dev/full")
    with device.open("wb") as full:
        process = user.start(*words, stdout=full)
        _, err = process.communicate(timeout=30)
    assert (process.returncode, err.decode()) == (1, "ant: The output can't be written: no space left on device.\n")


def test_output_that_knows_no_unicode_is_no_bug(user: Home, stub: Stub) -> None:
    stub.reply = streams("naïve 漢")
    assert user.run("ask", "hi", PYTHONIOENCODING="ascii").out == "na?ve ?\n"


def test_a_bug_is_an_apology_with_a_report_that_tells_no_secret(user: Home, stub: Stub) -> None:
    program = (
        "import aniate.engine\n"
        "def broken(*_): raise RuntimeError('SECRET QUESTION')\n"
        "aniate.engine.converse = broken\n"
        "from aniate.cli import main\nmain()\n"
    )
    command = [sys.executable, "-c", program, "ask", "SECRET", "QUESTION"]
    done = subprocess.run(
        command, env=user.environ, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.startswith("ant: Sorry, this is a bug in ant (RuntimeError).\nA report lies in ")
    [report] = (user.cache / "bugs").iterdir()
    assert str(report) in done.stderr
    assert "broken" in report.read_text()
    assert "SECRET" not in report.read_text()
    assert KEY not in report.read_text()
    assert report.stat().st_mode & 0o777 == 0o600
    debugged = subprocess.run(
        [*command[:3], "--debug", *command[3:]], env=user.environ, capture_output=True, text=True, check=False,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert "Traceback" in debugged.stderr


@pytest.mark.parametrize("options", [[], ["--no-cache"], ["--no-cache", "--json"]])
@pytest.mark.parametrize("command", ["ask", "what"])
def test_the_model_is_asked_anew_only_on_demand(command: str, options: list[str], user: Home, stub: Stub) -> None:
    assert user.run(command, *options, "why").code == 0
    wished = "no-cache" if options else None
    assert [request.headers.get("cache-control") for request in stub.requests] == [wished]


def test_a_dry_run_shows_what_would_be_sent_and_sends_nothing(home: Home, stub: Stub) -> None:
    (home.work / "trace.txt").write_text("Traceback\n")
    ran = home.run("what", "trace.txt", "why", "--dry-run", "--host", stub.url)
    assert (ran.code, ran.err) == (0, "")
    shown = json.loads(ran.out)
    assert shown["url"] == stub.url + "/v1/chat"
    assert shown["body"]["messages"] == [{"role": "user", "content": "why"}]
    assert shown["body"]["context"] == [{"kind": "file", "name": "trace.txt", "text": "Traceback\n"}]
    assert stub.connections == 0
