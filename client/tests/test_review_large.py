"""A large review: in parts, with a bar, in bounded memory, and it may be ended at any moment."""

import json
import os
import signal
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import pexpect
import pytest
from ant_process import ANT, Home
from ant_stub import Handler, Stub, refuses, stalls, streams
from real_git import begin, finding, finds, judges, shown

from aniate.reviewing import parts


def _line(number: int) -> str:
    return f"    value_{number} = compute(value_{number - 1}, option={number}) or fallback()\n"


def _large(folder: Path, files: int, lines: int) -> None:
    repo = begin(folder, first="x\n")
    for number in range(files):
        repo.write(f"src/m{number:03}.py", "".join(_line(number * lines + at) for at in range(lines)))
    repo.git("add", "-A")


# Linux hands the peak of ru_maxrss down from the process that started this one; VmHWM is its own.
_SPY = """
import os, resource, sys
end = os._exit
def leave(code):
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
    if os.path.exists("/proc/self/status"):
        with open("/proc/self/status") as file:
            peak = next(line.split()[1] for line in file if line.startswith("VmHWM"))
    print("PEAK", peak, file=sys.stderr, flush=True)
    end(code)
os._exit = leave
from aniate.cli import main
main()
"""


def _peak_kib(user: Home, *words: str, stdin: Path | None = None) -> tuple[int, str, str]:
    """The most memory that the command had, in KiB, and what it said."""
    with (stdin or Path(os.devnull)).open("rb") as given:
        done = subprocess.run(
            [sys.executable, "-c", _SPY, *words], cwd=user.work, env=user.environ, stdin=given, capture_output=True,
            check=False, timeout=100,
        )  # fmt: skip
    said, _, peak = done.stderr.decode().rpartition("PEAK ")
    assert done.returncode == 0, said
    return int(peak), done.stdout.decode(), said


@pytest.mark.parametrize(("files", "lines"), [(40, 500), (1, 20_000)])
def test_twenty_thousand_lines_are_reviewed_to_the_last_in_bounded_memory(
    files: int, lines: int, user: Home, stub: Stub
) -> None:
    _large(user.work, files, lines)
    seen: list[str] = []

    def judge(texts: dict[str, str]) -> object:
        assert sum(len(text) for text in texts.values()) <= parts.MOST_BYTES
        seen.extend(line[7:] for text in texts.values() for line in text.split("\n") if line[6:7] == "+")
        name, text = list(texts.items())[-1]
        last = int(text.rpartition("\n")[2][:5])
        return {"findings": [finding(name, last, f"Mistake {len(seen)}.", "low")]}

    stub.reply = judges(judge)
    peak, out, _ = _peak_kib(user, "review", "--staged", "--json")
    assert seen == [_line(number).rstrip("\n") for number in range(20_000)]
    said = json.loads(out)
    assert said["complete"] is True
    assert said["parts"]["reviewed"] == said["parts"]["all"] == len(stub.questions) > 40
    assert [each["code"] for each in said["findings"]] == [each["code"] for each in said["findings"] if each["code"]]
    assert peak < 30 * 1024


@pytest.mark.parametrize("line", ["}", "", "語" * 50, "x" * 3000, "😀" * 400], ids=range(5))
def test_no_part_is_larger_than_what_one_request_may_hold(line: str, user: Home, stub: Stub) -> None:
    begin(user.work, first="x\n")
    (user.work / "new.txt").write_text(f"{line}\n" * 6000 if len(line) < 9 else f"{line}\n" * 300)
    (user.work / "many").mkdir()
    for number in range(500):
        (user.work / "many" / str(number)).write_text("x\n")
    stub.reply = finds()
    assert user.run("review", "new.txt", "many", "--untracked").code == 0
    for question in stub.questions:
        assert len(question.json["context"]) <= 200  # as the server's parse.py has it
        assert sum(len(piece["text"].encode()) for piece in question.json["context"]) <= parts.MOST_BYTES


def test_what_is_too_large_for_the_server_is_halved(user: Home, stub: Stub) -> None:
    _large(user.work, 6, 30)
    refused = refuses(413, "too_large", "The question and its context are longer than the model can read.")
    found = judges(lambda texts: {"findings": [finding(name, 30, name) for name in texts]})
    stub.reply = lambda handler: (refused if len(shown(stub.questions[-1])) > 2 else found)(handler)
    said = json.loads(user.run("review", "--staged", "--json").out)
    assert (len(said["findings"]), said["complete"], said["unreviewed"]) == (6, True, [])


def test_a_patch_of_endless_lines_is_cut_in_bounded_memory(user: Home, stub: Stub) -> None:
    patch = user.folder / "patch"
    patch.write_text("--- a/x.js\n+++ b/x.js\n@@ -0,0 +1,3 @@\n+" + "é;" * 8_000_000 + "\n+short\n+last\n")
    stub.reply = finds(finding("x.js", 3))
    peak, out, _ = _peak_kib(user, "review", stdin=patch)
    assert "high x.js:3\n" in out
    [question] = stub.questions
    text = shown(question)["x.js"]
    assert len(text) < 3000
    assert text.endswith("é;…\n    2 +short\n    3 +last")
    assert peak < 30 * 1024


def test_a_bar_shows_how_far_it_is_and_leaves_nothing(user: Home, stub: Stub) -> None:
    _large(user.work, 8, 300)
    stub.reply = finds()
    terminal = pexpect.spawn(ANT[0], [*ANT[1:], "review", "--staged"], cwd=str(user.work), env=user.environ, timeout=30)
    sent = b"".join(terminal).decode()
    for done in range(9):
        assert f" {done}/8\x1b[K" in sent
    assert "Reviewing ━━━" in sent
    assert sent.endswith("\r\x1b[KNothing was found.\r\n")


@pytest.mark.parametrize("columns", [20, 8])
def test_a_bar_is_never_wider_than_the_terminal(columns: int, user: Home, stub: Stub) -> None:
    _large(user.work, 3, 300)
    stub.reply = finds()
    terminal = pexpect.spawn(
        ANT[0], [*ANT[1:], "review", "--staged"], cwd=str(user.work), env={**user.environ, "PYTHONIOENCODING": "ascii"},
        dimensions=(24, columns), timeout=30,
    )  # fmt: skip
    drawn = [line.partition("\x1b[K")[0] for line in b"".join(terminal).decode().split("\r") if "\x1b[K" in line]
    assert [line for line in drawn if line][-1].startswith("3/3" if columns == 8 else "Reviewing")
    assert all(len(line) < columns for line in drawn)


def test_there_is_no_bar_for_a_small_review_nor_off_a_terminal(user: Home, stub: Stub) -> None:
    begin(user.work, a="x\n").write("a", "y\n")
    stub.reply = finds()
    terminal = pexpect.spawn(ANT[0], [*ANT[1:], "review"], cwd=str(user.work), env=user.environ, timeout=30)
    assert b"".join(terminal) == b"Nothing was found.\r\n"


@pytest.mark.parametrize("form", ["", "--json", "--sarif"])
def test_ctrl_c_shows_what_was_found_so_far(form: str, user: Home, stub: Stub) -> None:
    _large(user.work, 4, 300)
    calls = count(1)

    def reply(handler: Handler) -> None:
        (stalls() if next(calls) == 3 else judges(lambda texts: {"findings": [finding(next(iter(texts)), 1)]}))(handler)

    stub.reply = reply
    process = user.start("review", "--staged", *filter(None, [form]))
    while len(stub.questions) < 3:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"This is not all: 2 of 4 parts were reviewed." in err
    assert b"Traceback" not in err
    if form == "--json":
        said = json.loads(out)
        assert (len(said["findings"]), said["complete"]) == (2, False)
    elif form == "--sarif":
        [run] = json.loads(out)["runs"]
        assert (len(run["results"]), run["invocations"][0]["executionSuccessful"]) == (2, False)
    else:
        assert b"2 findings: 2 high.\n" in out


def test_a_reader_that_leaves_ends_it(user: Home, stub: Stub) -> None:
    begin(user.work, a="x\n").write("a", "y\n" * 200)
    stub.reply = finds(*(finding("a", number, f"Mistake {number}. " + "long " * 150) for number in range(1, 101)))
    process, written = user.begin("review")
    assert written.read(4) == b"high"
    written.close()
    assert process.stderr is not None
    with process.stderr as complaint:
        assert (complaint.read(), process.wait(timeout=20)) == (b"", 141)


def test_a_model_that_reads_less_is_shown_less_until_it_reads_all(user: Home, stub: Stub) -> None:
    _large(user.work, 1, 400)
    read: list[str] = []

    def reply(handler: Handler) -> None:
        [(name, text)] = shown(stub.questions[-1]).items()
        if len(text) > 5000:
            streams('{"findings": []}', notice=f"{name} is too long for this model: 9 of 99 lines of it left out.")(
                handler
            )
        else:
            read.extend(line[7:] for line in text.split("\n") if line[6:7] == "+")
            finds(finding(name, int(text.rpartition("\n")[2][:5]), f"{len(read)}"))(handler)

    stub.reply = reply
    ran = user.run("review", "--staged", "--json", "--fail-on", "low")
    said = json.loads(ran.out)
    assert read == [_line(number).rstrip("\n") for number in range(400)]
    assert (said["complete"], said["cut"], said["parts"]) == (True, [], {"reviewed": 2, "all": 2})
    assert said["findings"][-1]["line"] == 400
    assert len(said["findings"]) < len(stub.questions) <= len(said["findings"]) + 3


def test_one_half_without_an_answer_does_not_end_the_other(user: Home, stub: Stub) -> None:
    _large(user.work, 1, 100)
    good = judges(
        lambda texts: {
            "findings": [finding(name, int(text.rpartition("\n")[2][:5]), "x") for name, text in texts.items()]
        }
    )

    def reply(handler: Handler) -> None:
        [text] = shown(stub.questions[-1]).values()
        if "    1 +" in text and "  100 +" in text:
            streams("", notice="It is too long: 9 of 99 lines left out.")(handler)
        else:
            (streams("no JSON") if "    1 +" in text else good)(handler)

    stub.reply = reply
    ran = user.run("review", "--staged", "--fail-on", "high")
    assert (ran.code, len(stub.questions)) == (1, 3)
    assert "high src/m000.py:100\n" in ran.out
    assert "gave no answer that can be used: src/m000.py." in ran.err


def test_what_no_model_could_read_is_told_and_shuts_the_gate(user: Home, stub: Stub) -> None:
    begin(user.work, a="x\n").write("a", "y\n")
    stub.reply = streams('{"findings": []}', notice="a is too long for this model: 1 of 2 lines of it left out.")
    ran = user.run("review", "--fail-on", "high")
    assert (ran.code, ran.out) == (1, "Nothing was found.\n")
    assert "The model could not read all of a." in ran.err


def test_what_the_server_remarks_is_said_once(user: Home, stub: Stub) -> None:
    _large(user.work, 3, 300)
    stub.reply = streams('{"findings": []}', notice="a small model")
    ran = user.run("review", "--staged")
    assert (len(stub.questions), ran.err) == (3, "a small model\n")
