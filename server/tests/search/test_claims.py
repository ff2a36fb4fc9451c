"""Sentences held against the pages that they cite."""

from __future__ import annotations

import random
import time
from collections.abc import Mapping

import pytest

from aniate_server.search.claims import Score, judged
from aniate_server.search.dates import headed
from aniate_server.search.sentences import cited_in, sentences
from server.tests.search.labelled import HELD_OUT, LABELLED, NOT_SEEN, OTHER_PAGES, PAGES, Labelled

SETS = {"tuned": (LABELLED, PAGES), "held out": (HELD_OUT, OTHER_PAGES)}


def marked(text: str, pages: Mapping[int, str] = PAGES) -> bool:
    """Whether anything of it is called unsupported."""
    return any(each.reason for each in judged(text, pages))


@pytest.mark.parametrize("name", SETS)
def test_labelled_sentences_are_judged_as_they_are_labelled(name: str) -> None:
    labelled, pages = SETS[name]
    wrong: list[Labelled] = [each for each in labelled if marked(each.text, pages) == each.holds]
    assert wrong == []


@pytest.mark.parametrize("text", NOT_SEEN)
def test_what_the_measure_does_not_see_is_known(text: str) -> None:
    assert not marked(text)


@pytest.mark.parametrize(
    ("answer", "page"),
    [
        ("Kestrel 4.2 was released [1].", "." * 60_000 + "x"),
        ("Kestrel 4.2 was released [1].", "!" * 30_000 + '"' * 30_000 + "x"),
        ("Not so, " + "no " * 20_000, "Kestrel"),
        ("These are " + "pages " * 20_000, "Kestrel"),
    ],
)
def test_no_text_takes_for_ever(answer: str, page: str) -> None:
    began = time.process_time()
    judged(answer, {1: page})
    assert time.process_time() - began < 5  # where each place is looked at from each other, it is a minute


def test_each_sentence_has_its_own_verdict() -> None:
    answer = (
        "Kestrel 4.2 was released on 14 March 2026 [1]. It can fly to the moon and back [2]. Nobody told me this story."
    )
    assert [(each.text, each.reason) for each in judged(answer, PAGES)] == [
        ("Kestrel 4.2 was released on 14 March 2026 [1].", ""),
        ("It can fly to the moon and back [2].", "not_found"),
        ("Nobody told me this story.", "no_source"),
    ]


def test_a_sentence_without_a_number_may_rest_on_its_neighbours_page() -> None:
    paragraph = "It needs Python 3.11 or newer. Support for Python 3.9 and 3.10 was dropped [1]."
    assert not marked(paragraph)
    assert marked(paragraph.replace(". Support", ".\n\nSupport"))


@pytest.mark.parametrize(
    ("said", "holds"),
    [
        ("The page was published on 14 March 2026 [1].", True),
        ("It was last updated on March 14, 2026 [1].", True),
        ("Published: 2026-03-14 [1].", True),
        ("*Kestrel for everybody* was published in March 2026 [1].", True),
        ("The page was published on 15 March 2026 [1].", False),
        ("The page was published on 3 March 2026 [1].", False),
        ("The page was published on 2026-03-15 [1].", False),
        ("The page was published on 14 March 2025 [1].", False),
        ("The page was published on 14 April 2026 by 40 people [1].", False),
        ("The page was published on 14 March 2026 [2].", False),
        ("The page was not published on 14 March 2026 [1].", False),
    ],
)
def test_what_says_when_a_page_was_published_may_rest_on_the_date_that_it_declares(said: str, holds: bool) -> None:
    page = {1: "A bird of prey hovers over the field.", 2: "Indexes help queues."}
    [verdict] = judged(said, page, {1: headed("Kestrel for everybody", "2026-03-14", page[1]), 2: ""})
    assert (verdict.reason == "") is holds
    [without] = judged(said, page)
    assert without.reason == "not_found"


def test_a_declared_date_is_no_source_of_other_numbers() -> None:
    page = {1: "A bird of prey hovers over the field."}
    dated = {1: headed("Kestrel", "2026-03-14", page[1])}
    assert [each.reason for each in judged("14 birds of prey hover over the field [1].", page, dated)] == ["not_found"]


@pytest.mark.parametrize("declared", ["", "2026", "2026-13-40", "yesterday", "2026-03"])
def test_a_page_without_a_whole_date_declares_none(declared: str) -> None:
    assert headed("Kestrel", declared, "It flies.") == ""


def test_numbers_of_pages_alone_claim_nothing() -> None:
    assert judged("[1] [2]\n\n[3].", PAGES) == []


def test_a_sentence_without_a_source_is_told_with_the_page_that_holds_it() -> None:
    [verdict] = judged("An index on state and priority is enough for most queues.", PAGES)
    assert (verdict.reason, verdict.told_by) == ("no_source", 3)


def test_a_long_answer_over_long_pages_is_judged_soon() -> None:
    page = "\n".join(f"Line {n} of the page tells of the thing {n} and of its colour." for n in range(400))
    answer = " ".join(f"The thing {n} has a colour [1]." for n in range(600))
    verdicts = judged(answer, dict.fromkeys(range(1, 6), page))
    assert [each.reason for each in verdicts] == [""] * 400 + ["not_found"] * 200


def test_sentences_much_alike_over_pages_much_alike_take_no_longer() -> None:
    """Counting each word in each passage took half a minute, with the rest of the server waiting for it."""
    pages = dict.fromkeys(range(1, 6), " ".join(f"A{n} runs fast at noon." for n in range(2600)))
    began = time.process_time()
    verdicts = judged("It runs very fast at noon [1][2][3][4][5]. " * 2000, pages)
    assert time.process_time() - began < 5
    assert {each.reason for each in verdicts} == {""}


def test_the_first_passage_that_holds_most_is_found_whatever_the_points() -> None:
    draw = random.Random(7)
    points = [(draw.getrandbits(70), draw.randrange(2)) for _ in range(40)]
    for many in range(1, 41):
        score, by_hand = Score(), [0] * 70
        for passages, power in points[:many]:
            score.add(passages, power)
            by_hand = [each + (passages >> at & 1) * 2**power for at, each in enumerate(by_hand)]
        assert score.best() == by_hand.index(max(by_hand))


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("So it is [1].", {1}),
        ("So it is [1][2], or [3].", {1, 2, 3}),
        ("So it is [1, 2; 5].", {1, 2, 5}),
        ("So it is [2-4].", {2, 3, 4}),
        ("So it is [1–2].", {1, 2}),
        ("So it is【3†L1-L9】.", {3}),
        ("So it is [1](https://example.com/).", {1}),
        ("So it is [1-999999].", set()),
        ("Call `argv[1]` for it.", set()),
        ("```\nargv[1]\n```", set()),
        ("An [example](https://example.com/) of [x] and [].", set()),
    ],
)
def test_citations_are_read_in_each_form_that_models_write(text: str, numbers: set[int]) -> None:
    assert cited_in(text) == numbers


@pytest.mark.parametrize(
    ("answer", "texts"),
    [
        ("One. Two! Three? Four", ["One.", "Two!", "Three?", "Four"]),
        ("It is so. [1] It is not. [2]", ["It is so. [1]", "It is not. [2]"]),
        ("It is so.[1][2] Or not.", ["It is so.[1][2]", "Or not."]),
        ("Use e.g. Python 3.11 or v1.2.3 of it.", ["Use e.g. Python 3.11 or v1.2.3 of it."]),
        ("1. First point.\n2. Second point.\n- Third", ["First point.", "Second point.", "Third"]),
        ("# Heading\n\nText.\n\n---\n| --- | --- |", ["Text."]),
        ("Do this:\n\n```sh\nrm -rf x. Now.\n```\nDone.", ["Do this:", "Done."]),
        ("Run `a. b. c` now. Then stop.", ["Run `a. b. c` now.", "Then stop."]),
        ("She said “Stop.” Then left.", ["She said “Stop.”", "Then left."]),
        ("これは本です。それは何ですか。", ["これは本です。", "それは何ですか。"]),
        ("```\nnever closed. Really.", []),
        ("", []),
    ],
)
def test_sentences_are_taken_apart_as_a_reader_would(answer: str, texts: list[str]) -> None:
    assert [each.text for each in sentences(answer)] == texts


def test_a_script_without_blanks_is_held_against_its_page_too() -> None:
    page = {1: "京都は日本の都市です。金閣寺は1397年に建てられました。"}
    assert not marked("金閣寺は1397年に建てられました [1]。", page)
    assert marked("金閣寺は1497年に建てられました [1]。", page)
    assert marked("大阪城は豊臣秀吉が築いた [1]。", page)


@pytest.mark.parametrize("letter", ["[", "[1", "【", "`", "```\n", "1. ", ". ", "* ", "[1] ", "a."])
def test_hostile_answers_are_taken_apart_in_a_moment(letter: str) -> None:
    judged(letter * 10_000, PAGES)
