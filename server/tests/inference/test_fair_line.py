"""Who is next: nobody waits for ever, and those who always want more get equal tokens, or as their plans say."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from aniate_server.inference import fair_line
from aniate_server.inference.fair_line import FairLine, cost

COST = st.integers(1, 100)
MOST = 100


def started(line: FairLine[str]) -> str:
    """The next one goes, and takes what it was thought to take; who it is."""
    place = line.next()
    assert place is not None
    line.start(place)
    line.end(place, place.cost)
    return str(place.who)


@given(weights=st.lists(st.sampled_from([1, 2, 4]), min_size=2, max_size=5), costs=st.lists(COST, min_size=1))
def test_who_always_wants_more_gets_tokens_by_weight_up_to_one_request(weights: list[int], costs: list[int]) -> None:
    line, served = FairLine[str](), Counter[int]()
    for at in [*range(len(weights))] * 2:  # two, so that one still waits when the other is served
        line.join(str(at), weights[at], costs[at % len(costs)], "")
    for round_ in range(100):
        place = line.next()
        assert place is not None
        at = int(str(place.who))
        line.start(place)
        line.end(place, place.cost)
        served[at] += int(place.cost)
        line.join(str(at), weights[at], costs[(round_ + at) % len(costs)], "")
        shares = [served[each] / weights[each] for each in range(len(weights))]
        assert max(shares) - min(shares) <= 2 * MOST


@given(wrong=st.lists(st.tuples(COST, COST), min_size=1, max_size=20))
def test_what_was_really_taken_counts_and_not_what_was_expected(wrong: list[tuple[int, int]]) -> None:
    line, took = FairLine[str](), Counter[str]()
    for who in ("ada", "bob", "ada", "bob"):
        line.join(who, 1, wrong[0][0], "")
    for at in range(100):
        place = line.next()
        assert place is not None
        line.start(place)
        real = wrong[at % len(wrong)][1] if place.who == "ada" else place.cost
        line.end(place, real)
        took[str(place.who)] += int(real)
        line.join(place.who, 1, wrong[at % len(wrong)][0], "")
        assert abs(took["ada"] - took["bob"]) <= 2 * MOST


@given(
    debt=st.integers(0, 500),
    others=st.lists(st.tuples(st.sampled_from([1, 2, 4]), COST), min_size=1, max_size=5),
    renamed=st.booleans(),
)
def test_nobody_waits_for_ever_though_others_always_come(
    debt: int, others: list[tuple[int, int]], renamed: bool
) -> None:
    """Also if each of them is somebody new, of whom nothing is known that would count against them."""
    line = FairLine[str]()
    place = line.pass_by("ada", 1, debt, "")
    line.end(place, debt)
    for at, (weight, cost_) in enumerate(others):
        line.join(f"0-{at}", weight, cost_, "")
    line.join("ada", 1, MOST, "")
    bound = 4 * (debt + MOST) * (sum(weight for weight, _ in others) + 1) + len(others)
    for round_ in range(1, bound):
        who = started(line)
        if who == "ada":
            return
        at = int(who.partition("-")[2])
        line.join(f"{round_ if renamed else 0}-{at}", *others[at], "")
    raise AssertionError(f"still waiting after {bound} others")


def test_idleness_earns_nothing() -> None:
    line = FairLine[str]()
    line.join("ada", 1, 10, "")
    for _ in range(50):
        assert started(line) == "ada"
        line.join("ada", 1, 10, "")
    for _ in range(50):
        line.join("bob", 1, 10, "")
    first = [started(line) for _ in range(10) if line.join("ada", 1, 10, "")]
    assert 4 <= first.count("ada") <= 6


def test_ones_own_requests_go_in_their_order_and_may_leave() -> None:
    line = FairLine[str]()
    first, second, third = (line.join("ada", 1, 1, text) for text in "abc")
    assert [line.position(each) for each in (first, second, third)] == [1, 2, 3]
    assert line.leave(second)
    assert not line.leave(second)
    assert [line.position(each) for each in (first, second, third)] == [1, 0, 2]
    assert line.waiting == line.waiting_of("ada") == 2
    order = []
    while (place := line.next()) is not None:
        order.append(place.item)
        line.start(place)
    assert order == ["a", "c"]
    assert line.waiting == 0


def test_output_counts_twice() -> None:
    assert cost(10, 5) == 20


def test_users_are_forgotten_in_time_but_not_who_waits_or_runs() -> None:
    line = FairLine[str]()
    running = line.pass_by("running", 1, 10, "")
    for number in range(2 * fair_line.MOST_REMEMBERED):
        line.end(line.pass_by(str(number), 1, 10, ""), 10)
    waiting = line.join("waiting", 1, 10, "")
    assert len(line._users) <= fair_line.MOST_REMEMBERED
    line.end(running, 10)
    assert line.next() is waiting
