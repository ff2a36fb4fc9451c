"""Six words of our prompts in a row never leave, however they are dressed or cut; all else passes untouched."""

from __future__ import annotations

import itertools
import json
import random
import re
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from aniate_server.brews import catalogue
from aniate_server.inference.leak_guard import LeakGuard
from aniate_server.inference.leak_guard_json import JsonWatch, Unescaper
from aniate_server.inference.token_count import counted
from aniate_server.plumbing.db import Database
from aniate_server.plumbing.settings import Provider
from server.tests.data.cluster import MakeTenant, TestDatabase
from server.tests.doubles.groq import KEY, Groq
from server.tests.inference.gateway import Gateway, serving
from server.tests.inference.ordinary import answers

BREWS = catalogue.load()
PROMPTS = {name: brew.fixed.split() for name, brew in BREWS.items()}
OURS = PROMPTS["what"]
META = (catalogue.FOLDER / "meta.md").read_text().split()
GUARD = LeakGuard(brew.fixed for brew in BREWS.values())

WITHHELD = {
    "code": "withheld",
    "message": "The answer was stopped, because it began to repeat the instructions of this server.",
    "hint": "Ask for the result, not for the instructions.",
}


def each(dress: str) -> Callable[[list[str]], str]:
    """Every word in the same dress, where `W` stands for it."""
    return lambda words: "".join(dress.replace("W", word) for word in words)


def letters(change: Callable[[str], str], between: str = " ") -> Callable[[list[str]], str]:
    """Every letter changed."""
    return lambda words: "".join("".join(map(change, word)) + between for word in words)


def shifted(letter: str, by: int) -> str:
    """A letter's relative in another block of Unicode."""
    return chr(ord(letter) + by) if letter.isascii() and letter.isalpha() else letter


CYRILLIC = str.maketrans("aeopcyx", "аеорсух")
WAYS: dict[str, Callable[[list[str]], str]] = {
    "as it is": each("W "),
    "upper case": lambda words: each("W ")(words).upper(),
    "title case": lambda words: each("W ")(words).title(),
    "no spaces": each("W"),
    "wide spaces": each("W \u3000\u00a0\t "),
    "a word a line": each("W\r\n\n"),
    "letters apart": letters(lambda letter: letter + " ", "  "),
    "letters in a column": letters(lambda letter: letter + "\n", "\n"),
    "emphasis": each("**W** "),
    "quoted lines": each("\n> W"),
    "in quotes": each("“W”, "),
    "code": each("`W` "),
    "a table": each("| W "),
    "numbered": lambda words: "".join(f"{at}. {word}\n" for at, word in enumerate(words, 1)),
    "punctuated": each("W... "),
    "underlined": each("W_"),
    "tags": each('W<br class="name">'),
    "entities": each("W&nbsp;"),
    "colours": each("W\x1b[0;31m "),
    "divided": letters(lambda letter: letter + "-\n" if letter in "aeiou" else letter),
    "full width": letters(lambda letter: shifted(letter, 0xFEE0)),
    "mathematical": letters(lambda letter: shifted(letter, 0x1D400 - 65) if letter.isupper() else letter),
    "joined by nothing to see": letters(lambda letter: letter + "\u200d\u2060\u3164"),
    "soft hyphens": letters(lambda letter: letter + "\u00ad"),
    "accents": letters(lambda letter: letter + "\u0301"),
    "Cyrillic": lambda words: each("W ")(words).translate(CYRILLIC),
}
ORDINARY = "The file is a Makefile: `make test` runs all tests.\n\n"
OTHER = PROMPTS["ask"][len(META) :]
PLACES: dict[str, tuple[str, str]] = {
    "from the middle": (each("W ")(OURS[3:8]), each("W ")(OURS[8:])),
    "no more than six": (each("W ")(OURS[10:15]), OURS[15].strip(".,:")),
    "within an answer": (ORDINARY + each("W ")(OURS[:5]), each("W ")(OURS[5:]) + ORDINARY),
    "at the very end": (ORDINARY * 5 + each("W ")(OURS[-6:-1]), OURS[-1]),
    "after five words of it": (each("W ")([*OURS[:5], "no", *OURS[:5]]), each("W ")(OURS[5:])),
    "two mixed": (each("W ")([*OTHER[:4], *OURS[20:25]]), each("W ")([*OURS[25:], *OTHER])),
    "another brew's": (each("W ")(OTHER[:5]), each("W ")(OTHER[5:])),
    "over the border of two prompts": (
        each("W ")(PROMPTS["chat"][len(META) - 2 :][:5]),
        PROMPTS["chat"][len(META) + 3],
    ),
    "twice": (each("W ")(OURS[:5]), each("W ")(OURS[5:]) + each("W ")(OURS)),
    "after a tag that never ends": ("if a < b: " + each("W ")(OURS[:5]), each("W ")(OURS[5:])),
    "glued to a word": ("x" + "".join(OURS[:5]), "".join(OURS[5:])),
}
CASES = {**{name: (way(OURS[:5]), way(OURS[5:])) for name, way in WAYS.items()}, **PLACES}


def repeats(text: str) -> bool:
    """Whether six words of ours stand in a text, found as plainly as can be."""
    bare = only_letters(re.sub(r"<[^>]*>|&\w+;|\x1b[^m]*m", "", text).translate(str.maketrans("аеорсух", "aeopcyx")))
    runs = (only_letters("".join(words[at : at + 6])) for words in PROMPTS.values() for at in range(len(words) - 5))
    return any(run in bare for run in runs)


def only_letters(text: str) -> str:
    return re.sub(r"[^a-z]", "", unicodedata.normalize("NFKD", text).casefold())


@pytest.mark.anyio
@pytest.mark.parametrize("case", CASES)
async def test_what_repeats_our_prompts_is_stopped_before_its_sixth_word(
    gateway: Gateway, groq: Groq, tenant: MakeTenant, case: str
) -> None:
    key = (await tenant("ada")).key
    before, rest = CASES[case]
    assert repeats(before + rest)
    for says in ([before + rest], list(before + rest), re.findall(r"\S+\s*|\s+", before + rest)):
        groq.says = says
        answer = await gateway.chat(key, brew="what")
        assert answer.names == ["start", "delta", "error"]
        assert answer.error == WITHHELD
        assert not repeats(answer.text)
        left, dress = answer.text[: len(before)], answer.text[len(before) :]
        assert (left, only_letters(dress)) == (before, "")
    whole = await gateway.chat(key, brew="what", stream=False)
    assert (whole.status, json.loads(whole.raw)) == (403, {"error": WITHHELD})


@pytest.mark.anyio
async def test_stopping_ends_the_answer_upstream_and_charges_what_was_delivered(
    gateway: Gateway, groq: Groq, tenant: MakeTenant
) -> None:
    groq.says, groq.reasons, groq.pause_s = [f"{word} " for word in OURS] + ["and "] * 1000, [], 0.02
    with capture_logs() as logged:
        answer = await gateway.chat((await tenant("ada")).key, brew="what")
    assert answer.error == WITHHELD
    assert await gateway.settled() == [("closed", "failed")]
    assert groq.asked[0].cancelled
    assert gateway.rows("output_tokens, estimated") == [(counted([answer.text], len(answer.text)), True)]
    costs, ledger = gateway.balance()
    assert costs == ledger > 0
    [line] = [line for line in logged if line["event"] == "withheld"]
    request_id = answer.headers["x-request-id"]
    assert line == {"event": "withheld", "log_level": "warning", "request_id": request_id, "brew": "what"}


@pytest.mark.anyio
async def test_it_stands_before_any_provider(
    groq: Groq, db: Database, database: TestDatabase, tenant: MakeTenant
) -> None:
    groq.says = [BREWS["ask"].fixed]
    local = Provider("local", groq.base_url, KEY, "openai/gpt-oss-20b")
    async with serving(db, database, local) as gateway:
        answer = await gateway.chat((await tenant("ada")).key)
    assert (answer.text, answer.error) == (each("W ")(OURS[:5]), WITHHELD)


@pytest.mark.anyio
async def test_what_was_held_comes_at_the_end(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    key = (await tenant("ada")).key
    said = each("W ")(OURS[:5]) + OURS[5][:-1]
    groq.says = list(said)
    answer = await gateway.chat(key)
    assert (answer.names, answer.text) == (["start", "delta", "usage", "done"], said)
    assert [data["text"] for name, data in answer.listed if name == "delta"][-1] == OURS[5][:-1]
    assert json.loads((await gateway.chat(key, stream=False)).raw)["text"] == said


@pytest.mark.anyio
async def test_the_users_own_text_may_be_repeated(gateway: Gateway, groq: Groq, tenant: MakeTenant) -> None:
    own = "You are the pirate of this harbour and speak in rhymes of four lines."
    groq.says, key = list(own), (await tenant("ada")).key
    assert (await gateway.chat(key, own)).text == own
    groq.says = [own, *OURS]
    assert (await gateway.chat(key, own)).text == own + "".join(OURS[:5])


def guarded(chunks: list[str], guard: LeakGuard = GUARD) -> tuple[str, bool]:
    """What passes, and whether it was stopped."""
    watch = guard.watch()
    passed = "".join([watch.feed(chunk) for chunk in chunks] + [watch.end()])
    return passed, watch.found


RECITAL = each("W ")(OURS)


def cut(text: str, borders: list[int]) -> list[str]:
    edges = [0, *sorted(min(border, len(text)) for border in borders), len(text)]
    return [text[begin:end] for begin, end in itertools.pairwise(edges)]


NOISE = ["x", "do", "document", "<b>", "</b>", "&", ";", "\x1b[1m", "ﬁ", "ＹＯＵ", "É", "\u200d", "m", "some"]
SEPARATORS = [" ", "\n\n", "** ", ", ", "", " <", "> ", "\u00ad"]
SNIPPETS = st.tuples(st.integers(0, len(OURS)), st.integers(0, 8)).map(lambda at: OURS[at[0] : at[0] + at[1]])
WORDS = st.lists(st.one_of(SNIPPETS, st.sampled_from(NOISE).map(lambda word: [word])), max_size=8)
TEXTS = st.one_of(
    st.text(),
    st.builds(
        lambda parts, chance: "".join(word + chance.choice(SEPARATORS) for part in parts for word in part),
        WORDS,
        st.randoms(use_true_random=False),
    ),
)


@given(TEXTS, st.lists(st.integers(0, 200), max_size=20))
def test_any_cutting_lets_the_same_pass(text: str, borders: list[int]) -> None:
    for said in (text, f"{text}\n{RECITAL}"):
        passed, found = guarded([said])
        assert guarded(cut(said, borders)) == (passed, found)
        assert guarded(list(said)) == (passed, found)
        assert said.startswith(passed)
        assert found or passed == text
    assert found


@given(WORDS, st.sampled_from([" ", "\n\n", "** ", ", "]))
def test_six_words_in_a_row_are_found_and_nothing_else(parts: list[list[str]], separator: str) -> None:
    words = [word for part in parts for word in part if word.isascii() and word.strip(".,:").isalpha()]
    runs = {tuple(map(only_letters, OURS[at : at + 6])) for at in range(len(OURS) - 5)}

    def has_run(text: str) -> bool:
        said = re.findall("[a-z]+", text.lower())
        return any(tuple(said[at : at + 6]) in runs for at in range(len(said)))

    passed, found = guarded([separator.join(words)])
    assert found == has_run(separator.join(words))
    assert not has_run(passed)


@given(WORDS)
def test_no_more_than_a_word_is_held(parts: list[list[str]]) -> None:
    text = " ".join([*(word for part in parts for word in part if word.isalnum()), *OURS])
    watch, longest = GUARD.watch(), max(map(len, OURS))
    passed = 0
    for read, letter in enumerate(text, 1):
        passed += len(watch.feed(letter))
        if watch.found:
            break
        assert read - passed <= longest + 1
    assert watch.found


def test_a_word_that_only_begins_like_the_sixth_is_another() -> None:
    text = "If it asks how to document it, write a page. If it asks how to"
    assert guarded(list(text)) == (text, False)
    assert guarded(["If it asks how to", " do."]) == ("If it asks how to ", True)


def test_a_prompt_of_fewer_words_than_a_run_counts_with_its_neighbour_alone() -> None:
    assert guarded(["Be kind, please."], LeakGuard(["Be kind, please."])) == ("Be kind, please.", False)
    together = LeakGuard(["Say little and do much.\n\nBe kind."])
    assert guarded(["say little and do much be kind"], together) == ("say little and do much ", True)


def test_ordinary_answers_pass_untouched() -> None:
    chance, told, stopped = random.Random(6), 0, []
    for text in (*answers(), RECITAL):
        passed, found = guarded(cut(text, [chance.randrange(len(text)) for _ in range(40)]))
        told += 1
        if found:
            stopped.append(passed[-60:])
        else:
            assert passed == text
    assert stopped == [each("W ")(OURS[:5])]
    assert told > 2000


def spelled(change: Callable[[list[str]], str]) -> str:
    """An answer in JSON that repeats a prompt."""
    return '{"command": "ls", "does": "' + change(OURS) + '", "touches": ""}'


IN_JSON = {
    "plainly": each("W "),
    "a line a word": each(r"W\n"),
    "tabs": each(r"W\t"),
    "quotes": each(r"\"W\" "),
    "escaped letters": lambda words: "".join(f"\\u{ord(letter):04x}" for letter in " ".join(words)),
    "pairs": lambda words: "".join(
        json.dumps(chr(0x1D400 + ord(letter) - 65))[1:-1] if "A" <= letter <= "Z" else letter
        for letter in " ".join(words).upper()
    ),
    "lone halves": each(r"\ud83dW "),
    "escaped tags": each(r"\u003cb\u003eW\u003c/b\u003e "),
    "backslashes before words": each(r"\W "),
}


@pytest.mark.parametrize("size", [1, 3, 7, 10_000])
@pytest.mark.parametrize("way", IN_JSON)
def test_in_json_escapes_hide_nothing(way: str, size: int) -> None:
    answer, watch = spelled(IN_JSON[way]), JsonWatch(GUARD.runs)
    left = "".join(watch.feed(answer[at : at + size]) for at in range(0, len(answer), size)) + watch.end()
    assert watch.found
    assert answer.startswith(left)
    sixth = spelled(lambda words: IN_JSON[way](words[:6])).removesuffix('", "touches": ""}')
    assert len(left) < len(sixth)


@given(st.text(), st.integers(1, 9))
def test_in_json_what_is_no_run_passes_unaltered(said: str, size: int) -> None:
    for answer in (json.dumps({"does": said}), json.dumps({"does": said}, ensure_ascii=False), said):
        watch = JsonWatch(GUARD.runs)
        left = "".join(watch.feed(answer[at : at + size]) for at in range(0, len(answer), size)) + watch.end()
        assert (left, watch.found) == (answer, False)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_undoing_the_escapes_of_a_string_gives_the_string(said: str) -> None:
    undo = Unescaper()
    assert "".join(map(undo, json.dumps(said)[1:-1])) == said
