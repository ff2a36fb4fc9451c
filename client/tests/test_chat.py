"""`ant chat` on a real terminal: lines, files, /commands, Ctrl-C, and what fails."""

from __future__ import annotations

import json
import signal
import termios
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from ant_process import Home
from ant_stub import Handler, Stub, refuses, stalls, streams
from talk import Talk

Begin = Callable[..., Talk]


@pytest.fixture
def begin(user: Home) -> Iterator[Begin]:
    """Starts a talk, and waits for its prompt."""
    made: list[Talk] = []

    def start(*words: str, prompt: str = ">", **how: object) -> Talk:
        made.append(Talk(user, *words, **how))  # type: ignore[arg-type]  # as Talk has them
        made[-1].prompts(prompt)
        return made[-1]

    yield start
    for each in made:
        each.process.close(force=True)


def said(stub: Stub, at: int = -1) -> list[str]:
    return [message["content"] for message in stub.questions[at].json["messages"]]


def kept(user: Home) -> list[list[dict[str, object]]]:
    """The lines of each kept conversation."""
    folder = user.folder / ".local" / "state" / "aniate" / "history"
    found = sorted(folder.glob("*.jsonl"), key=lambda path: path.stat().st_mtime_ns)
    return [[json.loads(line) for line in path.read_text().splitlines() if line] for path in found]


def test_each_question_stands_behind_what_was_said_before(begin: Begin, stub: Stub) -> None:
    talk = begin()
    talk.ask("first", "Hello.")
    stub.reply = streams("Fine, ", "too.")
    talk.ask("second", "Fine, too.")
    assert said(stub, 0) == ["first"]
    assert said(stub, 1) == ["first", "Hello.", "second"]
    assert (stub.questions[1].json["brew"], "assistant" in stub.questions[1].json) == ("ask", False)
    assert talk.leave() == 0


def test_an_assistant_answers_its_talk(begin: Begin, stub: Stub) -> None:
    talk = begin("chat", "coder", "--model", "smart", prompt="coder>")
    talk.type("hi\r")
    talk.shows("Hello.")
    asked = stub.questions[0].json
    assert (asked["brew"], asked["assistant"], asked["model"]) == ("chat", "coder", "smart")


def test_ant_alone_is_help_where_nobody_is_logged_in(home: Home) -> None:
    talk = Talk(home, rows=200)
    assert talk.ends() == 0
    assert "Commands:" in talk.lines


def test_off_a_terminal_it_says_that_it_needs_one(user: Home, stub: Stub) -> None:
    for words in (["chat"], ["-c"], ["chat", "coder"]):
        ran = user.run(*words, stdin=b"hello\n")
        assert (ran.code, ran.out) == (2, "")
        assert ran.err == "ant: `ant chat` needs a terminal to talk on.\nFor a single question: ant ask WORDS…\n"
    assert stub.requests == []


def test_who_is_not_logged_in_is_told(home: Home) -> None:
    talk = Talk(home, "chat")
    assert talk.ends() == 4
    assert "You are not logged in" in talk.lines[0]


@pytest.mark.parametrize("typed", ["one\\\rtwo", "one\x1b\rtwo", "\x1b[200~one\r\ntwo\x1b[201~"])
def test_a_question_may_have_several_lines(typed: str, begin: Begin, stub: Stub) -> None:
    begin().ask(typed, "Hello.")
    assert said(stub) == ["one\ntwo"]


def test_wide_letters_are_edited_as_they_stand(begin: Begin, stub: Stub) -> None:
    begin().ask("日本語x\x7f\x1b[D\x7f", "Hello.")
    assert said(stub) == ["日語"]


def test_files_go_along_by_their_names_in_the_question(begin: Begin, user: Home, stub: Stub) -> None:
    (user.work / "a b.txt").write_text("the first")
    (user.work / "notes.md").write_text("the second")
    talk = begin()
    talk.ask('compare @"a b.txt" (and @notes.md), me@example.com asks @nobody', "Hello.")
    pieces = [(piece["name"], piece["text"]) for piece in stub.questions[0].json["context"]]
    assert pieces == [("a b.txt", "the first"), ("notes.md", "the second")]
    assert said(stub) == ['compare @"a b.txt" (and @notes.md), me@example.com asks @nobody']
    talk.ask("/drop notes.md", "a b.txt (9 characters)")
    talk.ask("and now", "Hello.")
    assert [piece["name"] for piece in stub.questions[1].json["context"]] == ["a b.txt"]


def test_what_can_not_go_along_leaves_the_question_to_be_edited(begin: Begin, user: Home, stub: Stub) -> None:
    (user.work / "image.png").write_bytes(b"\x89PNG\0")
    talk = begin()
    talk.type("see @image.png\r")
    talk.shows("image.png is not a text file.")
    talk.prompts("> see @image.png")
    talk.ask("\x17well", "Hello.")
    assert said(stub) == ["see well"]


def test_names_are_completed_and_hostile_ones_are_not_offered(begin: Begin, user: Home, stub: Stub) -> None:
    (user.work / "my notes.md").write_text("x")
    (user.work / "evil\x1b]0;pwned\x07.txt").write_text("x")
    talk = begin()
    talk.type("see @my\t")
    talk.shows('> see @"my notes.md"')
    talk.type("\x15@\t")
    talk.shows("my notes.md")
    talk.type("\x15/ren\t")
    talk.shows("> /rename")
    assert b"]0;pwned" not in talk.sent


def test_ctrl_c_ends_the_answer_and_not_the_talk(begin: Begin, user: Home, stub: Stub) -> None:
    stub.reply = stalls("Half an ans")
    talk = begin()
    talk.type("long\r")
    talk.shows("Half an ans")
    talk.process.sendintr()
    talk.shows("(interrupted)")
    assert stub.client_left.wait(5)
    talk.prompts()
    assert talk.lines[-4:] == ["Half an ans", "(interrupted)", "", ">"]
    stub.reply = streams("The rest.")
    talk.ask("go on", "The rest.")
    assert said(stub) == ["long", "Half an ans", "go on"]
    [[_, first, second]] = kept(user)
    assert (first["answer"], first["interrupted"]) == ("Half an ans", True)
    assert "interrupted" not in second


def test_what_is_typed_during_an_answer_is_seen_when_it_is_over(begin: Begin, stub: Stub) -> None:
    go_on = threading.Event()

    def reply(handler: Handler) -> None:
        handler.begin()
        handler.event("delta", {"text": "One "})
        go_on.wait(10)
        handler.event("delta", {"text": "two."})
        handler.end()

    stub.reply = reply
    talk = begin()
    talk.type("count\r")
    talk.shows("One")
    talk.type("next question")
    time.sleep(0.2)
    go_on.set()
    talk.prompts("> next question")
    assert "One two." in talk.lines


def test_before_the_answer_ctrl_c_gives_the_question_back(begin: Begin, user: Home, stub: Stub) -> None:
    stub.reply = stalls()
    talk = begin()
    talk.type("hm\r")
    assert stub.asked.wait(10)
    talk.process.sendintr()
    talk.prompts("> hm")
    assert kept(user) == []


def test_ctrl_c_on_an_empty_line_twice_leaves(begin: Begin) -> None:
    talk = begin()
    talk.type("typed\x03")
    talk.shows("Ctrl-C again, or Ctrl-D, leaves.")
    talk.prompts()  # between two lines it would not be heard
    talk.type("\x03")
    assert talk.ends() == 0


def test_an_error_is_one_sentence_and_the_question_is_kept(begin: Begin, stub: Stub) -> None:
    stub.reply = refuses(429, "limit_reached", "The day's questions are used up.", "ant upgrade")
    talk = begin()
    talk.type("why\r")
    talk.shows("The day's questions are used up.")
    talk.prompts("> why")
    stub.reply = streams("Because.")
    talk.ask("", "Because.")
    assert said(stub) == ["why"]


def test_without_a_server_the_talk_goes_on(user: Home) -> None:
    user.log_in("http://127.0.0.1:9")
    talk = Talk(user)
    talk.prompts()
    talk.type("why\r")
    talk.shows("can't be reached")
    talk.prompts("> why")
    talk.process.close(force=True)


def test_an_answer_can_not_drive_the_terminal(begin: Begin, stub: Stub) -> None:
    stub.reply = streams("a\x1b]52;c;cHduZWQ=\x07\x9b31m\u202eb")
    talk = begin()
    talk.ask("hi", "a")
    assert b"\x1b]52" not in talk.sent and "\x9b".encode() not in talk.sent and "\u202e".encode() not in talk.sent


def test_commands_do_what_help_says(begin: Begin, user: Home, stub: Stub) -> None:
    talk = begin()
    talk.ask("/help", "/retry", "/save FILE", "Alt-Enter")
    talk.ask("one", "Hello.")
    stub.reply = streams("Better.")
    talk.ask("/retry", "Better.")
    assert (said(stub), stub.questions[-1].headers["cache-control"]) == (["one"], "no-cache")
    talk.ask("/model smart", "The model is smart.")
    talk.ask("/rename my title", "my title")
    talk.ask("/save talk.md", "Saved as talk.md.")
    saved = (user.work / "talk.md").read_text()
    assert saved.startswith("# my title\n") and "Better." in saved and "Hello." not in saved
    talk.ask("/save talk.md", "talk.md exists.")
    talk.ask("/history", "> one", "Better.")
    talk.ask("/modle x", "There is no /modle.", "Did you mean `/model`?")
    talk.ask("/etc/passwd is what", "Better.")
    assert stub.questions[-1].json["model"] == "smart"
    talk.ask("/new", "A new conversation")
    talk.ask("fresh", "Better.")
    assert said(stub) == ["fresh"]
    talk.type("/exit\r")
    assert talk.ends() == 0
    assert len(kept(user)) == 2


def test_earlier_questions_come_back_with_the_arrow(begin: Begin, stub: Stub) -> None:
    begin().ask("from before", "Hello.")
    talk = begin()
    talk.type("\x1b[A")
    talk.shows("> from before")


def test_a_dumb_terminal_has_plain_lines(begin: Begin, stub: Stub) -> None:
    talk = begin(TERM="dumb")
    talk.type("one\\\r")
    talk.ask("two", "Hello.")
    assert said(stub) == ["one\ntwo"]
    assert b"\x1b" not in talk.sent
    assert talk.leave() == 0


def test_twenty_columns_and_no_locale_will_do(begin: Begin, stub: Stub) -> None:
    stub.reply = streams("word " * 10)
    talk = begin(columns=20, LANG="C", LC_ALL="C")
    talk.ask("a question that is longer than the line is", "word word")
    talk.ask("/help", "/rename TITLE", "  write it to a", "  file, as markdown")
    assert said(stub, 0) == ["a question that is longer than the line is"]


def test_with_dry_run_nothing_is_sent(begin: Begin, stub: Stub) -> None:
    begin("chat", "--dry-run").ask("secret plan", '"content": "secret plan"')
    assert stub.requests == []


def test_long_conversations_lose_their_oldest_turns(begin: Begin, user: Home, stub: Stub) -> None:
    first = begin()
    first.ask("short", "Hello.")
    [[head, turn]] = kept(user)
    [path] = (user.folder / ".local/state/aniate/history").glob("*.jsonl")
    big = [{**turn, "question": f"q{at}", "answer": "x" * 1_000_000} for at in range(6)]
    path.write_text("".join(json.dumps(each) + "\n" for each in (head, *big)))
    first.leave()
    talk = begin("-c")
    talk.ask("on", "The first 2 turns of this conversation are more than one request holds", "Hello.")
    assert [text[:2] for text in said(stub)] == ["q2", "xx", "q3", "xx", "q4", "xx", "q5", "xx", "on"]


def test_killed_in_mid_turn_only_that_turn_is_lost(begin: Begin, user: Home, stub: Stub) -> None:
    talk = begin()
    talk.ask("one", "Hello.")
    stub.reply = stalls("Half")
    talk.type("two\r")
    talk.shows("Half")
    talk.process.kill(signal.SIGKILL)
    talk.process.wait()
    [[_, turn]] = kept(user)
    assert turn["question"] == "one"
    stub.reply = streams("Yes.")
    again = begin("-c")
    again.ask("still there", "Yes.")
    assert said(stub) == ["one", "Hello.", "still there"]


def test_who_ends_it_from_outside_finds_the_terminal_as_it_was(begin: Begin) -> None:
    talk = begin()
    fd = talk.process.child_fd
    assert not termios.tcgetattr(fd)[3] & termios.ICANON
    talk.process.kill(signal.SIGTERM)
    while talk.process.isalive():
        talk.settle()
    talk.settle()
    assert talk.process.signalstatus == signal.SIGTERM
    assert termios.tcgetattr(fd)[3] & (termios.ICANON | termios.ECHO) == termios.ICANON | termios.ECHO
    assert talk.sent.rfind(b"\x1b[?2004l") > talk.sent.rfind(b"\x1b[?2004h")


def test_a_line_that_was_torn_costs_itself_alone(begin: Begin, user: Home, stub: Stub) -> None:
    talk = begin()
    talk.ask("one", "Hello.")
    talk.leave()
    [path] = (user.folder / ".local/state/aniate/history").glob("*.jsonl")
    whole = path.read_text()
    path.write_text(whole + '{"question": "tw')
    begin("chat", "-c").ask("three", "Hello.")
    assert said(stub) == ["one", "Hello.", "three"]
    assert user.run("history", "show", "last").out.count("> ") == 2


def test_a_conversation_that_is_deleted_meanwhile_does_not_come_back(begin: Begin, user: Home, stub: Stub) -> None:
    talk = begin()
    talk.ask("one", "Hello.")
    assert user.run("history", "delete", "last", "--yes").code == 0
    talk.ask("two", "Hello.", "this conversation is not kept on this machine: it was deleted.")
    assert kept(user) == []


def test_two_at_once_in_one_folder_lose_nothing(begin: Begin, user: Home, stub: Stub) -> None:
    first, second = begin(), begin()
    first.ask("of the first", "Hello.")
    second.ask("of the second", "Hello.")
    third = begin("-c")
    third.shows("This conversation is open in another `ant`; a copy of it goes on here.")
    third.ask("of the third", "Hello.")
    second.ask("again of the second", "Hello.")
    questions = [[line["question"] for line in lines[1:]] for lines in kept(user)]
    assert sorted(questions) == [
        ["of the first"],
        ["of the second", "again of the second"],
        ["of the second", "of the third"],
    ]


@pytest.mark.parametrize(
    "how", [{"XDG_STATE_HOME": "/dev/null/nowhere"}, {"before": "ulimit -f 0"}], ids=["read-only", "full"]
)
def test_where_nothing_can_be_kept_that_is_said_once(how: dict[str, str], begin: Begin, stub: Stub) -> None:
    talk = begin(**how)
    talk.ask("one", "Hello.", "this conversation is not kept on this machine")
    talk.ask("two", "Hello.")
    assert said(stub) == ["one", "Hello.", "two"]
    assert "\n".join(talk.lines).count("not kept") == 1


def test_with_history_off_nothing_is_kept(begin: Begin, user: Home, stub: Stub) -> None:
    user.run("config", "set", "history", "off")
    begin().ask("one", "Hello.")
    user.run("ask", "two")
    assert kept(user) == []
