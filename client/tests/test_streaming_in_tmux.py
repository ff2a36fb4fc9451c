"""Answers as they stream on a real terminal: what stands in its scrollback in the end, whatever happened meanwhile."""

from __future__ import annotations

import re
import threading
import time

import pytest
from ant_process import ANT, Home
from ant_stub import Handler, Reply, Stub, stalls, streams
from tmux_screen import TMUX, TmuxScreen

pytestmark = pytest.mark.skipif(TMUX is None, reason="this machine has no tmux")
_SIZES = [(80, 24), (40, 12)]


def _answer(lines: int = 500) -> str:
    """An answer with everything in it, that many lines long."""
    parts: list[str] = []
    at = 0
    while sum(part.count("\n") for part in parts) < lines:
        parts.append(
            f"## Part {at}\n\nWords of part {at} with **bold text**, `code {at}` and a [link](https://a.org/{at}),"
            f" long enough to be wrapped on most of the screens there are.\n\n"
            f"- item {at}\n  - deeper {at}\n- 漢字かな {at}\n\n"
            f"```python\ndef f{at}(x):  # {'long comment ' * 6}\n    return 'x' * {at}\n```\n\n"
            f"> quoted {at}\n\n| a{at} | b |\n|---|--:|\n| c | {at} |\n\n"
        )
        at += 1
    return "".join(parts)


def _pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def _ask(user: Home, size: tuple[int, int] = (80, 24), words: str = "ask hi", **environ: str) -> TmuxScreen:
    line = f"{' '.join(ANT)} {words}"
    return TmuxScreen(user.folder, line, {**user.environ, "SHELL": "/bin/sh", **environ}, *size)


def _shown(user: Home, stub: Stub, size: tuple[int, int], reply: Reply, *options: str, **environ: str) -> str:
    stub.reply = reply
    with _ask(user, size, **environ) as screen:
        return screen.to_the_end(*options)


@pytest.mark.parametrize("size", _SIZES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_long_answer_stands_once_in_the_scrollback(theme: str, size: tuple[int, int], user: Home, stub: Stub) -> None:
    text = _answer()
    streamed = _shown(user, stub, size, streams(*_pieces(text, 7)), "-e", "-J", ANT_THEME=theme)
    at_once = _shown(user, stub, size, streams(text), "-e", "-J", ANT_THEME=theme)
    assert streamed == at_once
    letters = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\|[\x0e\x0f]", "", streamed)
    for at in range(text.count("## Part")):
        assert len(re.findall(rf"^Part {at} *$", letters, re.MULTILINE)) == 1
        assert letters.count(f"def f{at}(x):") == 1
    assert f"def f3(x):  # {'long comment ' * 6}"[:-1] in letters  # -J joins what the terminal broke, not what we did


@pytest.mark.parametrize("sizes", [((80, 24), (40, 12)), ((40, 12), (80, 24)), ((80, 24), (33, 24))])
def test_a_resize_in_mid_stream_loses_no_word(
    sizes: tuple[tuple[int, int], tuple[int, int]], user: Home, stub: Stub
) -> None:
    words = [f"w{at:03d}" for at in range(400)]
    resized = [threading.Event() for _ in range(4)]
    reached = [threading.Event() for _ in range(4)]

    def reply(handler: Handler) -> None:
        handler.begin()
        for at, word in enumerate(words):
            if at % 80 == 79:
                handler.event("delta", {"text": word[:2]})  # in the middle of a word
                reached[at // 80 % 4].set()
                resized[at // 80 % 4].wait(10)
                handler.event("delta", {"text": word[2:] + " "})
            else:
                handler.event("delta", {"text": f"**{word}** " if at % 5 == 0 else word + " "})
        handler.end()

    stub.reply = reply
    with _ask(user, sizes[0]) as screen:
        for number in range(4):
            assert reached[number].wait(10)
            screen.wait_for(words[number * 80 + 78])
            screen.resize(*sizes[(number + 1) % 2])
            resized[number].set()
        shown = screen.to_the_end("-J")
    assert shown.split() == words


def test_an_answer_with_everything_in_it_survives_any_resizing(user: Home, stub: Stub) -> None:
    text = _answer(200)
    pieces = _pieces(text, 5)
    stub.reply = streams(*pieces, pause_s=0.0005)
    sizes = [(40, 12), (100, 30), (30, 8), (80, 24), (20, 10), (60, 20)]
    with _ask(user) as screen:
        for number in range(18):
            screen.resize(*sizes[number % len(sizes)])
            time.sleep(0.05)
        shown = screen.to_the_end("-J")
    at = 0
    for word in re.findall(
        r"Part \d+|part \d+|item \d+|deeper \d+|かな \d+|def f\d+|return 'x' . \d+|quoted \d+|a\d+ ", text
    ):
        at = shown.find(word, at)
        assert at >= 0, word


def test_history_shows_an_answer_as_it_was_shown(user: Home, stub: Stub) -> None:
    streamed = _shown(user, stub, (40, 12), streams(*_pieces(_answer(60), 7)), "-e", "-J", ANT_THEME="light")
    with _ask(user, (40, 12), "history show last", ANT_THEME="light") as screen:
        told = screen.to_the_end("-e", "-J")
    question, _, answer = told.partition("Part 0")
    assert answer == streamed.partition("Part 0")[2]
    assert "> hi" in question


def test_a_window_that_is_still_moving_loses_no_line(user: Home, stub: Stub) -> None:
    steps = [threading.Event() for _ in range(2)]
    label = "with a text that a narrow window breaks into many lines"

    def reply(handler: Handler) -> None:
        handler.begin()
        handler.event("delta", {"text": f"one\n\ntwo\n\nthree\n\n[link {label} "})
        steps[0].wait(10)
        handler.event("delta", {"text": "and"})
        steps[1].wait(10)
        handler.event("delta", {"text": " more](http://a.b/c)."})
        handler.end()

    stub.reply = reply
    with _ask(user) as screen:
        screen.wait_for("link with")
        screen.resize(20, 24)
        steps[0].set()
        time.sleep(0.1)
        screen.resize(80, 24)  # which tmux tells what runs in it only later
        steps[1].set()
        assert screen.to_the_end() == f"one\n\ntwo\n\nthree\n\nlink {label} and more."


def test_an_emoji_of_several_letters_is_one_however_they_come(user: Home, stub: Stub) -> None:
    text = "family \U0001f469\u200d\U0001f469\u200d\U0001f467 `\U0001f469\u200d\U0001f4bb`\n"
    streamed = _shown(user, stub, (80, 24), streams(*text, pause_s=0.01), "-e")
    assert streamed == _shown(user, stub, (80, 24), streams(text), "-e")


def test_hostile_text_reaches_no_terminal(user: Home, stub: Stub) -> None:
    hostile = (
        "\x1b[2J\x1b[H\x1b]0;owned\x07\x1b]52;c;cm0gLXJmIC8=\x07\x1b]8;;http://evil\x1b\\x \x9b31mred\x9d0;t\x9c "
        "\u202eevil\u202c back\b\b\b\bspace\rover\x7f \U000e0041\U000e0042 \ud800 `\x1b[31m` [x](http://a.b/\x1b]52;c;eA==\x07)\n\n"
        "```sh\n\x1b[31mcode\x1b]52;c;eA==\x07\n```\n| \x1b[1m | b |\n|---|---|\n| \x1b[5A | \x9b2J |\n\n# \x1b[2J\n"
        "- \x1b[3A"
    )
    shown = [_shown(user, stub, (80, 24), streams(*_pieces("first\n\n" + hostile, size)), "-e") for size in (3, 5000)]
    assert shown[0] == shown[1]
    assert shown[0].startswith("first\n")
    assert "owned" in shown[0]  # as letters
    assert "backspaceover" in shown[0]
    assert "evil" in shown[0]
    assert "\x1b[31m" not in shown[0]


@pytest.mark.parametrize("environ", [{"TERM": "dumb"}, {"TERM": "dumb", "ANT_THEME": "dark"}])
def test_a_dumb_terminal_gets_the_source(environ: dict[str, str], user: Home, stub: Stub) -> None:
    stub.reply = streams("# Title\n", "**bold** `code`\n")
    line = "env TERM=dumb " + " ".join(ANT)
    with TmuxScreen(user.folder, f"{line} ask hi", {**user.environ, **environ}) as screen:
        assert screen.to_the_end() == "# Title\n**bold** `code`"


def test_no_colour_keeps_the_shapes(user: Home, stub: Stub) -> None:
    shown = _shown(user, stub, (80, 24), streams("**bold** `code`\n```python\nreturn 1\n```"), "-e", NO_COLOR="1")
    assert "\x1b[1mbold" in shown
    assert not re.search(r"\x1b\[[0-9;]*3[0-8]", shown)


def test_twenty_columns_and_no_unicode_are_enough(user: Home, stub: Stub) -> None:
    text = "# A heading that is long\n\n- item that is long enough\n  - deeper and deeper\n\n> quoted"
    shown = _shown(user, stub, (20, 10), streams(*_pieces(text, 3)), LANG="C", LC_ALL="")
    assert shown.isascii()
    assert max(map(len, shown.split("\n"))) < 20
    words = re.findall(r"\w+", text)
    assert re.findall(r"\w+", shown) == words


def _slow(*events: tuple[str, object], stop: threading.Event) -> Reply:
    def reply(handler: Handler) -> None:
        handler.begin()
        for name, data in events:
            handler.event(name, data)
        stop.wait(10)
        handler.event("delta", {"text": "Here."})
        handler.end()

    return reply


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([], "thinking"),
        ([("status", {"state": "waiting", "position": 3})], "waiting in line, 2 before you"),
        ([("status", {"state": "waiting", "position": 1})], "waiting in line, next"),
        ([("status", {"state": "waiting", "position": 3}), ("status", {"state": "searching"})], "searching"),
        ([("status", {"state": "reading", "count": 3})], "reading 3 pages"),
        ([("status", {"state": "knitting_\x1b[31msocks", "count": "x"})], "knitting ␛[31msocks"),
        ([("status", {"state": ["x"]})], "thinking"),
        ([("status", {"state": "漢" * 60})], "漢" * 39),
    ],
)
def test_a_calm_line_says_what_is_waited_for_and_vanishes(
    events: list[tuple[str, object]], said: str, user: Home, stub: Stub
) -> None:
    stop = threading.Event()
    stub.reply = _slow(*events, stop=stop)
    with _ask(user) as screen:
        assert screen.wait_for(said.split()[-1]).strip() == said
        stop.set()
        assert screen.to_the_end() == "Here."


def test_the_calm_line_vanishes_on_ctrl_c(user: Home, stub: Stub) -> None:
    stub.reply = _slow(stop=threading.Event())
    with _ask(user) as screen:
        screen.wait_for("thinking")
        screen.press("C-c")
        assert screen.to_the_end().strip() == ""


def test_ctrl_c_in_mid_answer_leaves_a_plain_terminal(user: Home, stub: Stub) -> None:
    stub.reply = stalls("**bold and [a link](http://a.b/c) wor")
    with _ask(user) as screen:
        screen.wait_for("wor")
        screen.press("C-c")
        screen.wait_for("THE-END")
        *shown, end = screen.text("-e").rstrip("\n").split("\n")
    assert "\x1b[1mbold and " in shown[0]
    assert end == "THE-END"
    assert re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^\x1b]*\x1b\\\\", "", shown[0]) == "bold and a link wor^C"


def test_the_calm_line_vanishes_on_an_error(user: Home, stub: Stub) -> None:
    stop = threading.Event()

    def reply(handler: Handler) -> None:
        handler.begin(notice="a small model")
        stop.wait(10)
        handler.event("error", {"code": "internal", "message": "It broke.", "hint": ""})
        handler.chunk(b"")

    stub.reply = reply
    with _ask(user) as screen:
        screen.wait_for("thinking")
        stop.set()
        assert screen.to_the_end() == "a small model\nant: It broke."


def test_a_quick_answer_shows_no_calm_line(user: Home, stub: Stub) -> None:
    stub.reply = streams("Here.")
    with _ask(user, words="ask hi 2>log; od -c log | head -2") as screen:
        shown = screen.to_the_end()
    assert "thinking" not in shown
    assert shown.startswith("Here.")
