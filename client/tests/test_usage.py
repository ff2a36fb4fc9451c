"""`ant usage`: bars, sums, and what is left."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ant_process import Home
from ant_stub import Handler, Stub

ROWS = [
    {"day": "2026-11-24", "model": "fast", "brew": "ask", "requests": 3, "input_tokens": 1000, "output_tokens": 200,
     "cost_micro_usd": 135, "estimated": 0},
    {"day": "2026-11-24", "model": "smart", "brew": "review", "requests": 1, "input_tokens": 9000, "output_tokens": 600,
     "cost_micro_usd": 1_710_000, "estimated": 1},
    {"day": "2026-11-22", "model": "fast", "brew": "ask\x1b[2J", "requests": 1, "input_tokens": 10, "output_tokens": 2,
     "cost_micro_usd": 1, "estimated": 0, "unknown": [1]},
]  # fmt: skip
LIMITS = [
    {"scope": "workspace", "measure": "requests_day", "allowed": 1000, "left": 996, "resets_in_s": 12_000},
    {"scope": "workspace", "measure": "credit_month", "allowed": 5_000_000, "left": 3_289_864, "resets_in_s": 600_000},
    {"scope": "key", "measure": "streams", "allowed": 4, "left": 4, "resets_in_s": None},
]

_SHOWN = """\
The last 7 days: 5 requests, 10,812 tokens, $1.71

DAY                                       TOKENS  REQUESTS       COST
2026-11-22  ▏                                 12         1  $0.000001
2026-11-24  ████████████████████████      10,800         4      $1.71

MODEL                                TOKENS  REQUESTS       COST
smart  ████████████████████████       9,600         1      $1.71
fast   ███                            1,212         4  $0.000136

BREW                                   TOKENS  REQUESTS       COST
review   ████████████████████████       9,600         1      $1.71
ask      ███                            1,200         3  $0.000135
ask␛[2J  ▏                                 12         1  $0.000001

Left now:
requests today         996 of 1,000    more in 3 h 20 min
credit this month      $3.29 of $5.00  more in 6 d 22 h
answers at once (key)  4 of 4
"""


@pytest.fixture
def told(stub: Stub) -> dict[str, Any]:
    """What the server tells; a test may change it."""
    says: dict[str, Any] = {"usage": ROWS, "limits": LIMITS}

    def answers(handler: Handler, _: bytes) -> bool:
        if handler.path.startswith("/v1/usage"):
            handler.send_json(200, says)
            return True
        return False

    stub.routes = answers
    return says


def test_bars_stand_by_day_model_and_brew_and_limits_below(user: Home, stub: Stub, told: dict[str, Any]) -> None:
    ran = user.run("usage", "--days", "7")
    assert (ran.code, ran.err) == (0, "")
    assert stub.requests[-1].path == "/v1/usage?days=7"
    assert ran.out == _SHOWN


def test_as_json_all_is_whole_and_nothing_foreign_is_passed_on(user: Home, told: dict[str, Any]) -> None:
    ran = user.run("usage", "--json")
    found = json.loads(ran.out)
    assert found["days"] == 30
    assert found["usage"][:2] == ROWS[:2]
    assert found["usage"][2]["brew"] == "ask␛[2J" and "unknown" not in found["usage"][2]
    assert found["limits"] == LIMITS


def test_where_nothing_was_used_that_is_said(user: Home, told: dict[str, Any]) -> None:
    told |= {"usage": [], "limits": []}
    assert user.run("usage", "--days", "1").out == "Today: nothing was used.\n"


def test_a_terminal_without_the_letters_of_bars_gets_signs(user: Home, told: dict[str, Any]) -> None:
    out = user.run("usage", LANG="C", LC_ALL="C", PYTHONIOENCODING="ascii").out
    assert "########################" in out
    assert "?" not in out.replace("ask?", "")


@pytest.mark.parametrize("days", ["0", "367", "x", "-1", "1.5", "²"])
def test_days_must_be_a_number_that_makes_sense(user: Home, stub: Stub, days: str) -> None:
    ran = user.run("usage", f"--days={days}")
    assert (ran.code, "from 1 to 366" in ran.err) == (2, True)
    assert stub.connections == 0


@pytest.mark.parametrize("answer", [{}, {"usage": "x", "limits": 3}, {"usage": [1], "limits": [None]}])
def test_an_answer_that_makes_no_sense_is_no_bug(user: Home, told: dict[str, Any], answer: dict[str, Any]) -> None:
    told.clear()
    told |= answer
    assert user.run("usage").code == 0


@pytest.mark.parametrize("value", [True, 10**40, 1.5, "x", None])
def test_numbers_that_make_no_sense_are_nothing(user: Home, told: dict[str, Any], value: object) -> None:
    names = ("requests", "input_tokens", "output_tokens", "cost_micro_usd", "estimated")
    told["usage"] = [{**ROWS[0], **dict.fromkeys(names, value)}]
    told["limits"] = [{**LIMITS[0], "allowed": value, "left": value, "resets_in_s": value}]
    assert user.run("usage").code == 0
    row = json.loads(user.run("usage", "--json").out)["usage"][0]
    assert [row[name] for name in names] == [0] * 5
